import type { Millis } from "../adapter/index.ts";
import { givenUp, noAnswer } from "./fault.ts";
import { MatrixError } from "./types.ts";

/** The end of one exchange: its deadline, its caller's signal or the client's close, whichever is first. */
export class Limit {
  readonly #stop = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #all: Set<Limit>;
  readonly #timer: NodeJS.Timeout;
  #why = "it was called off";

  constructor(time: Millis, outer: AbortSignal | undefined, all: Set<Limit>) {
    this.#outer = outer;
    this.#all = all;
    this.#timer = setTimeout(() => {
      this.#why = `the homeserver did not finish its answer within ${time / 1000} s`;
      this.#stop.abort();
    }, time);
    outer?.addEventListener("abort", this.stop, { once: true });
    all.add(this);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  readonly stop = (): void => this.#stop.abort();

  /** Must be called when the exchange is over. */
  readonly end = (): void => {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.stop);
    this.#all.delete(this);
  };

  /** What an error of that exchange means for the call. */
  fault(does: string, error: unknown): MatrixError {
    if (error instanceof MatrixError) return error;
    return this.signal.aborted ? givenUp(does, this.#why, true) : noAnswer(does, error, true);
  }
}
