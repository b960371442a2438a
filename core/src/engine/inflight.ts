import type { Sent } from "../adapter/index.ts";

/** What was learned about a running attempt from the other direction. */
export type Confirmation =
  | { readonly by: "homeserver"; readonly event: string }
  | { readonly by: "network"; readonly sent: Sent };

interface Entry {
  readonly settled: Promise<Confirmation>;
  readonly settle: (confirmation: Confirmation) => void;
}

/**
 * The attempts that this process is making now, by K. The other side's echo may come before the
 * reply or instead of it; whichever is first settles the attempt.
 */
export class Inflight {
  readonly #entries = new Map<string, Entry>();

  begin(key: string): Promise<Confirmation> {
    const { promise, resolve } = Promise.withResolvers<Confirmation>();
    this.#entries.set(key, { settled: promise, settle: resolve });
    return promise;
  }

  end(key: string): void {
    this.#entries.delete(key);
  }

  /** False: nothing with that key is under way here. */
  confirm(key: string, confirmation: Confirmation): boolean {
    const entry = this.#entries.get(key);
    entry?.settle(confirmation);
    return entry !== undefined;
  }
}
