import type { Requester } from "./accounts.ts";
import type { Clock } from "./clock.ts";

const KEPT_MS = 30 * 60_000;

/**
 * Transaction ids as Synapse keeps them: by path and appservice (whoever the sender) in memory for
 * half an hour, and for a real device also in the database, which a restart does not forget.
 */
export class Transactions {
  readonly #clock: Clock;
  readonly #volatile = new Map<string, { reply: unknown; until: number }>();
  readonly #durable = new Map<string, unknown>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `work` once per key; a repeat gets the first answer. A failure is not remembered. */
  once<Reply>(key: { path: string; requester: Requester }, work: () => Reply): Reply {
    const { path, requester } = key;
    const volatileKey = `${requester.owner} ${path}`;
    const device = requester.deviceId;
    const durableKey = device === undefined ? undefined : `${requester.userId}|${device} ${path}`;
    const known = this.#volatile.get(volatileKey);
    if (known && known.until > this.#clock.now()) return known.reply as Reply;
    if (durableKey !== undefined && this.#durable.has(durableKey)) {
      return this.#durable.get(durableKey) as Reply;
    }
    const reply = work();
    this.#sweep();
    this.#volatile.set(volatileKey, { reply, until: this.#clock.now() + KEPT_MS });
    if (durableKey !== undefined) this.#durable.set(durableKey, reply);
    return reply;
  }

  /** What a restart of the server does: memory is gone, what devices sent is still known. */
  forget(): void {
    this.#volatile.clear();
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [key, { until }] of this.#volatile) {
      if (until > now) return;
      this.#volatile.delete(key);
    }
  }
}
