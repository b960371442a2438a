/** At most `size` holders at once; the rest wait in order. */
export class Slots {
  readonly #size: number;
  #held = 0;
  readonly #queue: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get held(): number {
    return this.#held;
  }

  /** Runs `work` when there is room. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#held >= this.#size) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#held += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#held -= 1;
    }
  }
}
