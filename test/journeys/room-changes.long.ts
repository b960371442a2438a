import assert from "node:assert/strict";
import { endOf, logInToIrc, membershipOf, story, talkTo } from "./kit.ts";
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

const own = { ircConfig: { relay_note: false } } as const;

story("whoever is invited into the room of a channel is invited on IRC", own, async (stage) => {
  const { irc, domain } = stage;
  const dora = await irc.user("dora");
  const erik = await irc.user("erik");
  for (const one of [dora, erik]) await one.join("#us");
  await stage.box.start();
  const [ana, eve] = [stage.person("ana"), stage.person("eve")];
  await logInToIrc(stage, ana, "AnaIrc");
  const room = await ana.join(`#irc_#us:${domain}`);
  await eve.join(room);
  dora.say("#us", "I am off");
  await ana.untilText(room, "I am off");
  await dora.part("#us");
  const ghost = `@irc_dora:${domain}`;
  const standing = (now: string) =>
    until(`Dora: ${now}`, async () => (await membershipOf(ana, room, ghost)) === now);
  await standing("leave");

  await eve.invite(room, ghost);
  await eve.until(
    (e) =>
      e.room_id === room &&
      /invitation did not reach irc.*only who is logged in/.test(String(e.content["body"])),
  );
  await standing("leave");
  await ana.invite(room, ghost);
  await dora.until((line) => line.command === "INVITE" && line.params.at(-1) === "#us");
  await standing("invite");
  await dora.join("#us");
  await standing("join");

  erik.say("#us", "bye");
  await ana.untilText(room, "bye");
  await erik.quit();
  const gone = `@irc_erik:${domain}`;
  await until("Erik is gone", async () => (await membershipOf(ana, room, gone)) === "leave");
  await ana.invite(room, gone);
  await ana.until(
    (e) => e.room_id === room && /nobody is called that/.test(String(e.content["body"])),
  );
  await until("no invitation stays", async () => (await membershipOf(ana, room, gone)) === "leave");
});

const telegramAlone = { telegram: true, irc: false } as const;

story("a group is renamed and described from its room", telegramAlone, async (stage) => {
  const { telegram } = stage;
  const me = telegram.addUser({ phone: "15550009", firstName: "Ana" });
  const eve = telegram.addUser({ phone: "15550003", firstName: "Eve" });
  const club = telegram.addSupergroup("Club", [me, eve]);
  const ana = stage.person("ana");
  await stage.box.start();
  const talk = await talkTo(stage, ana);
  await talk.ask("login telegram phone");
  await talk.ask("+15550009");
  await talk.ask(telegram.code("15550009"));
  telegram.say(eve, club, "hello");
  const room = await ana.untilInvited((one) => one !== talk.room);
  await ana.join(room);
  await ana.untilText(room, "hello");

  const change = async (type: string, content: object): Promise<string> => {
    const path = `/rooms/${encodeURIComponent(room)}/state/${type}/`;
    return String((await ana.request("PUT", path, content))["event_id"]);
  };
  const renamed = await change("m.room.name", { name: "The club" });
  await telegram.until(() => club.title === "The club");
  assert.equal(await endOf(stage, renamed), "delivered");
  const described = await change("m.room.topic", { topic: "Where we meet" });
  await telegram.until(() => club.about === "Where we meet");
  assert.equal(await endOf(stage, described), "delivered");
  const features = await ana.state(
    room,
    "com.beeper.room_features",
    `dev.bridgebox/telegram/channel:${club.id}`,
  );
  assert.equal(asBody(features["member_actions"])["kick"], 2);
});
