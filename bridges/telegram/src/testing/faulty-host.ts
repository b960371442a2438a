import type { Host } from "@bridgebox/core/adapter";
import { MemoryHost } from "@bridgebox/core/testing";

/** A core whose store refuses what a test orders, and does all else. */
export class FaultyHost extends MemoryHost {
  #refusals: { readonly what: "get" | "set"; readonly key: RegExp }[] = [];
  /** What was refused. */
  readonly refused: string[] = [];

  /** The next time that such a key is read or written, it fails. */
  refuse(what: "get" | "set", key: RegExp): void {
    this.#refusals.push({ what, key });
  }

  override get host(): Host {
    const { store, ...rest } = super.host;
    return {
      ...rest,
      store: {
        get: async (key) => {
          this.#pass("get", key);
          return store.get(key);
        },
        set: async (key, value, options) => {
          this.#pass("set", key);
          return store.set(key, value, options);
        },
      },
    };
  }

  #pass(what: "get" | "set", key: string): void {
    const refusal = this.#refusals.find((each) => each.what === what && each.key.test(key));
    if (refusal === undefined) return;
    this.#refusals = this.#refusals.filter((each) => each !== refusal);
    this.refused.push(`${what} ${key}`);
    throw new Error("The store is busy.");
  }
}
