import type { Millis } from "@bridgebox/core/adapter";
import { isPerson } from "../ids.ts";
import { objectsIn, textIn, type Wire } from "./shapes.ts";
import type { Api } from "./web.ts";

/** Slack limits how often it is asked, and takes the whole list each time. */
const every: Millis = 5000;
const most = 500;

/**
 * Whose presence a browser's socket asks for: Slack tells nobody's unasked
 * (docs.slack.dev/reference/events/presence_sub). It is that of the people in the account's direct
 * conversations, and of whoever was heard since, the latest.
 */
export class Watched {
  readonly #say: (frame: Wire) => void;
  readonly #wait: Millis;
  readonly #people = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #self: string | undefined;

  constructor(say: (frame: Wire) => void, wait: Millis = every) {
    this.#say = say;
    this.#wait = wait;
  }

  /** A socket of that account's is open: it knows nothing of what another one has asked. */
  async opened(api: Api, self: string | undefined, signal: AbortSignal): Promise<void> {
    this.#self = self;
    const what = "Whose presence is shown was not looked up";
    const args = { types: "im", exclude_archived: true, limit: 200 };
    const answer = await api.call("users.conversations", args, { what, signal }).catch(nothing);
    for (const each of objectsIn(answer, "channels")) this.#add(textIn(each, "user"));
    if (!signal.aborted && this.#people.size > 0) this.#ask();
  }

  /** Somebody was heard. */
  heard(frame: Wire): void {
    const user = textIn(frame, "user");
    if (user !== undefined && this.#people.has(user)) return;
    if (this.#add(user)) this.#soon();
  }

  /** The socket is over. */
  closed(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #add(user: string | undefined): boolean {
    // Integrations are neither there nor away.
    if (user === undefined || !isPerson(user) || user.startsWith("B") || user === this.#self)
      return false;
    this.#people.delete(user);
    this.#people.add(user);
    const [oldest] = this.#people;
    if (this.#people.size > most && oldest !== undefined) this.#people.delete(oldest);
    return true;
  }

  #soon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#ask(), Math.max(0, this.#next - Date.now()));
    this.#timer.unref();
  }

  #ask(): void {
    this.closed();
    this.#next = Date.now() + this.#wait;
    this.#say({ type: "presence_sub", ids: [...this.#people] });
  }
}

const nothing = (): Wire => ({});
