import type { KeyValue, Log } from "@bridgebox/core/adapter";
import type { Abilities } from "./api/abilities.ts";
import type { Servable } from "./features.ts";
import { servable, served } from "./features.ts";

const key = "served";

/**
 * What the server could do when it was last there. Kept over a restart: whether a message can be
 * looked up is asked before there is a connection again.
 */
export class Served {
  readonly #store: KeyValue;
  readonly #log: Log;
  readonly #reactionLines: boolean;
  #names: ReadonlySet<Servable> = new Set();

  constructor({ store, log }: { readonly store: KeyValue; readonly log: Log }, lines: boolean) {
    this.#store = store;
    this.#log = log;
    this.#reactionLines = lines;
  }

  has(method: Servable): boolean {
    return this.#names.has(method);
  }

  async recall(): Promise<void> {
    const kept = await this.#store.get(key);
    const names: readonly unknown[] = Array.isArray(kept) ? kept : [];
    this.#names = new Set(servable.filter((name) => names.includes(name)));
  }

  learn(abilities: Abilities | undefined): void {
    const offered = served(abilities, this.#reactionLines);
    const now = servable.filter((name) => offered[name]);
    if (now.join() === [...this.#names].join()) return;
    this.#names = new Set(now);
    this.#store.set(key, now).catch((error: unknown) => {
      this.#log.error("What the server can do was not stored", { error: String(error) });
    });
  }
}
