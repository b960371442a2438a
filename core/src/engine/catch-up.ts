import type { LoginId } from "../adapter/index.ts";
import type { Lane } from "../store/types.ts";
import { laneKey, liveLogin } from "./box.ts";
import type { Box } from "./box.ts";

/** Its list of chats, for a login; what was missed in one of them stands as its lane. */
const chats = "chats";

/**
 * Which logins are connected and still bring what was missed before. Rebuilt by the work itself: what a
 * crash broke off begins anew, and says so here.
 */
export class CatchUp {
  readonly #box: Box;
  readonly #runs = new Map<LoginId, Set<string>>();
  /** The same from the other side, because most lanes that end something bring nothing missed. */
  readonly #logins = new Map<string, Set<LoginId>>();

  constructor(box: Box) {
    this.#box = box;
  }

  isRunning(login: LoginId): boolean {
    return this.#runs.has(login);
  }

  /** What was missed there is being read or shown, as that login heard it. */
  begin(login: LoginId, lane: Lane): void {
    const run = laneKey(lane);
    this.#logins.set(run, (this.#logins.get(run) ?? new Set()).add(login));
    this.#add(login, run);
  }

  /** All that was missed there is shown, or is not to be had. */
  end(lane: Lane): void {
    const run = laneKey(lane);
    const logins = this.#logins.get(run);
    if (logins === undefined) return;
    this.#logins.delete(run);
    for (const login of logins) this.#remove(login, run);
  }

  /** The chats of a new login are gone through. */
  beginChats(login: LoginId): void {
    this.#add(login, chats);
  }

  endChats(login: LoginId): void {
    this.#remove(login, chats);
  }

  #add(login: LoginId, run: string): void {
    const runs = this.#runs.get(login);
    if (runs) {
      runs.add(run);
      return;
    }
    this.#runs.set(login, new Set([run]));
    this.#tell(login);
  }

  #remove(login: LoginId, run: string): void {
    const runs = this.#runs.get(login);
    if (!runs?.delete(run) || runs.size > 0) return;
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
