/** One message that has to be in one other place. */
export interface Delivery {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** What the ledger can swear to. `arrived` and `sent` count messages, the lists hold deliveries. */
export interface Report {
  readonly sent: number;
  /** Messages that are everywhere they had to be. */
  readonly arrived: number;
  readonly missing: readonly Delivery[];
  /** One for each time too many. */
  readonly doubled: readonly Delivery[];
  /** Those that came after a later message of the same side. */
  readonly outOfOrder: readonly Delivery[];
}

interface Entry {
  readonly id: string;
  readonly from: string;
  readonly text: string;
  readonly number: number;
  /** Places where it is not yet. */
  readonly missing: Set<string>;
}

/**
 * Compares what was said on each side with what arrived on the others. It knows nothing of bridges:
 * a text that arrives is the oldest equal one that is still missing there. A name put before the
 * text (`Ana: hello`, `<Ana> hello`) does not matter; white space is compared as one blank.
 */
export class Ledger {
  readonly #sides: readonly string[];
  readonly #entries = new Map<string, Entry>();
  readonly #byText = new Map<string, Entry[]>();
  readonly #newest = new Map<string, number>();
  readonly #doubled: Delivery[] = [];
  readonly #outOfOrder: Delivery[] = [];
  #number = 0;
  #arrived = 0;

  /** Whatever is said on one side has to arrive on all others. */
  constructor(sides: readonly string[]) {
    this.#sides = sides;
  }

  /** A side accepted a message; the same id again is the same message. */
  said(side: string, id: string, text: string): void {
    if (this.#entries.has(id)) return;
    this.#number += 1;
    const missing = new Set(this.#sides.filter((other) => other !== side));
    const entry: Entry = { id, from: side, text: plain(text), number: this.#number, missing };
    this.#entries.set(id, entry);
    const same = this.#byText.get(entry.text);
    if (same) same.push(entry);
    else this.#byText.set(entry.text, [entry]);
  }

  /** A text was seen on a side where nobody typed it. Undefined: it is nothing that was said. */
  arrived(side: string, text: string): Delivery | undefined {
    const known = this.#saidElsewhere(side, plain(text));
    const entry = known.find((it) => it.missing.has(side));
    if (!entry) {
      const last = known.at(-1);
      if (!last) return undefined;
      const again = deliveryOf(last, side);
      this.#doubled.push(again);
      return again;
    }
    const delivery = deliveryOf(entry, side);
    entry.missing.delete(side);
    if (entry.missing.size === 0) this.#arrived += 1;
    const way = `${entry.from} ${side}`;
    const newest = this.#newest.get(way) ?? 0;
    if (entry.number < newest) this.#outOfOrder.push(delivery);
    else this.#newest.set(way, entry.number);
    return delivery;
  }

  /** Nobody could have carried it, so it does not count: said while no one was there to hear it. */
  withdraw(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.missing.size === 0) return;
    this.#entries.delete(id);
    const rest = (this.#byText.get(entry.text) ?? []).filter((it) => it !== entry);
    this.#byText.set(entry.text, rest);
  }

  report(): Report {
    return {
      sent: this.#entries.size,
      arrived: this.#arrived,
      missing: [...this.#entries.values()].flatMap((entry) =>
        [...entry.missing].map((to) => deliveryOf(entry, to)),
      ),
      doubled: this.#doubled,
      outOfOrder: this.#outOfOrder,
    };
  }

  /** Messages with that text, or with what is left of it when words at its beginning are dropped. */
  #saidElsewhere(side: string, text: string): readonly Entry[] {
    for (let at = 0; at >= 0; at = text.indexOf(" ", at + 1)) {
      const rest = at === 0 ? text : text.slice(at + 1);
      const found = (this.#byText.get(rest) ?? []).filter((entry) => entry.from !== side);
      if (found.length > 0) return found;
    }
    return [];
  }
}

const deliveryOf = ({ id, from, text }: Entry, to: string): Delivery => ({ id, from, to, text });

const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
