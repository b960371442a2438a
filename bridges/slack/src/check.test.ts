import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SlackServer } from "../../../test/networks/slack/index.ts";
import { check } from "./check.ts";
import { slack } from "./index.ts";

let server: SlackServer;
before(async () => (server = await SlackServer.listen()));
after(() => server.close());

const findings = async (more: Readonly<Record<string, string>>) => {
  const parsed = slack.config.parse({ api_url: server.apiUrl, ...more });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return check(parsed.value, AbortSignal.timeout(10_000));
};

test("an app that is right, and a scope that it lacks", async () => {
  const { app, botToken } = server.addApp();
  const tokens = { bot_token: botToken.text, app_token: app.appToken };
  const good = await findings(tokens);
  assert.deepEqual(
    good.map(({ what, state }) => [what, state]),
    [
      ["bot token", "ok"],
      ["app token", "ok"],
    ],
  );
  botToken.scopes.delete("chat:write.customize");
  const [, lacking] = await findings(tokens);
  assert.equal(lacking?.state, "warning");
  assert.match(lacking?.says ?? "", /chat:write\.customize/);
});

test("tokens that Slack does not know, and none at all", async () => {
  const wrong = await findings({ bot_token: "xoxb-hunter2", app_token: "xapp-hunter2" });
  assert.deepEqual(
    wrong.map(({ state, fix }) => [state, /api\.slack\.com/.test(fix ?? "")]),
    [
      ["failed", true],
      ["failed", true],
    ],
  );
  assert.doesNotMatch(JSON.stringify(wrong), /hunter2/);
  const none = await findings({});
  assert.deepEqual(
    none.map(({ state }) => state),
    ["skipped"],
  );
});

test("a Slack that is not reached is not the token's fault", async () => {
  const gone = await SlackServer.listen();
  await gone.close();
  const tokens = { bot_token: "xoxb-hunter2", app_token: "xapp-hunter2" };
  for (const { state, fix } of await findings({ ...tokens, api_url: gone.apiUrl })) {
    assert.equal(state, "failed");
    assert.match(fix ?? "", /^Look whether this machine reaches Slack/);
  }
});
