import { StoreBroken } from "./errors.ts";

/** One writing connection. A dialect whose calls are synchronous returns nothing to await. */
export interface Writer<Tx> {
  /** False once the database has given the transaction up by itself. */
  readonly open: boolean;
  begin(): void | Promise<void>;
  commit(): void | Promise<void>;
  rollback(): void | Promise<void>;
  /** From here on, `undo` takes back. */
  mark(): void | Promise<void>;
  release(): void | Promise<void>;
  undo(): void | Promise<void>;
  /** One for each work. */
  session(): Session<Tx>;
  /** Calls `stalled` when a work waits for something that is not the database; returns the end of it. */
  watch(stalled: () => void): () => void;
}

export interface Session<Tx> {
  readonly tx: Tx;
  /** Whatever still holds `tx` cannot use it any more. */
  revoke(): void;
}

interface Job<Tx> {
  /** Resolves with what tells the asker that it is durable. */
  readonly run: (tx: Tx) => Promise<() => void>;
  readonly reject: (reason: unknown) => void;
}

interface Accepted<Tx> {
  readonly job: Job<Tx>;
  readonly settle: () => void;
}

const mostPerGroup = 500;
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * A flush holds the whole process up. What was asked to leave in the same turn leaves before it: an HTTP
 * client looks for one turn whether its idle connection still stands before it writes to it.
 */
const turnAfterNext = async (): Promise<void> => {
  await nextTurn();
  await nextTurn();
};

/**
 * Works asked for in one turn of the event loop share one transaction and one flush to disk, run one
 * after the other, each in its own savepoint. Nobody is told before the transaction is durable.
 */
export class GroupCommit<Tx> {
  readonly #writer: Writer<Tx>;
  #waiting: Job<Tx>[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;
  /** Why the database may have given a transaction up. */
  #failure: unknown = new StoreBroken("Nothing was stored – the database gave the transaction up.");

  constructor(writer: Writer<Tx>) {
    this.#writer = writer;
  }

  commit<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new StoreBroken("Nothing was stored – the store is closed."));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        run: async (tx) => {
          const value = await work(tx);
          return () => resolve(value);
        },
        reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  /** Finishes what was asked for; takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    do {
      await turnAfterNext();
      await this.#group(this.#waiting.splice(0, mostPerGroup));
    } while (this.#waiting.length > 0);
    this.#draining = undefined;
  }

  async #group(jobs: readonly Job<Tx>[]): Promise<void> {
    const accepted: Accepted<Tx>[] = [];
    try {
      await this.#writer.begin();
      for (const [index, job] of jobs.entries()) {
        const settle = await this.#one(job, jobs.length > 1);
        if (settle) accepted.push({ job, settle });
        if (!this.#writer.open) {
          this.#waiting.unshift(...jobs.slice(index + 1));
          throw this.#failure;
        }
      }
      await (accepted.length > 0 ? this.#writer.commit() : this.#writer.rollback());
    } catch (thrown) {
      await this.#abandon(jobs, thrown);
      return;
    }
    for (const { settle } of accepted) settle();
  }

  /** Rejecting twice changes nothing: whoever failed by itself has its own reason already. */
  async #abandon(jobs: readonly Job<Tx>[], reason: unknown): Promise<void> {
    for (const job of jobs) if (!this.#waiting.includes(job)) job.reject(reason);
    if (this.#writer.open) await this.#writer.rollback();
  }

  async #one(job: Job<Tx>, marked: boolean): Promise<(() => void) | undefined> {
    try {
      if (marked) await this.#writer.mark();
      const settle = await this.#unstalled(job);
      if (!this.#writer.open) return settle;
      if (marked) await this.#writer.release();
      return settle;
    } catch (thrown) {
      this.#failure = thrown;
      job.reject(thrown);
      if (marked && this.#writer.open) await this.#writer.undo();
      return undefined;
    }
  }

  /**
   * A work that waits for anything else would hold up every other one, or wait for itself for ever.
   * When it ends, what it left running may not write any more: that would be stored with another work.
   */
  async #unstalled(job: Job<Tx>): Promise<() => void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const session = this.#writer.session();
    const end = this.#writer.watch(() => {
      reject(
        new StoreBroken(
          "Nothing was stored – a work waited for something other than its repositories – await that before the commit.",
        ),
      );
    });
    try {
      return await Promise.race([job.run(session.tx), promise]);
    } finally {
      session.revoke();
      end();
    }
  }
}
