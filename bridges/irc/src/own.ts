import type { UserId } from "@bridgebox/core/adapter";
import type { Names } from "./ids.ts";

interface Former {
  readonly mask: string;
  readonly until: number;
}

const graceMs = 60_000;

/**
 * The clients of this network that are ours: the relay and every puppet. What they say in a channel
 * comes back on the other sockets and must not be taken for somebody else's. Each keeps the UserId of
 * its login, whatever nick it had to take.
 */
export class OwnClients {
  readonly #clients = new Map<object, { readonly user: UserId; readonly nick: string }>();
  #former: readonly Former[] = [];

  /** That client is called so now. */
  set(client: object, user: UserId, nick: string): void {
    this.#clients.set(client, { user, nick });
  }

  /** It is gone or called differently: lines it sent under that mask may still be on their way. */
  retire(client: object, mask: string | undefined): void {
    this.#clients.delete(client);
    const now = Date.now();
    this.#former = this.#former.filter(({ until }) => until > now);
    if (mask !== undefined) this.#former = [...this.#former, { mask, until: now + graceMs }];
  }

  /** Whose client is called that now. */
  userOf(nick: string, names: Names): UserId | undefined {
    const wanted = names.fold(nick);
    for (const own of this.#clients.values()) if (names.fold(own.nick) === wanted) return own.user;
    return undefined;
  }

  /** Somebody else goes by the name that one of ours has for good, and is not to be taken for it. */
  isTaken(nick: string, names: Names): boolean {
    return this.userOf(nick, names) === undefined && this.nickOf(names.user(nick)) !== undefined;
  }

  nickOf(user: UserId): string | undefined {
    for (const own of this.#clients.values()) if (own.user === user) return own.nick;
    return undefined;
  }

  /** It came from one of our clients, or from one that has just gone. */
  said(nick: string, mask: string, names: Names): boolean {
    if (this.userOf(nick, names) !== undefined) return true;
    const now = Date.now();
    return this.#former.some((former) => former.mask === mask && former.until > now);
  }
}
