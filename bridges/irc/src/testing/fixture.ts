import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Attempt, Connection, MessageEvent, Network, RichText } from "@bridgebox/core/adapter";
import { chatId, firstPart, loginId, userId } from "@bridgebox/core/adapter";
import type { Kept } from "@bridgebox/core/testing";
import { createAttempt, MemoryHost } from "@bridgebox/core/testing";
import type { IrcOptions } from "../../../../test/networks/irc/index.ts";
import { IrcServer } from "../../../../test/networks/irc/index.ts";
import type { IrcAccount } from "../config.ts";
import { irc } from "../index.ts";

export const channel = { id: chatId("#room") };

const para = (text: string): RichText => [{ t: "para", of: [{ t: "text", text }] }];

interface Place {
  readonly host: string;
  readonly port: number;
}

export function configured(server: Place, more: Readonly<Record<string, unknown>> = {}) {
  const parsed = irc.config.parse({
    server: server.host,
    port: server.port,
    tls: false,
    nick: "bridge",
    channels: ["#room"],
    flood: "off",
    ...more,
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

/** A server that ends with the test and with no line that was wrong. */
export async function serverFor(t: TestContext, options: IrcOptions = {}): Promise<IrcServer> {
  const server = await IrcServer.listen(options);
  t.after(async () => {
    await server.close();
    assert.deepEqual(server.violations, []);
  });
  return server;
}

/** What clients other than people of the test sent that begins with a command. */
export const lined = (server: IrcServer, verb: string): readonly string[] =>
  server.lines.filter(({ line }) => line.startsWith(verb)).map(({ line }) => line);

export interface Joined {
  readonly host: MemoryHost;
  readonly network: Network<IrcAccount>;
  readonly connection: Connection;
  readonly say: (text: string, tone?: "normal" | "notice" | "action") => Promise<void>;
  readonly send: (text: string, with_?: Attempt) => Promise<unknown>;
}

const speaker = { as: "self" } as const;

function speaking(connection: Connection) {
  const plan = (text: string, tone: "normal" | "notice" | "action" = "normal") =>
    connection.plan?.({
      chat: channel,
      speaker,
      content: { parts: [{ id: firstPart, kind: "text", text: para(text), tone }] },
      at: 0,
    }) ?? [];
  return {
    say: async (text: string, tone?: "normal" | "notice" | "action") => {
      for (const draft of plan(text, tone)) {
        const result = await connection.send({ chat: channel, draft, speaker }, createAttempt());
        assert.equal(result.state, "sent");
      }
    },
    send: (text: string, how: Attempt = createAttempt()) => {
      const [draft] = plan(text);
      assert.ok(draft);
      return connection.send({ chat: channel, draft, speaker }, how);
    },
  };
}

/** The relay client, registered and in its channel. */
export async function relayOn(
  t: TestContext,
  server: Place,
  { more = {}, kept }: { more?: Readonly<Record<string, unknown>>; kept?: Kept } = {},
): Promise<Joined> {
  const host = new MemoryHost(kept);
  const network = await irc.open(host.host, configured(server, more));
  t.after(() => network.close());
  const [login] = network.standing ?? [];
  assert.ok(login);
  const connection = await network.connect({ ...login, id: loginId("net:relay") }, host.session());
  const there = ({ kind }: { readonly kind: string }) => kind === "members";
  if (more["channels"] === undefined) await host.until(() => host.events.find(there));
  return { host, network, connection, ...speaking(connection) };
}

/** A person's own client on the network of that relay. */
export async function puppetOn(
  t: TestContext,
  { network }: Joined,
  account: IrcAccount,
  kept?: Kept,
): Promise<Joined> {
  const host = new MemoryHost(kept);
  const id = account.nick.toLowerCase();
  const login = { id: loginId(`net:${id}`), user: userId(id), account, role: "user" as const };
  const connection = await network.connect(login, host.session());
  t.after(() => connection.close());
  return { host, network, connection, ...speaking(connection) };
}

export const messages = ({ events }: MemoryHost): MessageEvent[] =>
  events.filter((event) => event.kind === "message");

/** The text of a message, as JSON of its tree. */
export const textOf = ({ content }: MessageEvent): string => {
  const [part] = content.parts;
  assert.equal(part?.kind, "text");
  return JSON.stringify(part.text);
};
