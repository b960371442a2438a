import assert from "node:assert/strict";
import { toPlain } from "@bridgebox/core/richtext";
import type { MessageEvent } from "@bridgebox/core/adapter";
import type { MemoryHost } from "@bridgebox/core/testing";
import { showPresence } from "../../../test/networks/discord/presence.ts";
import { story } from "./testing/story.ts";

const textOf = ({ content }: MessageEvent): string =>
  content.parts.map((part) => (part.kind === "text" ? toPlain(part.text) : part.kind)).join("|");

const heard = (host: MemoryHost, text: string): Promise<MessageEvent> =>
  host.event(`the message ${text}`, (it) => it.kind === "message" && textOf(it) === text && it);

story(
  "without the Message Content Intent nothing starts, and it is named",
  async ({ server, live }) => {
    server.allowed = { members: true, content: false };
    const { host } = await live();
    assert.equal(host.states.at(-1)?.state, "needs-login");
    assert.match(
      host.states.at(-1)?.why?.message ?? "",
      /Message Content Intent.*applications\/\d+\/bot/,
    );
    assert.deepEqual(server.gateway.began, []);
  },
);

story("without the Server Members Intent it works, and says what is missing", async (fixture) => {
  const { server, bob, channel, chat, live } = fixture;
  const whole = await live();
  const can = async ({ connection }: Pick<typeof whole, "connection">) =>
    (await connection.describe(chat, AbortSignal.timeout(5000))).features.can;
  assert((await can(whole)).includes("members"));
  await whole.close();
  server.allowed = { members: false, content: true };
  const { host, connection } = await live();
  server.say(bob, channel, "hello");
  await heard(host, "hello");
  assert.match(host.log, /warn .*Server Members Intent/);
  assert.match(host.log, /oauth2\/authorize\?client_id=\d+&scope=bot&permissions=\d+/);
  assert(!("members" in connection));
  assert(!(await can({ connection })).includes("members"));
});

story(
  "an intent that is switched off while it runs is gone on without, and named in the login's state",
  async (fixture) => {
    const { server, bob, channel, chat, live } = fixture;
    const { host, connection } = await live();
    server.say(bob, channel, "before");
    await heard(host, "before");
    showPresence(server.world, bob, "online");
    await host.until(() => host.of("presence").length === 1);
    server.allowed = { members: false, content: true, presences: false };
    server.gateway.end(4014);
    await host.reached("connected", 2);
    assert.deepEqual(
      host.states.map(({ state }) => state),
      ["connected", "reconnecting", "connected"],
    );
    assert.match(
      host.states.at(-1)?.why?.message ?? "",
      /lacks the Server Members Intent, so nobody is listed, and the Presence Intent.*applications\/\d+\/bot and restart, or set member_list and presence to false/,
    );
    server.say(bob, channel, "after");
    await heard(host, "after");
    await host.until(() => host.of("presence").at(-1)?.state === "offline");
    const told = await connection.describe(chat, AbortSignal.timeout(5000));
    assert(!told.features.can.includes("members"));
    await assert.rejects(async () => {
      for await (const page of connection.members?.(chat, AbortSignal.timeout(5000)) ?? [])
        assert.fail(String(page.length));
    }, /The members were not listed: the bot lacks the Server Members Intent/);
    assert.deepEqual(server.gateway.began, ["identify", "identify"]);
  },
  { presence: true },
);

story("the Message Content Intent switched off while it runs needs a person", async (fixture) => {
  const { server, live } = fixture;
  const { host } = await live();
  server.allowed = { members: true, content: false };
  server.gateway.end(4014);
  await host.reached("needs-login");
  assert.match(host.states.at(-1)?.why?.message ?? "", /lacks the Message Content Intent – switch/);
});

story(
  "an intent that Discord refuses although it says that it allows it needs a person",
  async (fixture) => {
    const { server, live } = fixture;
    const { host } = await live();
    server.gateway.end(4014);
    await host.reached("needs-login");
    assert.match(host.states.at(-1)?.why?.message ?? "", /was not given an intent.*and restart/);
  },
);
