import assert from "node:assert/strict";
import { readStatus } from "../faults/status.ts";
import { story, talkTo } from "../journeys/kit.ts";
import { until } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";

const slackLogins = async (stage: Stage) =>
  (await readStatus(stage)).networks.find(({ id }) => id === "slack")?.logins ?? [];

const both = {
  slack: true,
  rooms: [
    { room: "#irc:sandbox.test", chats: ["irc #lobby"] },
    { room: "#slack:sandbox.test", chats: ["slack #lobby"] },
  ],
} as const;

story(
  "a token that is revoked at the start: its network says so, and the others start",
  both,
  async (stage) => {
    const { slack, slackApp, irc, box } = stage;
    slackApp.botToken.revoked = true;
    const channel = slack.addChannel("lobby", [slack.addUser("erin"), slackApp.bot]);
    const carl = await irc.user("carl");
    await carl.join("#lobby");
    const ana = stage.person("ana");
    await ana.setDisplayname("Ana");
    const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "irc" });
    const dead = await ana.createRoom({ preset: "public_chat", room_alias_name: "slack" });
    await box.start();
    await box.until((log) => log.includes("is bound"));

    carl.say("#lobby", "IRC is there");
    await ana.untilText(room, "IRC is there");
    await ana.send(room, "and Matrix is");
    await carl.until(({ params }) => params.at(-1) === "<Ana> and Matrix is");

    const [login] = await until("Slack says that it is over", async () => {
      const logins = await slackLogins(stage);
      return logins.every(({ state }) => state === "needs-login") && logins.length > 0 && logins;
    });
    assert.match(
      String(login?.why),
      /does not take this login any more – put a new bot_token into the config/,
    );
    assert.equal(channel.posts.length, 0);
    assert.ok(!box.log.includes(slackApp.botToken.text), "the token is in no log");
    assert.ok(!JSON.stringify(ana.seen).includes(slackApp.botToken.text), "nor in a room");

    slackApp.botToken.revoked = false;
    await box.stop();
    await box.start();
    await until("Slack is there", async () =>
      (await slackLogins(stage)).some(({ state }) => state === "connected"),
    );
    await box.until((log) => log.split("is bound").length > 2);
    await ana.send(dead, "at last");
    await slack.until(() => channel.posts.some(({ text }) => text === "at last"));
  },
);

story(
  "a person's token that is revoked: its login says so, and the app goes on",
  both,
  async (stage) => {
    const { slack, slackApp } = stage;
    const [me, erin] = [slack.addUser("anna"), slack.addUser("erin")];
    const channel = slack.addChannel("lobby", [erin, me, slackApp.bot]);
    const [ana, bob] = [stage.person("ana"), stage.person("bob")];
    await ana.createRoom({ preset: "public_chat", room_alias_name: "irc" });
    const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "slack" });
    await bob.join(room);
    await stage.box.start();
    const talk = await talkTo(stage, ana);
    const token = slack.addToken("user", me, slackApp.app);
    await talk.ask("login slack token");
    await ana.send(talk.room, token.text);
    await talk.heard(/^Logged in as anna/);
    await stage.box.until((log) =>
      new RegExp(`"login":"slack:T0TEAM001-${me.id}","state":"connected"`).test(log),
    );
    await ana.send(room, "as myself");
    await slack.until(() =>
      channel.posts.some(({ user, text }) => user === me && /self/.test(text)),
    );

    slack.revoke(token);
    await until("her login is over", async () =>
      (await slackLogins(stage)).some(({ state }) => state === "needs-login"),
    );
    assert.match(
      await talk.ask("status"),
      /anna.*Needs you – .*Slack ended this login – log in again/,
    );
    await bob.send(room, "the app still speaks");
    const post = await slack.until(() => channel.posts.find(({ text }) => text.includes("still")));
    assert.equal(post.botId, slackApp.bot.botId);
    slack.say(erin, channel, "and still listens");
    await ana.untilText(room, "and still listens");
    assert.ok(!stage.box.log.includes(token.text), "the token is in no log");
  },
);
