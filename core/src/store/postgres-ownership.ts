import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import type { Millis } from "../adapter/index.ts";
import { systemClock } from "../flow/gate.ts";
import { StoreBroken } from "./errors.ts";

/** How long a box that starts waits for the one before it to be gone: its session ends a moment later. */
const patience: Millis = 3_000;

/** By name and not by number, so that it is another one for each schema of the database. */
const lock = "select pg_try_advisory_lock(hashtext('bridgebox ' || current_schema()), $1) as ours";

/**
 * One box for one shard of a database. A lock of the session stands for the ownership: the server
 * lets go of it when the session ends, after its transaction has. A row names the last commit, so
 * that a box that was cut off sees what became of its own, and whether anybody else was here.
 */
export class Ownership {
  readonly #shard: number;
  readonly #box = randomUUID();
  #count = 0;
  #last = "";
  #pending = "";

  constructor(shard: number) {
    this.#shard = shard;
  }

  /** The last commit of ours that is known to be in the database. */
  get last(): string {
    return this.#last;
  }

  nextMark(): string {
    this.#count += 1;
    this.#pending = `${this.#box} ${this.#count}`;
    return this.#pending;
  }

  marked(mark: string): void {
    this.#last = mark;
  }

  /** @throws StoreBroken when another box has it. */
  async claim(client: Client, place: string): Promise<void> {
    const until = performance.now() + patience;
    while (!(await this.#locked(client))) {
      if (performance.now() > until) {
        throw new StoreBroken(
          `The store was not opened – another bridgebox works with the database at ${place} – stop that one first, or give this one a database of its own.`,
        );
      }
      await systemClock.sleep(50);
    }
  }

  /** Writes its name over that of the box before it, which sees it should it come back. */
  async begin(client: Client): Promise<void> {
    const mark = this.nextMark();
    await client.query(
      "insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
      [markName(this.#shard), mark],
    );
    this.marked(mark);
  }

  /**
   * Takes up again what a lost session had, and learns what became of its last commit. False: the
   * server has not noticed yet that the session is lost.
   * @throws StoreBroken when another box was here, or the database is an older copy of itself.
   */
  async resume(client: Client, place: string): Promise<boolean> {
    const locked = await this.#locked(client);
    const { rows } = await client.query<{ value: string }>(
      "select value from meta where name = $1",
      [markName(this.#shard)],
    );
    const found = rows[0]?.value ?? "";
    if (found !== this.#last && found !== this.#pending) {
      throw new StoreBroken(
        `Nothing was stored – while the database at ${place} was away, another bridgebox took it over or an older copy took its place – start this one again, and only one.`,
      );
    }
    if (locked) this.#last = found;
    return locked;
  }

  async #locked(client: Client): Promise<boolean> {
    const { rows } = await client.query<{ ours: boolean }>(lock, [this.#shard]);
    return rows[0]?.ours === true;
  }
}

export const markName = (shard: number): string => `commit ${shard}`;
