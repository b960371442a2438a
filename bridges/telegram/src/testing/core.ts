import { randomUUID } from "node:crypto";
import {
  firstPart,
  loginId,
  sourceId,
  type Adapter,
  type Attempt,
  type Batch,
  type BridgeError,
  type ChatRef,
  type Connection,
  type Draft,
  type Field,
  type Json,
  type KeyValue,
  type Log,
  type LoginState,
  type LoginUi,
  type NewLogin,
  type Order,
  type Outgoing,
  type RemoteEvent,
  type Session,
  type Source,
} from "@bridgebox/core/adapter";

const deadline = 5000;

/** The first value that `look` finds; looks again at short intervals, rejects in the end. */
export const until = async <T>(look: () => T | undefined | false, what = "it"): Promise<T> => {
  const end = Date.now() + deadline;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** A store that outlives its connections, as the core's does. */
export class MemoryStore implements KeyValue {
  readonly rows = new Map<string, Json>();
  readonly secrets = new Set<string>();

  async get(key: string): Promise<Json | undefined> {
    return this.rows.get(key);
  }

  async set(
    key: string,
    value: Json | null,
    options?: { readonly secret?: boolean },
  ): Promise<void> {
    if (value === null) this.rows.delete(key);
    else this.rows.set(key, structuredClone(value));
    if (options?.secret === true) this.secrets.add(key);
  }
}

/** The core's side of one login, in memory: what was committed, what was said, what it may do. */
export class MemoryCore {
  readonly store = new MemoryStore();
  readonly cursor = new Map<string, string>();
  readonly events: RemoteEvent[] = [];
  readonly batches: Batch[] = [];
  readonly states: (readonly [LoginState, BridgeError | undefined])[] = [];
  readonly logged: string[] = [];
  readonly chats: ChatRef[] = [];
  /** Makes `accept` reject, as a core without room does. */
  refuse: Error | undefined;

  session<A extends Json>(signal: AbortSignal): Session<A> {
    const source: Source = {
      id: sourceId("updates"),
      cursor: (name) => this.cursor.get(name),
      accept: async (batch) => this.#accept(batch),
    };
    return {
      source: () => source,
      store: this.store,
      log: this.#log(),
      signal,
      state: (state, why) => void this.states.push([state, why]),
      saveAccount: async () => undefined,
      chats: async () => this.chats,
      media: {
        open: async () => Promise.reject(new Error("no media")),
        publicUrl: () => undefined,
      },
    };
  }

  of<K extends RemoteEvent["kind"]>(kind: K): Extract<RemoteEvent, { kind: K }>[] {
    return this.events.filter(
      (event): event is Extract<RemoteEvent, { kind: K }> => event.kind === kind,
    );
  }

  async #accept(batch: Batch): Promise<void> {
    await Promise.resolve();
    if (this.refuse !== undefined) throw this.refuse;
    this.batches.push(structuredClone(batch));
    this.events.push(...structuredClone(batch.events));
    for (const [name, value] of Object.entries(batch.cursor ?? {})) {
      if (value === null) this.cursor.delete(name);
      else this.cursor.set(name, value);
    }
  }

  #log(): Log {
    const write = (message: string, data?: unknown) =>
      void this.logged.push(`${message} ${JSON.stringify(data ?? {})}`);
    return { debug: write, info: write, warn: write, error: write };
  }
}

/** A login that is connected, and what belongs to it. */
export interface Live {
  readonly core: MemoryCore;
  readonly connection: Connection;
  close(): Promise<void>;
}

/** Connects a login as the core would; the same `core` again is the same login after a restart. */
export const connect = async <C, A extends Json>(
  adapter: Adapter<C, A>,
  {
    config,
    login,
    core = new MemoryCore(),
  }: {
    readonly config: C;
    readonly login: NewLogin<A>;
    readonly core?: MemoryCore;
  },
): Promise<Live> => {
  const stop = new AbortController();
  const session = core.session<A>(stop.signal);
  const network = await adapter.open(session, config);
  const connection = await network.connect({ ...login, id: loginId(`tg:${login.id}`) }, session);
  const close = async () => {
    await connection.close();
    await network.close();
    stop.abort();
  };
  return { core, connection, close };
};

/** Answers a login's questions by key; a list is answered one after the other. */
export const answering = (
  answers: Readonly<Record<string, string | readonly (string | (() => string))[] | (() => string)>>,
  said: string[] = [],
): LoginUi => {
  const left = new Map(
    Object.entries(answers).map(([key, each]) => [
      key,
      typeof each === "string" || typeof each === "function" ? [each] : [...each],
    ]),
  );
  const answer = ({ key }: Field): readonly [string, string] => {
    const list = left.get(key) ?? [];
    const next = list.length > 1 ? list.shift() : list[0];
    if (next === undefined) throw new Error(`nobody answers ${key}`);
    return [key, typeof next === "function" ? next() : next];
  };
  return {
    ask: async (fields, say) => {
      if (say !== undefined) said.push(say);
      return Object.fromEntries(fields.map(answer)) as never;
    },
    show: () => ({ done: new AbortController().signal, close: () => undefined }),
    redirect: async () => Promise.reject(new Error("no redirect")),
    cookies: async () => Promise.reject(new Error("no cookies")),
  };
};

/** A text as the core would hand it to `plan`. */
export const outgoing = (chat: ChatRef, text: string): Outgoing => ({
  chat,
  speaker: { as: "self" },
  at: Date.now(),
  content: {
    parts: [{ id: firstPart, kind: "text", text: [{ t: "para", of: [{ t: "text", text }] }] }],
  },
});

/** The orders of one outgoing message. */
export const ordersFor = (connection: Connection, message: Outgoing): Order[] =>
  (connection.plan?.(message) ?? []).map((draft: Draft) => ({
    chat: message.chat,
    draft,
    speaker: message.speaker,
  }));

/** The first attempt of a send, whose notes stay. */
export const attempt = (signal: AbortSignal = AbortSignal.timeout(deadline)): Attempt => {
  let notes: Json | null = null;
  return {
    key: randomUUID().replaceAll("-", "").slice(0, 25),
    number: 1,
    firstAt: Date.now(),
    get notes() {
      return notes;
    },
    note: async (data) => {
      notes = data;
    },
    signal,
  };
};
