import type { Log } from "../adapter/index.ts";
import type { Clock } from "../flow/gate.ts";
import type { Item, ItemId, Lane, Store } from "../store/types.ts";
import { laneKey } from "./box.ts";
import { traced } from "../observe/traced.ts";

/** An item that is done but for its writing down, which goes on while the next one begins. */
export interface Settling {
  readonly id: ItemId;
  readonly settled: Promise<void>;
}

/** Does one item and settles it. Throws only when the store is broken or the box closes. */
export type Worker = (item: Item, signal: AbortSignal) => Promise<Settling | undefined>;

/** What the lanes need from outside. */
export interface LaneWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly work: Worker;
  /** Whether that item may begin while the one before it is still being written down. */
  readonly overlaps: (item: Item) => boolean;
  /** The lane has nothing to do any more. */
  readonly idle?: (lane: Lane) => void;
}

interface Runner {
  again: boolean;
  nudge: AbortController;
}

/** How long a lane rests after its store failed, in milliseconds. */
const storeRest = 1000;

/**
 * One runner per lane that has work: it takes the lowest item and never skips one. Lanes share
 * nothing, so one that waits keeps no other.
 */
export class Lanes {
  readonly #world: LaneWorld;
  readonly #runners = new Map<string, Runner>();
  readonly #running = new Set<Promise<void>>();
  #paused = false;

  constructor(world: LaneWorld) {
    this.#world = world;
  }

  /** Lanes at work now. */
  get busy(): number {
    return this.#runners.size;
  }

  /** Every lane that the last process left something in. */
  async start(shard: number): Promise<void> {
    for (const lane of await this.#world.store.read.items.lanes(shard)) this.wake(lane);
    this.#track(this.#watchParked());
  }

  /** Begins nothing more; what was begun goes on. */
  pause(): void {
    this.#paused = true;
    for (const runner of this.#runners.values()) runner.nudge.abort();
  }

  wake(lane: Lane): void {
    if (this.#paused || this.#world.signal.aborted) return;
    const key = laneKey(lane);
    const runner = this.#runners.get(key);
    if (runner) {
      runner.again = true;
      runner.nudge.abort();
      return;
    }
    const fresh: Runner = { again: false, nudge: new AbortController() };
    this.#runners.set(key, fresh);
    this.#track(this.#run(lane, fresh));
  }

  /** Resolves when every runner has stopped; the box's signal must be aborted first. */
  async stopped(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #track(run: Promise<void>): void {
    const tracked = run.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #run(lane: Lane, runner: Runner): Promise<void> {
    const { store, signal, log, clock, overlaps } = this.#world;
    let before: Settling | undefined;
    while (!signal.aborted && !this.#paused) {
      try {
        runner.again = false;
        runner.nudge = new AbortController();
        const heads = await store.read.items.heads(lane, 2);
        const item = heads.find(({ id }) => id !== before?.id);
        if (before && !(item && overlaps(item))) {
          const { settled } = before;
          before = undefined;
          await settled;
          continue;
        }
        if (item === undefined) {
          if (runner.again) continue;
          this.#runners.delete(laneKey(lane));
          this.#world.idle?.(lane);
          return;
        }
        if (!(await this.#due(item, runner))) continue;
        const done = await this.#world.work(item, signal);
        done?.settled.catch(() => undefined);
        const { settled } = before ?? {};
        before = done;
        await settled;
      } catch (error) {
        if (signal.aborted) break;
        log.error("A lane could not go on; it tries again in a moment", {
          lane: laneKey(lane),
          error: traced(error),
        });
        await clock.sleep(storeRest, signal);
      }
    }
    await before?.settled.catch(() => undefined);
    this.#runners.delete(laneKey(lane));
  }

  /** False: something changed while it waited; look again. */
  async #due(item: Item, runner: Runner): Promise<boolean> {
    if (item.until === undefined) return true;
    const left = item.until - this.#world.clock.now();
    if (left <= 0) return true;
    const stop = AbortSignal.any([this.#world.signal, runner.nudge.signal]);
    await this.#world.clock.sleep(left, stop);
    return !stop.aborted;
  }

  async #watchParked(): Promise<void> {
    const { store, clock, log, signal } = this.#world;
    while (!signal.aborted && !this.#paused) {
      await clock.sleep(250, signal);
      if (signal.aborted || this.#paused) return;
      try {
        const next = await store.read.items.nextExpiry();
        if (next === undefined || next > clock.now()) continue;
        for (const lane of await store.commit((tx) => tx.items.wakeExpired(clock.now())))
          this.wake(lane);
      } catch (error) {
        log.error("What waits was not looked at; it is tried again in a moment", {
          error: error instanceof Error ? error.message : String(error),
        });
        await clock.sleep(storeRest, signal);
      }
    }
  }
}
