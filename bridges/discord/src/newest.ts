import { compareIds } from "./ids.ts";
import { keepSome } from "./keep-some.ts";

const mostChannels = 20_000;

/** The newest message known in each channel: what was heard and stored, and what we sent ourselves. */
export class Newest {
  readonly #stored: (channel: string) => string | undefined;
  readonly #seen = new Map<string, string>();

  constructor(stored: (channel: string) => string | undefined) {
    this.#stored = stored;
  }

  of(channel: string): string | undefined {
    return this.#seen.get(channel) ?? this.#stored(channel);
  }

  saw(channel: string, message: string): void {
    const known = this.of(channel);
    const newest = known === undefined || compareIds(message, known) > 0 ? message : known;
    keepSome(this.#seen, channel, newest, mostChannels);
  }
}
