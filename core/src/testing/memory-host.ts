import { BridgeError, sourceId } from "../adapter/index.ts";
import type {
  Attempt,
  Batch,
  ChatRef,
  Host,
  Json,
  LoginState,
  MediaRef,
  RemoteEvent,
  Session,
  Source,
} from "../adapter/index.ts";
import { until } from "./until.ts";

/** What the disk of a box would keep: give it to the next `MemoryHost` to play a restart. */
export interface Kept {
  readonly store: Map<string, Json>;
  readonly cursors: Map<string, string>;
  /** The keys of `store` that were to be encrypted. */
  readonly secrets: Set<string>;
  account: Json | undefined;
}

export const nothingKept = (): Kept => ({
  store: new Map(),
  cursors: new Map(),
  secrets: new Set(),
  account: undefined,
});

/** A file that waits to be sent, and what goes wrong with it. */
export interface HeldFile {
  readonly name: string;
  readonly mime: string;
  /** Bytes after which it breaks off. */
  readonly breaksAfter?: number;
  /** Why it is not opened. */
  readonly refuses?: BridgeError;
}

/** The core as an adapter sees it, in memory: one process life, for one network and its logins. */
export class MemoryHost {
  /** Everything accepted, in order. */
  readonly events: RemoteEvent[] = [];
  readonly batches: Batch[] = [];
  readonly states: { readonly state: LoginState; readonly why: BridgeError | undefined }[] = [];
  readonly logged: { readonly level: string; readonly text: string }[] = [];
  /** Whether the box has a public address. */
  hasLinks = true;
  /** What becomes of a text that is to be a file. */
  keeping = (text: string, name: string): Promise<MediaRef> =>
    Promise.resolve(this.file(Buffer.from(text), { name, mime: "text/plain" }));
  /** What `session.chats()` says. */
  readonly chats: ChatRef[] = [];
  readonly kept: Kept;
  readonly #files: (HeldFile & { readonly bytes: Uint8Array })[] = [];
  /** What stands before each commit: reject or hang here to play a full disk or a crash. */
  beforeCommit: (batch: Batch) => Promise<void> = () => Promise.resolve();
  readonly #stop = new AbortController();
  readonly #sources = new Map<string, Source>();

  constructor(kept: Kept = nothingKept()) {
    this.kept = kept;
  }

  get host(): Host {
    const note =
      (level: string) =>
      (text: string, data: unknown = {}) =>
        this.logged.push({ level, text: `${text} ${JSON.stringify(data)}` });
    return {
      source: (name) => this.#source(name),
      store: {
        get: (key) => Promise.resolve(structuredClone(this.kept.store.get(key))),
        set: (key, value, options) => {
          if (value === null) this.kept.store.delete(key);
          else this.kept.store.set(key, structuredClone(value));
          if (options?.secret === true) this.kept.secrets.add(key);
          return Promise.resolve();
        },
      },
      log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
      signal: this.#stop.signal,
    };
  }

  session<Account extends Json>(): Session<Account> {
    return {
      ...this.host,
      state: (state, why) => this.states.push({ state, why }),
      saveAccount: (account) => {
        this.kept.account = structuredClone(account);
        return Promise.resolve();
      },
      chats: () => Promise.resolve([...this.chats]),
      media: {
        open: async (media) => {
          const file = this.#held(media);
          if (file === undefined || file.refuses) throw file?.refuses ?? noFile();
          const { name, mime, bytes } = file;
          return { body: streamOf(file), size: bytes.length, mime, name };
        },
        publicUrl: (media) => {
          const file = this.#held(media);
          return file && `https://files.example/${encodeURIComponent(file.name)}`;
        },
        links: this.hasLinks,
        keep: (text, name) => this.keeping(text, name),
      },
    };
  }

