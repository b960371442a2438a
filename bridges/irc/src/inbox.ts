import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoginId, RemoteEvent, Source } from "@bridgebox/core/adapter";

export interface InboxEvents {
  /** Too much waits to be stored: stop reading. */
  full(): void;
  drained(): void;
  /** The source must be dropped; nothing more is accepted. */
  dropped(error: unknown): void;
}

const high = 1000;
const low = 250;
const largest = 500;
/** How long a stop waits for the last commit. */
const storeMs = 1000;

/**
 * What was read and is not stored yet, in order. One `accept` at a time: what comes while it runs
 * goes into the next, so a burst makes few commits and order cannot break.
 */
export class Inbox {
  readonly #source: Source;
  readonly #login: LoginId;
  readonly #events: InboxEvents;
  #pending: RemoteEvent[] = [];
  #cursor: Record<string, string | null> = {};
  #running: Promise<void> | undefined;
  #full = false;
  #open = true;

  constructor(source: Source, login: LoginId, events: InboxEvents) {
    this.#source = source;
    this.#login = login;
    this.#events = events;
  }

  /** Something was added and is not stored yet. */
  get waiting(): boolean {
    return this.#pending.length > 0;
  }

  add(event: RemoteEvent): void {
    if (!this.#open) return;
    this.#pending.push(event);
    if (this.#full || this.#pending.length < high) return;
    this.#full = true;
    this.#events.full();
  }

  /** A cursor to be committed with what was added so far. */
  mark(name: string, value: string | null): void {
    // After a drop a mark would say that what was dropped is stored.
    if (!this.#open) return;
    this.#cursor[name] = value;
  }

  /** Stores what there is; resolves once nothing waits any more. */
  flush(): Promise<void> {
    this.#running ??= this.#drain();
    return this.#running;
  }

  /** It has ended in the same moment in which nothing is left, so that nothing added then is forgotten. */
  async #drain(): Promise<void> {
    await Promise.resolve();
    try {
      await this.#run();
    } finally {
      this.#running = undefined;
    }
    if (this.waiting) await this.flush();
  }

  /**
   * Stores what there is, and takes nothing more. What cannot be stored now is told again, so a stop,
   * which is that signal, does not wait for a store that does not answer.
   */
  async end(stop: AbortSignal): Promise<void> {
    const stored = new AbortController();
    const { signal } = stored;
    const patience = async (): Promise<void> => {
      try {
        if (!stop.aborted) await once(stop, "abort", { signal });
        await sleep(storeMs, undefined, { signal });
      } catch {
        // What it waited for is done.
      }
    };
    await Promise.race([this.flush().finally(() => stored.abort()), patience()]);
    this.#open = false;
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0 || Object.keys(this.#cursor).length > 0) {
      const events = this.#pending.splice(0, largest);
      const cursor = this.#pending.length === 0 ? this.#cursor : {};
      if (this.#pending.length === 0) this.#cursor = {};
      try {
        await this.#source.accept({ events, seenBy: [this.#login], cursor });
      } catch (error) {
        this.#pending = [];
        this.#cursor = {};
        this.#open = false;
        this.#events.dropped(error);
        return;
      }
      if (!this.#full || this.#pending.length > low) continue;
      this.#full = false;
      this.#events.drained();
    }
  }
}
