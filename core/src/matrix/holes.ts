import type { Millis } from "../adapter/index.ts";

/** Transactions refused at once, and how long until one more may be. */
const budget = 3;
const refill: Millis = 10 * 60_000;
/** Ids further apart than this are not a hole: other appservices may share the counter. */
const widest = 50;

/**
 * Finds transactions that a homeserver has kept and forgotten. Synapse numbers them one after the
 * other; one that it makes while it ends a recovery stays in its table, marked by nothing, until the
 * next recovery. A hole in the numbers shows it, and refusing one transaction makes Synapse recover,
 * oldest first, so that nothing is lost and the order is kept. Where several appservices share the
 * counter a hole may be nothing: so only few transactions are refused, each only once.
 */
export class Holes {
  readonly #now: () => Millis;
  #last: number | undefined;
  #left = budget;
  #refilled: Millis;
  #refused: string | undefined;

  constructor(now: () => Millis) {
    this.#now = now;
    this.#refilled = now();
  }

  /** Whether that transaction is to be refused, because one before it has not come. */
  refuses(id: string): boolean {
    const number = numberOf(id);
    if (number === undefined || this.#last === undefined || id === this.#refused) return false;
    const missing = number - this.#last - 1;
    if (missing < 1 || missing > widest || !this.#spend()) return false;
    this.#refused = id;
    return true;
  }

  /** That transaction is stored. */
  taken(id: string): void {
    const number = numberOf(id);
    if (number === undefined) return;
    this.#last = Math.max(this.#last ?? number, number);
  }

  #spend(): boolean {
    const due = Math.floor((this.#now() - this.#refilled) / refill);
    if (due > 0) {
      this.#left = Math.min(budget, this.#left + due);
      this.#refilled = this.#now();
    }
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}

const numberOf = (id: string): number | undefined =>
  /^\d{1,15}$/.test(id) ? Number(id) : undefined;
