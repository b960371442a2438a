import type { News } from "./types.ts";

const togetherMs = 100;
/** More than one run of breaking everything tells. */
const keptHappenings = 500;

/** Gathers what is new and hands it on a few times a second; the page never gets one thing at a time. */
export class Hub {
  readonly #listeners = new Set<(news: readonly News[]) => void>();
  readonly #log: Extract<News, { what: "happened" }>[] = [];
  #waiting: News[] = [];
  #timer: NodeJS.Timeout | undefined;
  #state: (() => News) | undefined;
  #stateChanged = false;

  /** Where the state comes from; only the newest is ever sent. */
  stateFrom(state: () => News): void {
    this.#state = state;
  }

  tell(news: News): void {
    this.#waiting.push(news);
    this.#later();
  }

  /** A line for "What happened". */
  happened(text: string): void {
    const news = { what: "happened", at: Date.now(), text } as const;
    this.#log.push(news);
    if (this.#log.length > keptHappenings) this.#log.shift();
    this.tell(news);
  }

  stateChanged(): void {
    this.#stateChanged = true;
    this.#later();
  }

  get log(): readonly News[] {
    return this.#log;
  }

  subscribe(listener: (news: readonly News[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.#flush(), togetherMs);
  }

  #flush(): void {
    this.#timer = undefined;
    const news = this.#waiting;
    this.#waiting = [];
    if (this.#stateChanged && this.#state) news.push(this.#state());
    this.#stateChanged = false;
    for (const listener of this.#listeners) listener(news);
  }
}
