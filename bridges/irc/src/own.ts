import type { Names } from "./ids.ts";

interface Former {
  readonly mask: string;
  readonly until: number;
}

const graceMs = 60_000;

/**
 * The clients of this network that are ours: the relay and every puppet. What they say in a channel
 * comes back on the other sockets and must not be taken for somebody else's.
 */
export class OwnClients {
  readonly #nicks = new Map<object, string>();
  #former: readonly Former[] = [];

  /** That client is called so now. */
  set(client: object, nick: string): void {
    this.#nicks.set(client, nick);
  }

  /** It is gone or called differently: lines it sent under that mask may still be on their way. */
  retire(client: object, mask: string | undefined): void {
    this.#nicks.delete(client);
    const now = Date.now();
    this.#former = this.#former.filter(({ until }) => until > now);
    if (mask !== undefined) this.#former = [...this.#former, { mask, until: now + graceMs }];
  }

  has(nick: string, mask: string | undefined, names: Names): boolean {
    const wanted = names.fold(nick);
    for (const own of this.#nicks.values()) if (names.fold(own) === wanted) return true;
    const now = Date.now();
    return this.#former.some((former) => former.mask === mask && former.until > now);
  }
}
