import type { KeyValue } from "@bridgebox/core/adapter";

/** Few enough that a message does not rewrite much, and enough that a row is not one message. */
const pageSize = 64;
const keptPages = 512;

/** A word for each message of a numbering: durable, in rows of many, and bounded to the last ones. */
export class Pages {
  readonly #store: KeyValue;
  readonly #prefix: string;
  readonly #pages = new Map<number, Map<string, string>>();
  readonly #changed = new Set<number>();

  constructor(store: KeyValue, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  async remember(message: number, word: string): Promise<void> {
    const page = await this.#page(pageOf(message));
    if (page.get(String(message)) === word) return;
    page.set(String(message), word);
    this.#changed.add(pageOf(message));
  }

  async find(message: number): Promise<string | undefined> {
    const page = await this.#page(pageOf(message));
    return page.get(String(message));
  }

  /** Durable when it resolves. */
  async save(): Promise<void> {
    for (const page of this.#changed) {
      const rows = this.#pages.get(page);
      if (rows !== undefined) await this.#store.set(this.#key(page), Object.fromEntries(rows));
      if (page >= keptPages && rows?.size === 1)
        await this.#store.set(this.#key(page - keptPages), null);
    }
    this.#changed.clear();
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= 8) break;
      this.#pages.delete(page);
    }
  }

  async #page(page: number): Promise<Map<string, string>> {
    const memory = this.#pages.get(page);
    if (memory !== undefined) return memory;
    const stored = await this.#store.get(this.#key(page));
    const rows = new Map<string, string>();
    if (typeof stored === "object" && stored !== null) {
      for (const [message, word] of Object.entries(stored)) {
        if (typeof word === "string") rows.set(message, word);
      }
    }
    this.#pages.set(page, rows);
    return rows;
  }

  #key(page: number): string {
    return `${this.#prefix}:${page}`;
  }
}

const pageOf = (message: number): number => Math.floor(message / pageSize);
