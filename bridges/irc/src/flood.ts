/** So many lines at once, then one per `perMs / lines`. */
export interface FloodLimit {
  readonly lines: number;
  readonly perMs: number;
}

/** What waits for its turn. `confirmed`: a PING has to follow it. */
export interface Waiting {
  readonly confirmed: boolean;
  /** How many lines it writes, if not one. */
  readonly lines?: number;
  write(): void;
}

/** 0: what keeps us on the channels (JOIN, PART, KICK); 1: messages; 2: what can wait (MODE queries). */
export type Rank = 0 | 1 | 2;

export interface FloodClock {
  now(): number;
  /** Calls back once, later; gives what cancels it. */
  after(ms: number, call: () => void): () => void;
}

export const realClock: FloodClock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * A token bucket in front of a socket. Lower ranks go first; inside a rank the lanes take turns, so
 * one busy chat cannot keep the others waiting. PONG does not wait: it only spends.
 */
export class Flood {
  readonly #limit: FloodLimit | undefined;
  readonly #clock: FloodClock;
  readonly #confirm: () => void;
  readonly #ranks: readonly Map<string, Waiting[]>[] = [new Map(), new Map(), new Map()];
  #tokens: number;
  #at: number;
  #cancel: (() => void) | undefined;
  #pumping = false;

  /** `confirm` is called after each burst in which something to be confirmed was written. */
  constructor(limit: FloodLimit | undefined, confirm: () => void, clock: FloodClock = realClock) {
    this.#limit = limit;
    this.#confirm = confirm;
    this.#clock = clock;
    this.#tokens = limit?.lines ?? 0;
    this.#at = clock.now();
  }

  /** A line that was written without waiting. */
  spend(): void {
    this.#refill();
    this.#tokens -= 1;
  }

  /** Queues; gives what takes it back, which is true only if it was not written. */
  add(rank: Rank, lane: string, waiting: Waiting): () => boolean {
    const lanes = this.#ranks[rank];
    const queue = lanes?.get(lane);
    if (queue) queue.push(waiting);
    else lanes?.set(lane, [waiting]);
    this.#pump();
    return () => {
      const left = lanes?.get(lane);
      const at = left?.indexOf(waiting) ?? -1;
      if (left === undefined || at === -1) return false;
      left.splice(at, 1);
      if (left.length === 0) lanes?.delete(lane);
      return true;
    };
  }

  /** Forgets everything that waits. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const lanes of this.#ranks) lanes.clear();
  }

  #refill(): void {
    if (this.#limit === undefined) return;
    const now = this.#clock.now();
    const { lines, perMs } = this.#limit;
    this.#tokens = Math.min(lines, this.#tokens + ((now - this.#at) * lines) / perMs);
    this.#at = now;
  }

  #pump(): void {
    if (this.#pumping || this.#cancel !== undefined) return;
    this.#pumping = true;
    this.#refill();
    let confirm = false;
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      const { lanes, lane, queue, waiting } = next;
      const { lines = 1 } = waiting;
      const cost = lines + (waiting.confirmed || confirm ? 1 : 0);
      // What is longer than the whole bucket leaves when that is full; the others wait for it to refill.
      const due = Math.min(cost, this.#limit?.lines ?? cost);
      if (this.#limit !== undefined && this.#tokens + 1e-6 < due) {
        this.#wait(due - this.#tokens, this.#limit);
        break;
      }
      this.#tokens -= lines;
      queue.shift();
      lanes.delete(lane);
      if (queue.length > 0) lanes.set(lane, queue);
      confirm ||= waiting.confirmed;
      waiting.write();
    }
    this.#pumping = false;
    if (!confirm) return;
    this.#tokens -= 1;
    this.#confirm();
  }

  #wait(missing: number, { lines, perMs }: FloodLimit): void {
    const ms = Math.max(1, Math.ceil((missing * perMs) / lines));
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined;
      this.#pump();
    });
  }

  #first() {
    for (const lanes of this.#ranks) {
      for (const [lane, queue] of lanes) {
        const waiting = queue[0];
        if (waiting !== undefined) return { lanes, lane, queue, waiting };
      }
    }
    return undefined;
  }
}
