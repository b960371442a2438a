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
  #lines: Map<string, State> | undefined;

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
    try {
      await this.#put(line, before === undefined ? "trying" : undefined);
    } catch (error) {
      this.#note(await this.#all(), line, before);
      throw error;
    }
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
    this.#note(lines, line, state);
    await this.#store.set(key, Object.fromEntries(lines));
  }

  #note(lines: Map<string, State>, line: string, state: State | undefined): void {
    lines.delete(line);
    if (state !== undefined) lines.set(line, state);
    const [oldest] = lines.keys();
    if (lines.size > most && oldest !== undefined) lines.delete(oldest);
  }

  async #all(): Promise<Map<string, State>> {
    if (this.#lines) return this.#lines;
    const read = await this.#read();
    return (this.#lines ??= read);
  }

  async #read(): Promise<Map<string, State>> {
    const kept = await this.#store.get(key);
    const all = typeof kept === "object" && kept !== null ? Object.entries(kept) : [];
    return new Map(all.flatMap(([line, state]) => (isState(state) ? [[line, state]] : [])));
  }
}

const isState = (value: unknown): value is State => value === "trying" || value === "said";
