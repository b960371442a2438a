import assert from "node:assert/strict";
import {
  chatId,
  firstPart,
  loginId,
  type ChatRef,
  type Connection,
  type Content,
  type MediaRef,
  type MediaStream,
  type Network,
  type NewLogin,
  type Order,
  type Speaker,
} from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { MemoryHost, until } from "@bridgebox/core/testing";
import {
  SlackServer,
  type Channel,
  type Token,
  type User,
} from "../../../../test/networks/slack/index.ts";
import type { SlackAccount, SlackConfig } from "../config.ts";
import { slack } from "../index.ts";

/** A login that is connected, as the core would see it. */
export interface Live {
  readonly core: MemoryHost;
  readonly connection: Connection;
  readonly network: Network<SlackAccount>;
  close(): Promise<void>;
}

/** A workspace with an app, two people, a channel of all, and logins that end with it. */
export interface Fixture {
  readonly server: SlackServer;
  readonly app: ReturnType<SlackServer["addApp"]>;
  readonly ana: User;
  readonly bob: User;
  readonly general: Channel;
  readonly config: SlackConfig;
  /** Files that are to be sent, by their locators: their bytes, or how they are opened. */
  readonly files: Map<string, Uint8Array<ArrayBuffer> | (() => MediaStream)>;
  /** Those that were read. */
  readonly opened: readonly string[];
  /** The app's bot, as the config declares it. */
  goLive(core?: MemoryHost): Promise<Live>;
  /** A person beside whom is connected already, on the same network. */
  join(live: Live, token: Token): Promise<Live>;
  /** A person alone, by a network without an app. */
  alone(token: Token, core?: MemoryHost): Promise<Live>;
  close(): Promise<void>;
}

export const loginOf = (user: User): string => `slack:T0TEAM001-${user.id}`;

export const chatOf = (channel: Channel): ChatRef => ({ id: chatId(channel.id) });

/** A direct conversation as that person's login names it. */
export const directOf = (channel: Channel, user: User): ChatRef => ({
  id: chatId(channel.id),
  receiver: loginId(loginOf(user)),
});

const parsed = (value: unknown): SlackConfig => {
  const config = slack.config.parse(value);
  assert(config.ok, JSON.stringify(config));
  return config.value;
};

const accountOf = (token: Token): SlackAccount => ({
  kind: token.kind === "session" ? "session" : "user",
  token: token.text,
  ...(token.cookie === undefined ? {} : { cookie: token.cookie }),
});

export const openFixture = async (
  more: Readonly<Record<string, unknown>> = {},
): Promise<Fixture> => {
  const server = await SlackServer.listen();
  const app = server.addApp();
  const ana = server.addUser("ana", { displayName: "Ana" });
  const bob = server.addUser("bob", { displayName: "Bob" });
  const general = server.addChannel("general", [bob, ana, app.bot]);
  const config = parsed({
    bot_token: app.botToken.text,
    app_token: app.app.appToken,
    client_id: app.app.clientId,
    client_secret: app.app.clientSecret,
    api_url: server.apiUrl,
    ...more,
  });
  const open: Live[] = [];
  const files: Fixture["files"] = new Map();
  const opened: string[] = [];

  const connect = async (
    { network, core }: { network: Network<SlackAccount>; core: MemoryHost },
    login: NewLogin<SlackAccount>,
  ): Promise<Live> => {
    const stop = new AbortController();
    const media = {
      ...core.session<SlackAccount>().media,
      open: async ({ locator }: MediaRef): Promise<MediaStream> => {
        const name = typeof locator === "string" ? locator : "";
        opened.push(name);
        const bytes = files.get(name) ?? new Uint8Array();
        if (typeof bytes === "function") return bytes();
        return { body: new Blob([bytes]).stream(), size: bytes.length };
      },
      publicUrl: () => undefined,
    };
    const session = { ...core.session<SlackAccount>(), signal: stop.signal, media };
    const before = core.states.length;
    const connection = await network.connect(
      { ...login, id: loginId(`slack:${login.id}`) },
      session,
    );
    const live: Live = {
      core,
      connection,
      network,
      close: async () => {
        await connection.close();
        stop.abort();
      },
    };
    open.push(live);
    await until("connecting", () =>
      core.states.slice(before).some(({ state }) => state === "connected"),
    );
    return live;
  };

  return {
    server,
    app,
    ana,
    bob,
    general,
    config,
    files,
    opened,
    goLive: async (core = new MemoryHost()) => {
      const network = await slack.open(core.host, config);
      const [login] = network.standing ?? [];
      assert(login);
      const live = await connect({ network, core }, login);
      const close = async () => {
        await live.close();
        core.stop();
        await network.close();
      };
      open.push({ ...live, close });
      return { ...live, close };
    },
    join: async ({ network }, token) => {
      assert(token.user);
      const login = {
        id: loginId(`T0TEAM001-${token.user.id}`),
        user: token.user.id,
        name: token.user.name,
        account: accountOf(token),
        role: "user",
      } as unknown as NewLogin<SlackAccount>;
      return connect({ network, core: new MemoryHost() }, login);
    },
    alone: async (token, core = new MemoryHost()) => {
      assert(token.user);
      const network = await slack.open(core.host, parsed({ api_url: server.apiUrl }));
      const login = {
        id: loginId(`T0TEAM001-${token.user.id}`),
        user: token.user.id,
        name: token.user.name,
        account: accountOf(token),
        role: "user",
      } as unknown as NewLogin<SlackAccount>;
      return connect({ network, core }, login);
    },
    close: async () => {
      for (const live of open) await live.close();
      await server.close();
      assert.deepEqual(server.violations, []);
    },
  };
};

/** A message of one text. */
export const said = (text: string, more: Partial<Content> = {}): Content => ({
  parts: [{ id: firstPart, kind: "text", text: fromPlain(text) }],
  ...more,
});

/** The orders of one outgoing message. */
export const ordersFor = (
  { connection }: Live,
  {
    chat,
    content,
    speaker = { as: "self" },
  }: { readonly chat: ChatRef; readonly content: Content; readonly speaker?: Speaker },
): readonly Order[] =>
  (connection.plan?.({ chat, speaker, content, at: Date.now() }) ?? []).map((draft) => ({
    chat,
    draft,
    speaker,
  }));

/** The only one of them. */
export const orderFor = (...args: Parameters<typeof ordersFor>): Order => {
  const [order, ...more] = ordersFor(...args);
  assert(order && more.length === 0, "one draft");
  return order;
};
