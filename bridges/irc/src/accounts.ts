import type { UserId } from "@bridgebox/core/adapter";
import type { Reading } from "./reading.ts";

const most = 10_000;

/** Who is logged in to which account of the network, as the server vouches for it; told when it changes. */
export class Accounts {
  readonly #known = new Map<UserId, string>();

  learn(reading: Reading, nick: string, { account, at }: { account: string; at: number }): void {
    const user = reading.names.user(nick);
    if (account === "" || this.#known.get(user) === account) return;
    if (this.#known.size > most) this.#known.clear();
    this.#known.set(user, account);
    if (account === "*" || !reading.tells(user)) return;
    const identifiers = [`irc-account:${encodeURIComponent(account.slice(0, 100))}`];
    reading.emit({ kind: "user", user, info: { name: nick, identifiers }, at });
  }
}
