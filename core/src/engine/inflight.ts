import type { Millis, Sent } from "../adapter/index.ts";
import { deadlineWithin } from "../flow/deadline.ts";

/** What was learned about a running attempt from the other direction. */
export type Confirmation =
  | { readonly by: "homeserver"; readonly event: string; readonly sender: string }
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
  /** Those whose call may have left. */
  readonly #left = new Set<string>();
  readonly #quiet = Promise.withResolvers<void>();
  #closed = false;

  /** The box is stopping: nothing may leave any more. */
  get closed(): boolean {
    return this.#closed;
  }

  begin(key: string): Promise<Confirmation> {
    const { promise, resolve } = Promise.withResolvers<Confirmation>();
    this.#entries.set(key, { settled: promise, settle: resolve });
    return promise;
  }

  /** Before its call leaves. False: the box is stopping, nothing may leave any more. */
  leave(key: string): boolean {
    if (!this.#closed) this.#left.add(key);
    return !this.#closed;
  }

  /** Whether a call of this process may have left for it. */
  hasLeft(key: string): boolean {
    return this.#left.has(key);
  }

  end(key: string): void {
    this.#entries.delete(key);
    this.#left.delete(key);
    if (this.#closed && this.#left.size === 0) this.#quiet.resolve();
  }

  /** Lets nothing more leave; resolves when what left has been settled, or after that time. */
  async finish(within: Millis): Promise<void> {
    this.#closed = true;
    if (this.#left.size === 0) return;
    const deadline = deadlineWithin(within, new AbortController().signal);
    const over = new Promise((resolve) => deadline.signal.addEventListener("abort", resolve));
    await Promise.race([this.#quiet.promise, over]).finally(deadline.end);
  }

  /** False: nothing with that key is under way here. */
  confirm(key: string, confirmation: Confirmation): boolean {
    const entry = this.#entries.get(key);
    entry?.settle(confirmation);
    return entry !== undefined;
  }
}