  /** A file that came from Matrix: what a part that is to be sent points to. */
  file(bytes: Uint8Array, held: HeldFile): MediaRef {
    this.#files.push({ ...held, bytes });
    const { name, mime } = held;
    return { locator: { held: this.#files.length - 1 }, name, mime, size: bytes.length };
  }

  #held({ locator }: MediaRef): (HeldFile & { readonly bytes: Uint8Array }) | undefined {
    if (locator === null || typeof locator !== "object" || !("held" in locator)) return undefined;
    return this.#files[Number(locator.held)];
  }

  /** Ends everything that took the host's signal. */
  stop(): void {
    this.#stop.abort();
  }

  /** Waits until the login has come to that state. */
  async reached(state: LoginState, times = 1): Promise<void> {
    const count = () => this.states.filter((it) => it.state === state).length >= times;
    await until(() => `the login becomes ${state}; ${this.#story()}`, count);
  }

  /** The events of one kind, in order. */
  of<K extends RemoteEvent["kind"]>(kind: K): Extract<RemoteEvent, { kind: K }>[] {
    type Wanted = Extract<RemoteEvent, { kind: K }>;
    return this.events.filter((event): event is Wanted => event.kind === kind);
  }

  /** What was logged, one line each. */
  get log(): string {
    return this.logged.map(({ level, text }) => `${level} ${text}`).join("\n");
  }

  /** What `look` finds, now or soon. */
  until<T>(look: () => T | undefined | false): Promise<T> {
    return until(() => `${look.toString()}; ${this.#story()}; log: ${this.log}`, look);
  }

  /** The first accepted event that fits, now or soon. */
  event<T>(what: string, look: (event: RemoteEvent) => T | undefined | false): Promise<T> {
    return until(
      () => `${what} comes in; ${this.#story()}`,
      () => {
        for (const event of this.events) {
          const found = look(event);
          if (found !== undefined && found !== false) return found;
        }
        return undefined;
      },
    );
  }

  #story(): string {
    const states = this.states.map(({ state, why }) => (why ? `${state} (${why.message})` : state));
    return `states so far: ${states.join(", ") || "none"}`;
  }

  #source(name: string): Source {
    const known = this.#sources.get(name);
    if (known) return known;
    const at = (position: string) => `${name}\n${position}`;
    const source: Source = {
      id: sourceId(name),
      cursor: (position) => this.kept.cursors.get(at(position)),
      accept: async (batch) => {
        const copy = structuredClone(batch);
        await this.beforeCommit(copy);
        this.batches.push(copy);
        this.events.push(...copy.events);
        for (const [position, value] of Object.entries(copy.cursor ?? {})) {
          if (value === null) this.kept.cursors.delete(at(position));
          else this.kept.cursors.set(at(position), value);
        }
      },
    };
    this.#sources.set(name, source);
    return source;
  }
}

const noFile = (): BridgeError =>
  new BridgeError("gone", "There is no such file.", { reached: "no", scope: "item" });

/** In small pieces, so that whoever reads it has to read on. */
const streamOf = ({
  bytes,
  breaksAfter = Infinity,
}: HeldFile & { readonly bytes: Uint8Array }): ReadableStream<Uint8Array> => {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (at >= breaksAfter) throw brokenOff();
        const next = bytes.slice(at, at + 1000);
        at += next.length;
        if (next.length > 0) controller.enqueue(next);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
};

const brokenOff = (): BridgeError =>
  new BridgeError("network", "The file broke off on its way.", { reached: "no", scope: "item" });

let attempts = 0;

/** A first attempt with a key of its own, or the next attempt of one that was made before. */
export const createAttempt = (
  before?: Attempt,
  signal: AbortSignal = AbortSignal.timeout(8000),
): Attempt => {
  attempts += 1;
  let notes = before?.notes ?? null;
  return {
    key: before?.key ?? `attempt-${String(attempts).padStart(17, "0")}`,
    number: (before?.number ?? 0) + 1,
    firstAt: before?.firstAt ?? Date.now(),
    get notes() {
      return notes;
    },
    note: (data) => {
      notes = structuredClone(data);
      return Promise.resolve();
    },
    signal,
  };
};
