import { loginId, type BridgeError, type ChatRef, type LoginState } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import { MemoryHost, until } from "@bridgebox/core/testing";
import type { Token } from "../../../../test/networks/slack/index.ts";
import { socketMode } from "../api/socket.ts";
import { openApi } from "../api/web.ts";
import { askWith, Audience } from "../audience.ts";
import { Hub, type HubOptions } from "../hub.ts";
import type { Listener } from "../listener.ts";
import { People } from "../people.ts";
import { loginOf, type Fixture } from "./world.ts";

/** A login that hears by a hub, what became of it, and an end to it. */
export interface Heard extends Listener {
  readonly states: { readonly state: LoginState; readonly why: BridgeError | undefined }[];
  readonly conversations: ChatRef[];
  reached(state: LoginState, times?: number): Promise<void>;
  leave(): void;
}

export const listenerFor = (
  { server }: Fixture,
  token: Token,
  chats: readonly ChatRef[] = [],
): Heard => {
  if (token.user === undefined) throw new Error("a token of nobody");
  const { user } = token;
  const end = new AbortController();
  const { signal } = end;
  const login = loginId(loginOf(user));
  const api = openApi(server.apiUrl, { credentials: { token: token.text }, signal });
  const states: Heard["states"] = [];
  const conversations = [...chats];
  const { host } = new MemoryHost();
  return {
    login,
    user: user.id,
    api,
    signal,
    states,
    conversations,
    view: {
      login,
      self: { user: user.id, bot: user.botId },
      workspace: server.world.team.id,
      people: new People(api.call, signal),
      log: host.log,
      position: () => undefined,
      chats: () => Promise.resolve([...conversations]),
      confirms: () => undefined,
      noteThread: () => undefined,
    },
    chats: () => Promise.resolve([...conversations]),
    state: (state, why) => states.push({ state, why }),
    reached: async (state, times = 1) => {
      await until(
        () => `${user.name} becomes ${state}; so far: ${states.map((it) => it.state).join(", ")}`,
        () => states.filter((it) => it.state === state).length >= times,
      );
    },
    leave: () => end.abort(),
  };
};

/** (live) A hub on the disk of that core, and an end to it, as when the process ends. */
export interface Box {
  readonly core: MemoryHost;
  readonly hub: Hub;
  readonly close: () => Promise<void>;
}

/** The hub of the workspace's app, by its socket. */
export const openHub = (
  { server, app }: Fixture,
  core: MemoryHost,
  more: Partial<HubOptions> = {},
): Box => {
  const { host } = core;
  const transport = socketMode({ appToken: app.app.appToken, url: server.apiUrl });
  const source = host.source("events");
  const { log, signal } = host;
  const credentials = { token: app.app.appToken };
  const audience = new Audience(askWith(openApi(server.apiUrl, { credentials, signal })));
  const hub = new Hub({ source, log, signal, transport, audience, ...more });
  return {
    core,
    hub,
    close: async () => {
      core.stop();
      await hub.closed();
      await server.until(() => server.feed.sockets === 0);
    },
  };
};

/** The texts that came in, each once: what comes again under the same key is one message. */
export const textsOf = (core: MemoryHost): readonly string[] => {
  const known = new Map(
    core.of("message").map(({ chat, key, content }) => {
      const said = content.parts.map((part) => (part.kind === "text" ? toPlain(part.text) : ""));
      return [`${chat.id} ${chat.receiver ?? ""} ${key}`, said.join("\n")] as const;
    }),
  );
  return [...known.values()];
};
