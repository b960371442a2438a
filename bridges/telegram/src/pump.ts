import type { Log, RemoteEvent } from "@bridgebox/core/adapter";
import type { Api } from "./api/tl.ts";
import type { CatchUp } from "./catch-up.ts";
import { gapPatience, type Inbox, type Mark } from "./updates.ts";

/** One thing to do with the sequences of a login. */
export type Task =
  | { readonly kind: "updates"; readonly updates: Api.TypeUpdates; readonly mark?: Mark }
  | { readonly kind: "count"; readonly line: string; readonly pts: number; readonly count: number }
  | { readonly kind: "news"; readonly events: readonly RemoteEvent[] }
  | { readonly kind: "check"; readonly line: string }
  | { readonly kind: "difference"; readonly line: string }
  | { readonly kind: "later"; readonly line: string }
  | { readonly kind: "meet"; readonly channel: string; readonly pts: number }
  /** Somebody waits for the end of it. */
  | { readonly kind: "start"; readonly end: PromiseWithResolvers<void> };

export interface PumpOptions {
  readonly inbox: Inbox;
  readonly catchUp: CatchUp;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The source is dropped for now: what is not committed comes again by difference. */
  readonly failed: (error: unknown) => void;
}

/** More than this waiting means that the core is behind: the rest is left to a difference. */
const mostWaiting = 2000;
/** One commit holds at most what so many tasks brought. */
const perCommit = 64;

/**
 * Everything that moves a login's sequences, one after the other in the order it came: the promise
 * of the commit is the back-pressure.
 */
export class Pump {
  readonly #options: PumpOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #awaited = new Set<PromiseWithResolvers<void>>();
  #queue: Task[] = [];
  #asked = new Set<string>();
  #running = false;
  #behind = false;

  constructor(options: PumpOptions) {
    this.#options = options;
    const { signal } = options;
    signal.addEventListener("abort", () => {
      this.#clearTimers();
      this.#fail(signal.reason);
    });
  }

  push(task: Task): void {
    if (this.#options.signal.aborted) return;
    if (this.#queue.length >= mostWaiting && task.kind === "updates") {
      this.#behind = true;
      this.#options.inbox.listens(false);
      return;
    }
    this.#queue.push(task);
    if (!this.#running) void this.#run();
  }

  /** Catches up everything that was missed while there was no connection. */
  start(): Promise<void> {
    const { signal } = this.#options;
    if (signal.aborted) return Promise.reject(signal.reason);
    const end = Promise.withResolvers<void>();
    this.#awaited.add(end);
    this.push({ kind: "start", end });
    return end.promise;
  }

  /** Something is missing on that line: it gets a moment to come by itself, unless there is a hurry. */
  missing(line: string, hurry: boolean): void {
    if (hurry) {
      if (this.#asked.has(line)) return;
      this.#asked.add(line);
      return this.push({ kind: "difference", line });
    }
    if (this.#timers.has(line)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(line);
      this.push({ kind: "check", line });
    }, gapPatience);
    this.#timers.set(line, timer);
  }

  async #run(): Promise<void> {
    this.#running = true;
    const { inbox, signal, failed } = this.#options;
    try {
      // What comes in one turn of the loop is one commit.
      await Promise.resolve();
      while (this.#queue.length > 0 && !signal.aborted) {
        const tasks = this.#queue.splice(0, perCommit);
        for (const task of tasks) if (!signal.aborted) await this.#do(task);
        await inbox.commit();
        if (this.#behind && this.#queue.length === 0) {
          this.#behind = false;
          this.#queue.push({ kind: "start", end: Promise.withResolvers() });
        }
      }
    } catch (error) {
      this.#drop(error);
      failed(error);
    } finally {
      this.#running = false;
    }
  }

  async #do(task: Task): Promise<void> {
    const { inbox, catchUp } = this.#options;
    switch (task.kind) {
      case "updates":
        return inbox.take(task.updates, task.mark);
      case "count":
        return inbox.count(task.line, task.pts, task.count);
      case "news":
        return inbox.add(task.events);
      case "check":
        if (!inbox.isWaiting(task.line)) return undefined;
        await inbox.commit();
        return catchUp.line(task.line);
      case "difference":
        this.#asked.delete(task.line);
        await inbox.commit();
        return catchUp.line(task.line);
      case "later":
        await inbox.commit();
        return catchUp.resume(task.line);
      case "start":
        await inbox.commit();
        await catchUp.all();
        this.#awaited.delete(task.end);
        return task.end.resolve();
      case "meet":
        await inbox.commit();
        return catchUp.meet(task.channel, task.pts);
    }
  }

  #drop(error: unknown): void {
    this.#fail(error);
    this.#queue = [];
    this.#asked = new Set();
    this.#behind = false;
    this.#clearTimers();
    this.#options.inbox.reset();
  }

  /** Whoever waits for something hears that it does not come, be it queued, next or under way. */
  #fail(error: unknown): void {
    for (const end of this.#awaited) end.reject(error);
    this.#awaited.clear();
  }

  #clearTimers(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
