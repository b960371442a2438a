import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DiscordServer } from "../../../test/networks/discord/index.ts";
import { check } from "./check.ts";
import { discord } from "./index.ts";
import { configFor } from "./testing/fixture.ts";

let server: DiscordServer;
before(async () => (server = await DiscordServer.listen()));
after(async () => {
  await server.close();
  assert.deepEqual(server.violations, []);
});

const findings = async (more: object) => {
  const parsed = discord.config.parse({ ...configFor(server), ...more });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return check(parsed.value, AbortSignal.timeout(10_000));
};

const states = async (more: object) =>
  (await findings(more)).map(({ what, state }) => `${what} ${state}`);

test("says which intents the bot has, and opens no gateway", async () => {
  const { token } = server;
  assert.deepEqual(await states({ token }), ["bot token ok", "message content ok", "members ok"]);
  server.allowed = { members: false, content: false };
  const [, content, members] = await findings({ token });
  assert.equal(content?.state, "failed");
  assert.match(content?.fix ?? "", /applications\/\d+\/bot/);
  assert.equal(members?.state, "warning");
  assert.match((await states({ token, member_list: false })).join(), /members skipped/);
  const [, , , presence] = await findings({ token, presence: true });
  assert.equal(presence?.state, "warning");
  assert.match(presence?.fix ?? "", /bot, or set presence to false/);
  server.allowed = { members: true, content: true, presences: true };
  assert.match((await states({ token, presence: true })).join(), /presence ok/);
  server.uses.endpoint = "https://bots.example.org/";
  const [, , , commands] = await findings({ token });
  server.uses.endpoint = null;
  assert.equal(commands?.state, "warning");
  assert.match(commands?.fix ?? "", /information, or .* direct message/);
  assert.deepEqual(server.gateway.began, []);
});

test("a token that Discord does not know, and none", async () => {
  const token = server.token.replace(/.{4}$/, "zzzz");
  const [wrong] = await findings({ token });
  assert.equal(wrong?.state, "failed");
  assert.match(wrong?.fix ?? "", /Make a new token/);
  assert.ok(!JSON.stringify(wrong).includes(token));
  assert.deepEqual(await states({}), ["bot token skipped"]);
});
