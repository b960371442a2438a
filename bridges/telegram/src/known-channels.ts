import type { Json, KeyValue } from "@bridgebox/core/adapter";

const key = "channels";

/** Where a channel's sequence began for us. */
export interface Row {
  /** The number before the first that we heard there. */
  readonly begin?: number;
  /** One came into it while nobody listened: nothing of it was heard since then, in seconds. */
  readonly since?: number;
}

/**
 * The channels that ever came up, which is who can be asked for a difference, and where each one's
 * sequence began for us: what was heard first is not lost with the commit that it did not reach.
 */
export class KnownChannels {
  readonly #store: KeyValue;
  #rows: Map<string, Row> | undefined;
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

  async get(channel: string): Promise<Row | undefined> {
    return (await this.#load()).get(channel);
  }

  /**
   * Durable when it resolves; if it fails it is kept in mind, and made durable by the next call. Where a
   * channel was looked up while something of it was on its way, it begins with the earlier of the two;
   * where something was missed before, that stands.
   */
  async remember(channel: string, row: Row = {}): Promise<Row> {
    const rows = await this.#load();
    const known = rows.get(channel);
    const earlier =
      known?.begin !== undefined && row.begin !== undefined && row.begin < known.begin;
    if (known === undefined || earlier) {
      rows.set(channel, row);
      this.#changed += 1;
    }
    await this.#save(rows);
    return rows.get(channel) ?? row;
  }

  async forget(channel: string): Promise<void> {
    const rows = await this.#load();
    if (rows.delete(channel)) this.#changed += 1;
    await this.#save(rows);
  }

  async #save(rows: ReadonlyMap<string, Row>): Promise<void> {
    const now = this.#changed;
    if (this.#saved >= now) return;
    const all = [...rows].map(([id, row]) => [id, toJson(row)] as const);
    await this.#store.set(key, Object.fromEntries(all));
    this.#saved = Math.max(this.#saved, now);
  }

  async #load(): Promise<Map<string, Row>> {
    if (this.#rows !== undefined) return this.#rows;
    const stored = rowsOf(await this.#store.get(key));
    return (this.#rows ??= new Map(stored));
  }
}

/** The beginning alone is its number. */
const toJson = ({ begin, since }: Row): Json => (since === undefined ? (begin ?? null) : { since });

const rowOf = (stored: Json): Row => {
  if (typeof stored === "number") return { begin: stored };
  if (typeof stored !== "object" || stored === null || !("since" in stored)) return {};
  const { since } = stored;
  return typeof since === "number" ? { since } : {};
};

const rowsOf = (stored: Json | undefined): readonly (readonly [string, Row])[] => {
  if (typeof stored !== "object" || stored === null) return [];
  if (Array.isArray(stored)) {
    return stored.flatMap((id) => (typeof id === "string" ? [[id, {}] as const] : []));
  }
  return Object.entries(stored).map(([id, row]) => [id, rowOf(row)]);
};
