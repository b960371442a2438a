import type { KeyValue, Log } from "@bridgebox/core/adapter";

const storeKey = "channel_keys";
const mostKept = 1000;
/** With the longest name of a channel it still goes into one line. */
const longestKey = 100;

/** As it may stand in JOIN; `*` is what servers show of one that they hide. */
const usable = (key: unknown): key is string =>
  typeof key === "string" &&
  key !== "*" &&
  Buffer.byteLength(key) <= longestKey &&
  /^[^\s,:\p{Cc}][^\s,\p{Cc}]*$/u.test(key);

/** The sentence that says why a key is none. It is a secret, so it is not in it. */
export const wrongKey =
  "what stands after the channel is no key. A key has no space, comma or control character, does not begin with a colon and has 100 bytes at most; leave it out if the channel has none.";

/** `#staff secret`: a channel, and what is said to open it; no key where that cannot be one. */
export const keyedName = (
  typed: string,
): { readonly name: string; readonly key: string | undefined } | undefined => {
  const [, name, key] = /^([#&]\S+) +(\S.*)$/s.exec(typed) ?? [];
  return name === undefined ? undefined : { name, key: usable(key) ? key : undefined };
};

export interface KeysOptions {
  readonly store: KeyValue;
  readonly log: Log;
  /** What the relay knows of a channel. It is not the other way round: what a person knows stays theirs. */
  readonly relays: (id: string) => string | undefined;
}

/** The keys of channels (`+k`) that one login was told: by people, and by the server while it is there. */
export class Keys {
  readonly #options: KeysOptions;
  readonly #known = new Map<string, string>();
  /** Said by somebody, and not tried yet. */
  readonly #offered = new Map<string, string>();

  constructor(options: KeysOptions) {
    this.#options = options;
  }

  async recall(): Promise<void> {
    const stored = await this.#options.store.get(storeKey);
    if (typeof stored !== "object" || stored === null) return;
    for (const [id, key] of Object.entries(stored)) if (usable(key)) this.#known.set(id, key);
  }

  /** By folded name. */
  of(id: string): string | undefined {
    return this.#known.get(id) ?? this.#options.relays(id);
  }

  /** It is the relay's alone: whoever this login belongs to was not told it. */
  isLent(id: string): boolean {
    return !this.#known.has(id) && this.#options.relays(id) !== undefined;
  }

  /** Somebody says that it opens the channel. */
  offer(id: string, key: string): void {
    this.#offered.delete(id);
    this.#offered.set(id, key);
    forgetOldest(this.#offered);
  }

  /** What was said to open the channel, to be tried once: what was known before may be right still. */
  takeOffered(id: string): string | undefined {
    const offered = this.#offered.get(id);
    this.#offered.delete(id);
    return offered;
  }

  /** The key that let it in, or that the server says; nothing where the channel has none. */
  learn(id: string, key: string | undefined): void {
    if (key !== undefined && !usable(key)) return;
    if (this.#known.get(id) === key) return;
    this.#known.delete(id);
    if (key !== undefined) this.#known.set(id, key);
    forgetOldest(this.#known);
    const { store, log } = this.#options;
    const all = Object.fromEntries(this.#known);
    store.set(storeKey, all, { secret: true }).catch((error: unknown) => {
      log.error("The keys of channels were not stored", { error: String(error) });
    });
  }
}

const forgetOldest = (keys: Map<string, string>): void => {
  const [oldest] = keys.keys();
  if (keys.size > mostKept && oldest !== undefined) keys.delete(oldest);
};
