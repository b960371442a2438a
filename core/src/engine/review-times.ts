import type { LoginId, Millis } from "../adapter/index.ts";

/** Between two chats of one login, in milliseconds: within what every network allows beside live chat. */
const apart = 2000;

/**
 * When the chats of a login are looked at for changes that were missed: one after the other, since after
 * an outage all of them want to be, and none of them is in a hurry. A rebuildable guess.
 */
export class ReviewTimes {
  readonly #next = new Map<LoginId, Millis>();
  readonly #held = new Map<LoginId, Millis>();

  /** The next moment of that login that nobody has, at the earliest `from`. */
  take(login: LoginId, from: Millis): Millis {
    const at = Math.max(from, this.#next.get(login) ?? 0, this.#held.get(login) ?? 0);
    this.#next.set(login, at + apart);
    return at;
  }

  /** Its network asked to wait: until then nobody asks, whatever moment they have. */
  hold(login: LoginId, until: Millis): void {
    this.#held.set(login, Math.max(until, this.#held.get(login) ?? 0));
  }

  isHeld(login: LoginId, now: Millis): boolean {
    return now < (this.#held.get(login) ?? 0);
  }
}
