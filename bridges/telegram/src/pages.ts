import type { KeyValue } from "@bridgebox/core/adapter";

/** Few enough that a message does not rewrite much, and enough that a row is not one message. */
const pageSize = 64;
const keptPages = 512;

/** Pages that are held in memory though nobody needs them at the moment. */
const idlePages = 8;

interface Page {
  readonly rows: Map<string, string>;
  readonly loaded: Promise<void>;
  /** There is a row of it in the store. */
  stored: boolean;
  changed: boolean;
  /** Calls that are under way with it. */
  uses: number;
  /** The last write of it, while it is under way. */
  writing: Promise<void> | undefined;
}

/**
 * A word for each message of a numbering: durable, in rows of many, and bounded to the last ones. May
 * be used by several at once: a page is read once, and written as it stands when `save` is called.
 */
export class Pages {
  readonly #store: KeyValue;
  readonly #prefix: string;
  readonly #pages = new Map<number, Page>();

  constructor(store: KeyValue, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  remember(message: number, word: string): Promise<void> {
    return this.#with(pageOf(message), (page) => {
      if (page.rows.get(String(message)) === word) return;
      page.rows.set(String(message), word);
      page.changed = true;
    });
  }

  find(message: number): Promise<string | undefined> {
    return this.#with(pageOf(message), ({ rows }) => rows.get(String(message)));
  }

  /** Durable when it resolves; all of it is handed to the store before anything is waited for. */
  async save(): Promise<void> {
    const writes = [...this.#pages].flatMap(([number, page]) =>
      page.changed ? this.#write(number, page) : (page.writing ?? []),
    );
    await Promise.all(writes);
    this.#tidy();
  }

  async #with<T>(number: number, work: (page: Page) => T): Promise<T> {
    const page = this.#pages.get(number) ?? this.#open(number);
    page.uses += 1;
    try {
      await page.loaded;
      return work(page);
    } finally {
      page.uses -= 1;
    }
  }

  #open(number: number): Page {
    const load = async () => {
      try {
        const stored = await this.#store.get(this.#key(number));
        if (typeof stored !== "object" || stored === null) return;
        page.stored = true;
        for (const [message, word] of Object.entries(stored)) {
          if (typeof word === "string") page.rows.set(message, word);
        }
      } catch (error) {
        this.#pages.delete(number);
        throw error;
      }
    };
    const rows = new Map<string, string>();
    const idle = { stored: false, changed: false, uses: 0, writing: undefined };
    const page: Page = { ...idle, rows, loaded: Promise.resolve().then(load) };
    this.#pages.set(number, page);
    return page;
  }

  #write(number: number, page: Page): Promise<void> {
    const begins = !page.stored;
    page.changed = false;
    page.stored = true;
    const written = [this.#store.set(this.#key(number), Object.fromEntries(page.rows))];
    if (begins) written.push(this.#forget(number - keptPages));
    const writing = Promise.all(written)
      .then(
        () => undefined,
        (error) => {
          page.changed = true;
          page.stored = !begins;
          throw error;
        },
      )
      .finally(() => {
        if (page.writing === writing) page.writing = undefined;
      });
    page.writing = writing;
    return writing;
  }

  /** A page that is too old, unless something of it was told again just now. */
  async #forget(number: number): Promise<void> {
    const page = this.#pages.get(number);
    if (number < 0 || (page !== undefined && !isIdle(page))) return;
    this.#pages.delete(number);
    await this.#store.set(this.#key(number), null);
  }

  #tidy(): void {
    for (const [number, page] of this.#pages) {
      if (this.#pages.size <= idlePages) return;
      if (isIdle(page)) this.#pages.delete(number);
    }
  }

  #key(number: number): string {
    return `${this.#prefix}:${number}`;
  }
}

const isIdle = ({ changed, uses, writing }: Page): boolean =>
  !changed && uses === 0 && writing === undefined;

const pageOf = (message: number): number => Math.floor(message / pageSize);
