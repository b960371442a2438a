import type { Connection, Millis, RemoteEvent, UserId } from "@bridgebox/core/adapter";
import type { Access } from "./access.ts";
import { Api, decimal } from "./api/tl.ts";
import { senderId } from "./ids.ts";

/** Whose presence is known to end, and when. */
export type Until = (user: UserId, until: Millis | undefined) => void;

/**
 * Whether somebody is there, as far as they let this account see it (core.telegram.org/type/UserStatus):
 * whoever only shows that it was lately does not show that they are there.
 */
export const presenceEvents = (
  update: Api.TypeUpdate,
  note: Until,
  now = Date.now(),
): readonly RemoteEvent[] | undefined => {
  if (!(update instanceof Api.UpdateUserStatus)) return undefined;
  const { status } = update;
  const user = senderId({ kind: "user", id: decimal(update.userId) });
  const until = status instanceof Api.UserStatusOnline ? status.expires * 1000 : 0;
  const isThere = until > now;
  note(user, isThere ? until : undefined);
  return [{ kind: "presence", user, state: isThere ? "online" : "offline", at: now }];
};

const mostWatched = 1000;
const longestTimer: Millis = 600_000;

/**
 * Nobody tells when a person's time is over (core.telegram.org/constructor/userStatusOnline, `expires`),
 * or it was missed while the line was down: then they are gone all the same.
 */
export class Watch {
  readonly #ends = new Map<UserId, Millis>();
  readonly #over: (events: readonly RemoteEvent[]) => void;
  readonly #signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(signal: AbortSignal, over: (events: readonly RemoteEvent[]) => void) {
    this.#over = over;
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      this.#ends.clear();
      clearTimeout(this.#timer);
    });
  }

  readonly note: Until = (user, until) => {
    if (this.#signal.aborted) return;
    this.#ends.delete(user);
    if (until !== undefined) this.#ends.set(user, until);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > mostWatched && oldest !== undefined) this.#ends.delete(oldest);
    this.#wait();
  };

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#ends.size === 0) return;
    const next = Math.min(...this.#ends.values()) - Date.now();
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(next, 0), longestTimer));
    this.#timer.unref();
  }

  #look(): void {
    const at = Date.now();
    const gone = [...this.#ends].filter(([, until]) => until <= at).map(([user]) => user);
    for (const user of gone) this.#ends.delete(user);
    if (gone.length > 0)
      this.#over(gone.map((user) => ({ kind: "presence", user, state: "offline", at })));
    this.#wait();
  }
}

/** Telegram takes somebody for gone who has not said otherwise for five minutes: its clients say so before that. */
const sayAgain: Millis = 200_000;
const shortCall: Millis = 10_000;

/**
 * Shows whether the account's owner is there (core.telegram.org/method/account.updateStatus), until they are not.
 * What Telegram was told last is not said again.
 */
export const ownPresence = (
  access: Access,
  signal: AbortSignal,
): NonNullable<Connection["presence"]> => {
  let timer: NodeJS.Timeout | undefined;
  let shown: boolean | undefined;
  const tell = async (offline: boolean): Promise<void> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(shortCall)]);
    const ask = { what: "The presence was not shown", signal: limit };
    try {
      await access.client.call(new Api.account.UpdateStatus({ offline }), ask);
    } catch (error) {
      const says = error instanceof Error ? error.message : String(error);
      if (shown === !offline) shown = undefined;
      access.log.debug(ask.what, { says });
    }
  };
  signal.addEventListener("abort", () => clearInterval(timer));
  return (state) => {
    const isThere = state === "online";
    if (signal.aborted || isThere === shown) return;
    shown = isThere;
    clearInterval(timer);
    void tell(!isThere);
    if (!isThere) return;
    timer = setInterval(() => void tell(false), sayAgain);
    timer.unref();
  };
};
