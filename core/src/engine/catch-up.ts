import type { LoginId } from "../adapter/index.ts";
import type { Lane } from "../store/types.ts";
import { laneKey, liveLogin } from "./box.ts";
import type { Box } from "./box.ts";

/** One thing that a login catches up with: what was missed in a chat, or its list of chats. */
type Run = Lane | "chats";

/**
 * Which logins are connected and still bring what was missed before. Rebuilt by the work itself: what a
 * crash broke off begins anew, and says so here.
 */
export class CatchUp {
  readonly #box: Box;
  readonly #runs = new Map<LoginId, Set<string>>();

  constructor(box: Box) {
    this.#box = box;
  }

  isRunning(login: LoginId): boolean {
    return this.#runs.has(login);
  }

  begin(login: LoginId, run: Run): void {
    const runs = this.#runs.get(login);
    if (runs) {
      runs.add(nameOf(run));
      return;
    }
    this.#runs.set(login, new Set([nameOf(run)]));
    this.#tell(login);
  }

  /** All that was missed there is shown, or is not to be had. */
  end(run: Lane): void {
    for (const login of this.#runs.keys()) this.endOf(login, run);
  }

  endOf(login: LoginId, run: Run): void {
    const runs = this.#runs.get(login);
    if (!runs?.delete(nameOf(run)) || runs.size > 0) return;
    this.#runs.delete(login);
    this.#tell(login);
  }

  #tell(login: LoginId): void {
    const live = liveLogin(this.#box, login);
    if (live === undefined || this.#box.signal.aborted) return;
    const { network } = live.row;
    this.#box.observe({ what: "login", network, login, state: live.state });
  }
}

const nameOf = (run: Run): string => (run === "chats" ? run : laneKey(run));
