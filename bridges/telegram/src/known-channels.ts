import type { Json, KeyValue } from "@bridgebox/core/adapter";

const key = "channels";

/**
 * The channels that ever came up, which is who can be asked for a difference, and where each one's
 * sequence began for us: what was heard first is not lost with the commit that it did not reach.
 */
export class KnownChannels {
  readonly #store: KeyValue;
  #rows: Map<string, number | null> | undefined;
  #saved = true;

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

  /** Durable when it resolves; if it fails it is kept in mind, and made durable by the next call. */
  async remember(channel: string, begin?: number): Promise<void> {
    const rows = await this.#load();
    if (!rows.has(channel)) {
      rows.set(channel, begin ?? null);
      this.#saved = false;
    }
    await this.#save(rows);
  }

  async forget(channel: string): Promise<void> {
    const rows = await this.#load();
    if (rows.delete(channel)) this.#saved = false;
    await this.#save(rows);
  }

  async #save(rows: ReadonlyMap<string, number | null>): Promise<void> {
    if (this.#saved) return;
    await this.#store.set(key, Object.fromEntries(rows));
    this.#saved = true;
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
