import type {
  Attempt,
  Batch,
  BridgeError,
  ChatRef,
  Host,
  Json,
  LoginState,
  RemoteEvent,
  Session,
  Source,
} from "@bridgebox/core/adapter";
import { sourceId } from "@bridgebox/core/adapter";
import type { IrcAccount } from "../config.ts";

/** What a box keeps on disk, in memory: give it to a second `MemoryHost` to restart. */
export interface Kept {
  readonly store: Map<string, Json>;
  readonly cursors: Map<string, string>;
}

export const nothingKept = (): Kept => ({ store: new Map(), cursors: new Map() });

/** A host for tests of this adapter alone: stores in memory and lets one wait for what comes in. */
export class MemoryHost {
  readonly events: RemoteEvent[] = [];
  readonly batches: Batch[] = [];
  readonly states: { readonly state: LoginState; readonly why?: BridgeError | undefined }[] = [];
  readonly logged: string[] = [];
  readonly chats: ChatRef[] = [];
  readonly stop = new AbortController();
  readonly kept: Kept;
  /** Stands before every commit. */
  commit: () => Promise<void> = async () => {};
  readonly #waiting = new Set<() => void>();

  constructor(kept: Kept = nothingKept()) {
    this.kept = kept;
  }

  get host(): Host {
    const note = (level: string) => (message: string, data?: unknown) =>
      this.logged.push(`${level} ${message} ${JSON.stringify(data)}`);
    return {
      source: (name) => this.#source(name),
      store: {
        get: async (key) => this.kept.store.get(key),
        set: async (key, value) => {
          if (value === null) this.kept.store.delete(key);
          else this.kept.store.set(key, value);
        },
      },
      log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
      signal: this.stop.signal,
    };
  }

  get session(): Session<IrcAccount> {
    return {
      ...this.host,
      state: (state, why) => {
        this.states.push({ state, why });
        this.#poke();
      },
      saveAccount: async () => {},
      chats: async () => this.chats,
      media: {
        open: () => Promise.reject(new Error("no media here")),
        publicUrl: ({ name }) => `https://media.example/${name ?? "file"}`,
      },
    };
  }

  /** Resolves with the first thing that `look` finds, now or later. */
  until<T>(look: () => T | undefined, ms = 5000): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(check);
      };
      const check = () => {
        const found = look();
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`It did not happen: ${look.toString()}; log: ${this.logged.join("; ")}`));
      }, ms);
      this.#waiting.add(check);
      check();
    });
  }

  #poke(): void {
    for (const check of this.#waiting) check();
  }

  #source(name: string): Source {
    return {
      id: sourceId(name),
      cursor: (key) => this.kept.cursors.get(key),
      accept: async (batch) => {
        await this.commit();
        this.batches.push(batch);
        this.events.push(...batch.events);
        for (const [key, value] of Object.entries(batch.cursor ?? {})) {
          if (value === null) this.kept.cursors.delete(key);
          else this.kept.cursors.set(key, value);
        }
        this.#poke();
      },
    };
  }
}

/** An attempt with a key of its own. */
export function attempt(signal: AbortSignal = AbortSignal.timeout(5000)): Attempt {
  const key = `k${Math.random().toString(36).slice(2)}`.padEnd(25, "0").slice(0, 25);
  return { key, number: 1, firstAt: Date.now(), notes: null, note: async () => {}, signal };
}
