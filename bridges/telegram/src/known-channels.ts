import type { Json, KeyValue } from "@bridgebox/core/adapter";

const key = "channels";

/**
 * The channels that ever came up, which is who can be asked for a difference, and where each one's
 * sequence began for us: what was heard first is not lost with the commit that it did not reach.
 */
export class KnownChannels {
  readonly #store: KeyValue;
  #rows: Map<string, number | null> | undefined;
  /** How often the rows were changed, and which change was stored last. */
  #changed = 0;
  #saved = 0;

  constructor(store: KeyValue) {
    this.#store = store;
  }

  async all(): Promise<readonly string[]> {
    const rows = await this.#load();
    await this.#save(rows);
    return [...rows.keys()];
  }

  /** The number before the first that we heard there; nothing where that is not known. */
  async begin(channel: string): Promise<number | undefined> {
    return (await this.#load()).get(channel) ?? undefined;
  }

  /**
   * Durable when it resolves; if it fails it is kept in mind, and made durable by the next call. Where a
   * channel was looked up while something of it was on its way, it begins with the earlier of the two.
   */
  async remember(channel: string, begin?: number): Promise<void> {
    const rows = await this.#load();
    const known = rows.get(channel);
    const earlier = typeof known === "number" && begin !== undefined && begin < known;
    if (known === undefined || earlier) {
      rows.set(channel, begin ?? null);
      this.#changed += 1;
    }
    await this.#save(rows);
  }

  async forget(channel: string): Promise<void> {
    const rows = await this.#load();
    if (rows.delete(channel)) this.#changed += 1;
    await this.#save(rows);
  }

  async #save(rows: ReadonlyMap<string, number | null>): Promise<void> {
    const now = this.#changed;
    if (this.#saved >= now) return;
    await this.#store.set(key, Object.fromEntries(rows));
    this.#saved = Math.max(this.#saved, now);
  }

  async #load(): Promise<Map<string, number | null>> {
    if (this.#rows !== undefined) return this.#rows;
    const stored = rowsOf(await this.#store.get(key));
    return (this.#rows ??= new Map(stored));
  }
}

const rowsOf = (stored: Json | undefined): readonly (readonly [string, number | null])[] => {
  if (typeof stored !== "object" || stored === null) return [];
  if (Array.isArray(stored)) {
    return stored.flatMap((id) => (typeof id === "string" ? [[id, null] as const] : []));
  }
  return Object.entries(stored).map(([id, begin]) => [
    id,
    typeof begin === "number" ? begin : null,
  ]);
};
