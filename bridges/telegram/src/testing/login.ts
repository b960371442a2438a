import {
  firstPart,
  loginId,
  type Adapter,
  type ChatRef,
  type Connection,
  type Draft,
  type Field,
  type Json,
  type LoginUi,
  type MediaRef,
  type NewLogin,
  type Order,
  type Outgoing,
} from "@bridgebox/core/adapter";
import { MemoryHost } from "@bridgebox/core/testing";

/** A login that is connected, and what belongs to it. */
export interface Live {
  readonly core: MemoryHost;
  readonly connection: Connection;
  /** The files that the core has for this login, by the locator's text. */
  readonly shelf: Map<string, Shelved>;
  close(): Promise<void>;
}

/** A file as a stream; `size` absent = unknown. */
export interface Shelved {
  readonly size?: number;
  readonly body: () => ReadableStream<Uint8Array>;
}

/** A file of these bytes on the shelf, as a draft names it. */
export const shelve = (
  { shelf }: Pick<Live, "shelf">,
  name: string,
  bytes: Buffer,
  more: Partial<MediaRef> = {},
): MediaRef => {
  shelf.set(JSON.stringify(name), { size: bytes.length, body: () => ReadableStream.from([bytes]) });
  return { locator: name, name, size: bytes.length, ...more };
};

/** Connects a login as the core would; the same `core` again is the same login after a restart. */
export const connect = async <C, A extends Json>(
  adapter: Adapter<C, A>,
  {
    config,
    login,
    core = new MemoryHost(),
  }: {
    readonly config: C;
    readonly login: NewLogin<A>;
    readonly core?: MemoryHost;
  },
): Promise<Live> => {
  const stop = new AbortController();
  const shelf = new Map<string, Shelved>();
  const media = {
    ...core.session<A>().media,
    publicUrl: () => undefined,
    open: async ({ locator }: MediaRef) => {
      const name = JSON.stringify(locator);
      const file = shelf.get(name);
      if (file === undefined) throw new Error(`there is no file ${name}`);
      const { size, body } = file;
      return { body: body(), ...(size === undefined ? {} : { size }) };
    },
  };
  const session = { ...core.session<A>(), media, signal: stop.signal };
  const network = await adapter.open(session, config);
  const connection = await network.connect({ ...login, id: loginId(`tg:${login.id}`) }, session);
  const close = async () => {
    await connection.close();
    await network.close();
    stop.abort();
  };
  return { core, connection, shelf, close };
};

/** Answers a login's questions by key; a list is answered one after the other. */
export const answering = (
  answers: Readonly<Record<string, string | readonly (string | (() => string))[] | (() => string)>>,
  said: string[] = [],
  scan: (link: string) => void = () => undefined,
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
    show: (what) => {
      if ("qr" in what) scan(what.qr);
      return { done: new AbortController().signal, close: () => undefined };
    },
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
