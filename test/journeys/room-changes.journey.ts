import assert from "node:assert/strict";
import { endOf, story, talkTo } from "./kit.ts";
import { asBody, until } from "../sandbox/client.ts";

const alone = { slack: true, irc: false, slackConfig: { sync: { chats: 10 } } } as const;

story("what people change in a room is changed in the channel", alone, async (stage) => {
  const { slack, slackApp } = stage;
  const me = slack.addUser("anna");
  const bob = slack.addUser("bob", { displayName: "Bob" });
  const token = slack.addToken("user", me, slackApp.app);
  const plans = slack.addChannel("plans", [bob, me], "private");
  const ana = stage.person("ana");
  await stage.box.start();
  const talk = await talkTo(stage, ana);
  await talk.ask("login slack token");
  await ana.send(talk.room, token.text);
  await talk.heard(/^Logged in as anna/);
  const room = await ana.untilInvited((one) => one !== talk.room);
  await ana.join(room);
  const features = await until("what can be done there", async () => {
    const key = `dev.bridgebox/slack/${plans.id}`;
    return ana.state(room, "com.beeper.room_features", key).catch(() => undefined);
  });
  assert.equal(features["edit"], 2);
  assert.equal(asBody(features["file"])["m.image"] !== undefined, true);

  const change = (type: string, content: object) =>
    ana.request("PUT", `/rooms/${encodeURIComponent(room)}/state/${type}/`, content);
  const topic = await change("m.room.topic", { topic: "Where to go" });
  await slack.until(() => plans.topic === "Where to go");
  assert.equal(await endOf(stage, String(topic["event_id"])), "delivered");
  await change("m.room.name", { name: "Summer plans" });
  await slack.until(() => plans.name === "summer-plans");
  await until("the name as Slack writes it", async () => {
    return (await ana.state(room, "m.room.name"))["name"] === "summer-plans";
  });
});
