import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import type { Connection, MessageEvent, RichText } from "@bridgebox/core/adapter";
import { chatId, firstPart, loginId, userId } from "@bridgebox/core/adapter";
import type { IrcOptions } from "../../../test/networks/irc/index.ts";
import { IrcServer } from "../../../test/networks/irc/index.ts";
import { irc } from "./index.ts";
import type { Kept } from "./memory-host.ts";
import { MemoryHost, attempt } from "./memory-host.ts";

const channel = { id: chatId("#room") };

const para = (text: string): RichText => [{ t: "para", of: [{ t: "text", text }] }];

function configured(server: IrcServer, more: Readonly<Record<string, unknown>> = {}) {
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

async function serverFor(t: TestContext, options: IrcOptions = {}): Promise<IrcServer> {
  const server = await IrcServer.listen(options);
  t.after(async () => {
    await server.close();
    assert.deepEqual(server.violations, []);
  });
  return server;
}

interface Relay {
  readonly host: MemoryHost;
  readonly connection: Connection;
  readonly say: (text: string) => Promise<void>;
}

async function relayOn(
  t: TestContext,
  server: IrcServer,
  { more = {}, kept }: { more?: Readonly<Record<string, unknown>>; kept?: Kept } = {},
): Promise<Relay> {
  const host = new MemoryHost(kept);
  const network = await irc.open(host.host, configured(server, more));
  t.after(() => network.close());
  const [login] = network.standing ?? [];
  assert.ok(login);
  const connection = await network.connect({ ...login, id: loginId("net:relay") }, host.session);
  return { host, connection, say: (text) => sayAll(connection, text) };
}

async function sayAll(connection: Connection, text: string): Promise<void> {
  const speaker = { as: "self" } as const;
  const content = { parts: [{ id: firstPart, kind: "text", text: para(text) } as const] };
  const drafts = connection.plan?.({ chat: channel, speaker, content, at: 0 }) ?? [];
  for (const draft of drafts) {
    const result = await connection.send({ chat: channel, draft, speaker }, attempt());
    assert.equal(result.state, "sent");
  }
}

const messages = ({ events }: MemoryHost): MessageEvent[] =>
  events.filter((event) => event.kind === "message");

const textOf = ({ content }: MessageEvent): string => {
  const [part] = content.parts;
  assert.equal(part?.kind, "text");
  return JSON.stringify(part.text);
};

describe("a relay client", () => {
  it("carries text both ways", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host, say } = await relayOn(t, server);
    await say("hello from Matrix");
    await alice.until(({ params }) => params[1] === "hello from Matrix");
    alice.say("#room", "hello from IRC");
    const event = await host.until(() => messages(host)[0]);
    assert.equal(event.sender, userId("alice"));
    assert.deepEqual(event.chat, channel);
    assert.match(textOf(event), /hello from IRC/);
    assert.equal(messages(host).length, 1);
  });
});
