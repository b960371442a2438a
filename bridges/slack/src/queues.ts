/** Jobs of one conversation, one after the other; those of different ones side by side. */
export class Queues {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(name: string, job: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name);
    const mine = Promise.withResolvers<void>();
    this.#tails.set(name, mine.promise);
    try {
      await before;
      return await job();
    } finally {
      if (this.#tails.get(name) === mine.promise) this.#tails.delete(name);
      mine.resolve();
    }
  }
}

/** A few turns at a time; whoever somebody waits for comes next. */
export class Turns {
  #free: number;
  readonly #waiting: { readonly name: string; readonly go: () => void }[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async take<T>(name: string, job: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((go) => this.#waiting.push({ name, go }));
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next) next.go();
      else this.#free += 1;
    }
  }

  hurry(name: string): void {
    const at = this.#waiting.findIndex((each) => each.name === name);
    const [one] = at > 0 ? this.#waiting.splice(at, 1) : [];
    if (one) this.#waiting.unshift(one);
  }
}
