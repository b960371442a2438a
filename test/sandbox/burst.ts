import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Scene } from "./scene.ts";
import type { Words } from "./speak.ts";
import type { Run } from "./types.ts";

const lines = 300;
/** Slow enough for a person to break something meanwhile. */
const pauseMs = 40;
const lookAgainMs = 100;

export interface BurstOptions {
  readonly scene: Scene;
  readonly do: (words: Words) => Promise<void>;
  /** Who speaks on each side. */
  readonly speakers: readonly Pick<Words, "side" | "as">[];
  /** Whether that side can be spoken on, and the box can hear it. */
  readonly able: (side: Words["side"]) => boolean;
  readonly changed: () => void;
  readonly signal: AbortSignal;
}

/** Three hundred lines, as many from each side, all sides at once. A side that is broken waits, as people would. */
export class Burst {
  readonly #options: BurstOptions;
  readonly #mark = `· ${randomBytes(2).toString("hex")}`;
  readonly #stop = new AbortController();
  #going = true;

  constructor(options: BurstOptions) {
    this.#options = options;
  }

  /** Says what is left no more. */
  cancel(): void {
    this.#stop.abort();
  }

  async run(): Promise<void> {
    await Promise.all(this.#options.speakers.map(({ side, as }) => this.#side(side, as)));
    this.#going = false;
    this.#options.changed();
  }

  view(): Run {
    const { said, arrived, open } = this.#options.scene.marked(this.#mark);
    const of = this.#going ? lines : said;
    return { of, said, arrived, going: this.#going || open > 0 };
  }

  async #side(side: Words["side"], as: string): Promise<void> {
    const { able, changed, speakers } = this.#options;
    const perSide = lines / speakers.length;
    const signal = AbortSignal.any([this.#options.signal, this.#stop.signal]);
    for (let index = 1; index <= perSide && !signal.aborted;) {
      if (!able(side)) {
        await sleep(lookAgainMs, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const text = `${as}, line ${index} of ${perSide} ${this.#mark}`;
      const words: Words = { room: "lobby", side, what: "say", as, text, target: undefined };
      const said = await this.#options.do(words).then(
        () => true,
        () => this.#options.scene.knows(text),
      );
      if (said) index += 1;
      changed();
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
