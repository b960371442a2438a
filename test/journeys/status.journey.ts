import assert from "node:assert/strict";
import { asBody, call, listOf, until } from "../sandbox/client.ts";
import { statePlace } from "../stage/state-place.ts";
import { changeConfig, logInToIrc, onIrc, story, talkTo } from "./kit.ts";

story(
  "a person whose token was revoked is told where they logged in, and there that all is well again",
  { slack: true, irc: false },
  async (stage) => {
    const { slack, slackApp } = stage;
    const me = slack.addUser("anna");
    const token = slack.addToken("user", me, slackApp.app);
    const ana = stage.person("ana");
    await stage.box.start();
    const talk = await talkTo(stage, ana);
    assert.match(await talk.ask("login slack token"), /token/i);
    await ana.send(talk.room, token.text);
    await talk.heard(/^Logged in as anna/);
    await stage.box.until((log) => /"login":"slack:T0TEAM001-[^"]*","state":"connected"/.test(log));
    slack.revoke(token);
    const line = await ana.until(({ content }) => /needs you/.test(String(content["body"])));
    assert.equal(line.room_id, talk.room);
    assert.match(
      String(line.content["body"]),
      /^anna.* on Slack needs you\. .*Nothing passes until you say here: relogin slack:T0TEAM001-\S+$/,
    );
    const asked = /relogin \S+$/.exec(String(line.content["body"]))?.[0] ?? "";
    await talk.ask(`${asked} token`);
    await ana.send(talk.room, slack.addToken("user", me, slackApp.app).text);
    const edit = await ana.until(({ content }) => content["m.new_content"] !== undefined);
    assert.match(String(asBody(edit.content["m.new_content"])["body"]), /is connected again/);
    assert.deepEqual(edit.content["m.relates_to"], {
      rel_type: "m.replace",
      event_id: line.event_id,
    });
  },
);

story(
  "a cut network is told alike by the bot, the posted state, the status API and the metrics; so is its return",
  {},
  async (stage) => {
    const place = await statePlace();
    try {
      changeConfig(stage, (config) => ({ ...config, status: { endpoint: place.url } }));
      await stage.box.start();
      const ana = stage.person("ana");
      const talk = await logInToIrc(stage, ana, "AnaIrc");
      const login = "irc:anairc";
      const states = async (): Promise<readonly unknown[]> => {
        const at = { url: stage.boxUrl, token: stage.statusToken };
        const { body } = await call(at, "GET", "/_bridgebox/v1/status");
        const logins = listOf(body, "networks").flatMap((one) => listOf(one, "logins"));
        const metrics = await (await fetch(`${stage.boxUrl}/metrics`)).text();
        return [
          place.of(login),
          logins.find((one) => one["login"] === login)?.["state"],
          /bridge_login_state\{network="irc",state="reconnecting"\} (\d+)/.exec(metrics)?.[1] ??
            "0",
        ];
      };
      const agree = (wanted: readonly unknown[]): Promise<unknown> =>
        until(`all say ${wanted.join()}`, async () => {
          const now = await states();
          return JSON.stringify(now) === JSON.stringify(wanted);
        });
      await agree(["CONNECTED", "connected", "0"]);
      const numbers = await (await fetch(`${stage.boxUrl}/metrics`)).text();
      assert.match(numbers, /^bridge_remote_ghosts 2$/m, "the relay and Ana's");
      assert.match(numbers, /^bridge_matrix_ghosts \d+$/m);
      await stage.irc.stop();
      await talk.heard(/^AnaIrc on IRC is not connected\. .*waits, and passes when it is back/);
      await agree(["TRANSIENT_DISCONNECT", "reconnecting", "2"]);
      await stage.irc.start();
      await talk.heard(/^\* \u2713 AnaIrc on IRC is connected again/);
      await agree(["CONNECTED", "connected", "0"]);
      assert.deepEqual(place.box(), ["STARTING", "RUNNING"]);
    } finally {
      place.close();
    }
  },
);

story(
  "how far each message has come is posted and told in its room, over an outage of the network too",
  { config: { status: { receipts: true, events: true } } },
  async (stage) => {
    const place = await statePlace();
    try {
      const { irc } = stage;
      changeConfig(stage, (config) => ({
        ...config,
        status: { ...asBody(config["status"]), checkpoints: place.url },
      }));
      const { ana, room } = await onIrc(stage);
      const first = await ana.send(room, "are you there?");
      const arrived = (event: string) => (): boolean =>
        place.steps(event).includes("REMOTE SUCCESS");
      await until("the first has arrived", arrived(first));
      await irc.until((it) => it.said("#lobby").length > 0, 20_000);
      const bot = `@bridgebox:${stage.domain}`;
      await ana.until(
        ({ type, content }) =>
          type === "m.receipt" && JSON.stringify(content[first] ?? "").includes(bot),
      );
      const told = await ana.until(({ type }) => type === "com.beeper.message_send_status");
      assert.equal(told.sender, bot);
      assert.deepEqual(
        [told.content["status"], told.content["network"], told.content["m.relates_to"]],
        ["SUCCESS", "irc", { rel_type: "m.reference", event_id: first }],
      );
      assert.equal(place.steps(first)[0], "BRIDGE SUCCESS");
      const numbers = await (await fetch(`${stage.boxUrl}/metrics`)).text();
      assert.match(numbers, /^bridge_remote_api_calls\{network="irc",method="send"\} 1$/m);
      assert.match(numbers, /^bridge_active_users\{remote="false"\} 1$/m);
      const before = stage.box.log.length;
      await irc.stop();
      await stage.box.until((log) => log.includes('"state":"reconnecting"', before));
      const second = await ana.send(room, "and now?");
      await until("the second waits", () => place.steps(second).includes("REMOTE WILL_RETRY"));
      await irc.start();
      await until("the second has arrived", arrived(second));
      assert.equal(place.steps(second).filter((step) => step === "REMOTE SUCCESS").length, 1);
    } finally {
      place.close();
    }
  },
);
