import type { KeyValue } from "@bridgebox/core/adapter";

type State = "trying" | "said";

const key = "reaction-lines";
const most = 200;

/**
 * Lines that stand for reactions, kept over restarts. A reaction may be told again and is the same, a line
 * would stand there twice; and plain IRC cannot be asked whether it was said.
 */
export class Told {
  readonly #store: KeyValue;
  #lines: Promise<Map<string, State>> | undefined;

  constructor(store: KeyValue) {
    this.#store = store;
  }

  /**
   * Before it is said. `new`: nobody has said it, and that it is tried is on disk. `doubtful`: it was tried
   * before and nobody knows; asked again it is new.
   */
  async begin(line: string): Promise<"new" | "said" | "doubtful"> {
    const before = (await this.#all()).get(line);
    if (before === "said") return "said";
    await this.#put(line, before === undefined ? "trying" : undefined);
    return before === undefined ? "new" : "doubtful";
  }

  /** Everybody has seen it. */
  said(line: string): Promise<void> {
    return this.#put(line, "said");
  }

  /** It certainly was not said. */
  unsaid(line: string): Promise<void> {
    return this.#put(line, undefined);
  }

  async #put(line: string, state: State | undefined): Promise<void> {
    const lines = await this.#all();
    lines.delete(line);
    if (state !== undefined) lines.set(line, state);
    const [oldest] = lines.keys();
    if (lines.size > most && oldest !== undefined) lines.delete(oldest);
    await this.#store.set(key, Object.fromEntries(lines));
  }

  #all(): Promise<Map<string, State>> {
    this.#lines ??= this.#read();
    return this.#lines;
  }

  async #read(): Promise<Map<string, State>> {
    const kept = await this.#store.get(key);
    const all = typeof kept === "object" && kept !== null ? Object.entries(kept) : [];
    return new Map(all.flatMap(([line, state]) => (isState(state) ? [[line, state]] : [])));
  }
}

const isState = (value: unknown): value is State => value === "trying" || value === "said";
