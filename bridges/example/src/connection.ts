import type { ChatInfo, Connection } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import { longest, plan, textOf } from "./format.ts";
import { message } from "./ids.ts";
import type { EchoServer, Entry, Said } from "./server.ts";
import { EchoError } from "./server.ts";

/** What one login can do. Leave a method out, and nobody is offered what it does. */
export function connect(server: EchoServer, name: string, stop: AbortController): Connection {
  const say = (said: Said, given: AbortSignal): Promise<Entry> => {
    const signal = AbortSignal.any([given, stop.signal]);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(gaveUp("no"));
      signal.addEventListener("abort", () => reject(gaveUp("unknown")));
      server.say(name, said).then(resolve, (thrown: unknown) => reject(refused(thrown)));
    });
  };
  const sent = ({ id, at }: Entry) => ({ state: "sent", sent: { id: message(id), at } }) as const;
  return {
    plan,
    send: async ({ chat, draft }, { key, signal }) =>
      sent(await say({ kind: "say", room: chat.id, key, ...textOf(draft) }, signal)),
    edit: async (id, { chat, draft }, { key, signal }) =>
      sent(await say({ kind: "edit", room: chat.id, key, id, ...textOf(draft) }, signal)),
    find: async (_order, { key }) => {
      const entry = await server.find(key).catch((cause) => Promise.reject(refused(cause)));
      return entry ? sent(entry) : { state: "absent" };
    },
    remove: async (chat, id, _by, signal) =>
      void (await say({ kind: "remove", room: chat.id, id, text: "" }, signal)),
    describe: async ({ id }) => {
      if (!server.rooms.has(id)) throw refused(new EchoError("no-room"));
      return { kind: "group", name: id, visibility: "public", features };
    },
    close: async () => stop.abort(),
  };
}

const features: ChatInfo["features"] = {
  version: "1",
  text: { max: longest, unit: "utf16", lines: "many" },
  relay: { text: "prefix", media: "prefix" },
  can: ["edit", "remove"],
  parts: [],
  media: {},
  thread: "none",
};

const gaveUp = (reached: "no" | "unknown") =>
  new BridgeError("timeout", "It was given up: the cave did not answer.", {
    reached,
    scope: "item",
  });

/** What the network says no with: what did not happen, why, and how much it closes. */
const refused = (cause: unknown): BridgeError => {
  const away = cause instanceof EchoError && cause.code === "away";
  const why = away ? "nobody is there. It is tried again" : "there is no such room or message";
  const facts = { reached: "no", scope: away ? "login" : "item", cause } as const;
  return new BridgeError(away ? "network" : "not_found", `The cave stayed silent: ${why}.`, facts);
};
