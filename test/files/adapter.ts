import { Readable } from "node:stream";
import {
  BridgeError,
  chatId,
  defineAdapter,
  firstPart,
  loginId,
  messageId,
  object,
  schema,
  text,
  userId,
} from "@bridgebox/core/adapter";
import type {
  ChatInfo,
  Connection,
  Json,
  LoginFlow,
  MediaRef,
  MessageEvent,
  Order,
  Part,
  Sent,
  Session,
} from "@bridgebox/core/adapter";
import { fromPlain, toPlain } from "@bridgebox/core/richtext";
import { request } from "undici";
import type { Entry } from "./server.ts";

const lobby = { id: chatId("lobby") };
const most = 1024 * 1024 * 1024;
const config = schema({
  version: 1,
  shape: object({ url: text({ says: "Where the server is." }) }, { says: "A network of files." }),
});
type Config = { readonly url: string };
const account = schema({ version: 1, shape: object({}, { says: "A login." }) });

const info: ChatInfo = {
  kind: "group",
  name: "lobby",
  visibility: "public",
  features: {
    version: "1",
    text: { max: 4000, unit: "utf16", lines: "many" },
    relay: { text: "native", media: "native" },
    can: ["find", "open"],
    parts: ["media"],
    media: { image: { max: most, caption: 1000 }, file: { max: most, caption: 1000 } },
    thread: "none",
  },
};

const name: LoginFlow<Config, Record<string, never>> = {
  label: "By name",
  gives: "Files.",
  run: async (ui) => {
    const given = await ui.ask([{ key: "name", label: "Name", type: "text" }]);
    const user = userId(given.name);
    return [{ id: loginId(given.name), user, name: given.name, account: {}, role: "user" }];
  },
};

/** The smallest adapter that carries files: what the tests of files run in a real box. */
export const files = defineAdapter({
  id: "files",
  name: "Files",
  url: "https://files.test",
  config,
  account,
  logins: { name },
  ids: "shared",
  open: async (_host, { url }) => ({
    standing: [
      { id: loginId("relay"), user: userId("box"), name: "box", account: {}, role: "relay" },
    ],
    connect: async (login, session) => {
      const stop = new AbortController();
      const signal = AbortSignal.any([session.signal, stop.signal]);
      session.state("connected");
      void listen({ url, session, login: login.id, signal });
      return connection({ url, session, stop });
    },
    close: () => Promise.resolve(),
  }),
});

interface Side {
  readonly url: string;
  readonly session: Session<Record<string, never>>;
}

const listen = async ({
  url,
  session,
  login,
  signal,
}: Side & { readonly login: string; readonly signal: AbortSignal }): Promise<void> => {
  const source = session.source("events");
  while (!signal.aborted) {
    try {
      const since = source.cursor("seq") ?? "0";
      const answer = await fetch(`${url}/events?since=${since}`, { signal });
      for (const entry of (await answer.json()) as Entry[])
        await source.accept({
          events: [eventOf(entry)],
          seenBy: [loginId(login)],
          cursor: { seq: String(entry.seq) },
        });
    } catch (error) {
      if (!signal.aborted) session.log.warn("the files stopped coming", { why: String(error) });
      return;
    }
  }
};

const eventOf = ({ seq, text: said, file }: Entry): MessageEvent => {
  const part: Part = file
    ? {
        id: firstPart,
        kind: "media",
        as: "image",
        media: {
          locator: { path: file.path },
          name: file.name,
          mime: "image/png",
        },
        caption: fromPlain(said),
      }
    : { id: firstPart, kind: "text", text: fromPlain(said) };
  return {
    kind: "message",
    chat: lobby,
    key: `e${seq}`,
    id: messageId(`e${seq}`),
    sender: userId("finn"),
    at: Date.now(),
    content: { parts: [part] },
  };
};

const connection = ({
  url,
  session,
  stop,
}: Side & { readonly stop: AbortController }): Connection => ({
  describe: () => Promise.resolve(info),
  close: async () => stop.abort(),
  resolve: (name) => Promise.resolve({ name, chat: lobby }),
  open: async (media, signal) => {
    const answer = await fetch(url + pathOf(media), { signal });
    if (!answer.ok || !answer.body) throw lost("not_found", "There is no such file.");
    const size = Number(answer.headers.get("content-length"));
    return { body: answer.body, size };
  },
  find: async (_order, { key, signal }) => {
    const answer = await fetch(`${url}/find?key=${key}`, { signal });
    return answer.ok ? { state: "sent", sent: sentAs(key) } : { state: "absent" };
  },
  send: async ({ draft, speaker }: Order, { key, signal }) => {
    const part = draft.body as unknown as Part;
    const query = new URLSearchParams({ key, text: wordsOf(part) });
    if (speaker.as === "relay") query.set("avatar", speaker.avatarUrl ?? "");
    const [media] = draft.media ?? [];
    let body: Readable | undefined;
    if (media) {
      const file = await session.media.open(media, signal);
      query.set("name", file.name ?? "");
      body = Readable.from(file.body, { objectMode: false });
    }
    // Not by fetch, which keeps all that it has sent in case of a redirect.
    const answer = await request(`${url}/send?${query.toString()}`, {
      method: "POST",
      signal,
      body: body ?? null,
    }).catch((cause: unknown) => {
      throw cause instanceof BridgeError ? cause : away(cause);
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw lost("invalid", "The files server refused it.");
    return { state: "sent", sent: sentAs(key) };
  },
});

const sentAs = (key: string): Sent => ({ id: messageId(key) });

const wordsOf = (part: Part): string =>
  part.kind === "text"
    ? toPlain(part.text)
    : part.kind === "media"
      ? toPlain(part.caption ?? [])
      : "";

const pathOf = ({ locator }: MediaRef): string => {
  const { path } = locator as { readonly path: Json };
  return typeof path === "string" ? path : "";
};

const away = (cause: unknown): BridgeError =>
  new BridgeError("network", "The files server did not answer.", {
    reached: "unknown",
    scope: "item",
    cause,
  });

const lost = (code: "invalid" | "not_found", sentence: string): BridgeError =>
  new BridgeError(code, sentence, { reached: "no", scope: "item" });
