import assert from "node:assert/strict";
import type { TelegramServer } from "../networks/telegram/index.ts";
import { asBody } from "../sandbox/client.ts";
import type { SeenEvent } from "../sandbox/client.ts";
import { endOf, onTelegram, membershipOf, story, talkTo } from "./kit.ts";

const alone = { telegram: true, irc: false } as const;

/** Calls of the box that change something on the network. */
const writes = ({ calls }: TelegramServer): readonly string[] =>
  calls
    .map(({ name }) => name)
    .filter(
      (name) => /Send|Edit|Delete|Reaction|Read|Forward/.test(name) && !/Typing|\.Get/.test(name),
    );

const relation = (event: SeenEvent): Record<string, unknown> =>
  asBody(event.content["m.relates_to"]);

story(
  "what a person does with their telephone is theirs in the room, and nothing of it goes back",
  { ...alone, doublePuppet: "known" },
  async (stage) => {
    const { telegram } = stage;
    const { me, bob, ana, talk } = await onTelegram(stage);
    const before = writes(telegram).length;

    const post = telegram.say(me, bob, "from my telephone");
    const shown = await ana.until(({ content }) => content["body"] === "from my telephone");
    assert.equal(shown.sender, ana.userId);
    assert.equal(shown.content["fi.mau.double_puppet_source"], "bridgebox");
    const room = shown.room_id;
    assert.notEqual(room, talk.room);
    assert.equal(await membershipOf(ana, room, ana.userId), "join", "the invitation was taken");

    telegram.edit(post, "from my new telephone");
    const edit = await ana.until((event) => relation(event)["event_id"] === shown.event_id);
    assert.deepEqual([edit.sender, relation(edit)["rel_type"]], [ana.userId, "m.replace"]);

    const hi = telegram.say(bob, me, "hi Ana");
    const answer = await ana.untilText(room, "hi Ana");
    telegram.people.read(me, hi);
    await ana.until(
      ({ type, content }) =>
        type === "m.receipt" && JSON.stringify(content[answer.event_id] ?? "").includes(ana.userId),
    );
    telegram.people.react(hi, me, "👍");
    const reaction = await ana.until(
      (event) => event.type === "m.reaction" && relation(event)["event_id"] === answer.event_id,
    );
    assert.equal(reaction.sender, ana.userId);
    telegram.people.react(hi, me);
    await ana.until((event) => redacts(event) === reaction.event_id);

    telegram.remove(post);
    await ana.until((event) => redacts(event) === shown.event_id);

    const mark = await ana.send(room, "the end");
    assert.equal(await endOf(stage, mark), "delivered");
    assert.deepEqual(
      writes(telegram).slice(before),
      ["messages.SendMessage"],
      "the last line and nothing else",
    );
    const ghost = `@telegram_${me.id}:${stage.domain}`;
    assert.ok(!ana.seen.some(({ sender }) => sender === ghost), "her ghost was never there");

    const copied = { ...shown.content };
    delete copied["m.relates_to"];
    const forwarded = await ana.send(room, copied);
    assert.equal(await endOf(stage, forwarded), "delivered");
    assert.ok(
      telegram.messages(me, bob).some(({ text }) => text === "from my telephone"),
      "a forwarded message with our key in it is a message",
    );
    assert.ok(stage.puppetToken);
    assert.ok(!stage.box.log.includes(stage.puppetToken), "the token is in no log");
  },
);

story(
  "a homeserver that does not know the second registration: the ghost speaks, and it heals",
  { ...alone, doublePuppet: "unknown" },
  async (stage) => {
    const { telegram } = stage;
    const { me, bob, ana, talk } = await onTelegram(stage);
    const ghost = `@telegram_${me.id}:${stage.domain}`;
    telegram.say(me, bob, "who am I?");
    const room = await ana.untilInvited((one) => one !== talk.room);
    await ana.join(room);
    assert.equal((await ana.untilText(room, "who am I?")).sender, ghost);
    assert.match(await talk.heard(/ghost of yours/), /Telegram.*M_UNKNOWN_TOKEN/);
    assert.match(stage.box.log, /does not let the box speak as a person/);

    stage.registerPuppets();
    await stage.box.stop();
    await stage.box.start();
    telegram.say(me, bob, "I am myself");
    assert.equal((await ana.untilText(room, "I am myself")).sender, ana.userId);
    assert.equal(ana.texts(talk.room).filter((line) => line.includes("ghost of yours")).length, 1);
    assert.ok(stage.puppetToken);
    assert.ok(!stage.box.log.includes(stage.puppetToken), "the token is in no log");
  },
);

story(
  "on Slack too: a channel that others are in, and a private chat",
  { slack: true, irc: false, doublePuppet: "known" },
  async (stage) => {
    const { slack, slackApp } = stage;
    const me = slack.addUser("anna");
    const bob = slack.addUser("bob", { displayName: "Bob" });
    const token = slack.addToken("user", me, slackApp.app);
    const general = slack.addChannel("general", [bob, me, slackApp.bot]);
    const ana = stage.person("ana");
    await stage.box.start();
    const talk = await talkTo(stage, ana);
    await talk.ask("login slack token");
    await ana.send(talk.room, token.text);
    await talk.heard(/^Logged in as anna/);
    await stage.box.until((log) => /"login":"slack:T0TEAM001-[^"]*","state":"connected"/.test(log));

    for (const chat of [general, slack.direct(me, bob)]) {
      const before = chat.posts.length;
      const text = chat === general ? "to everybody" : "to Bob";
      const post = slack.say(me, chat, text);
      const shown = await ana.until(({ content }) => content["body"] === text);
      assert.equal(shown.sender, ana.userId);
      slack.edit(chat, post, "mine, better");
      const edit = await ana.until((event) => relation(event)["event_id"] === shown.event_id);
      assert.equal(edit.sender, ana.userId);
      slack.remove(chat, post);
      await ana.until((event) => redacts(event) === shown.event_id);
      const mark = await ana.send(shown.room_id, "the end");
      assert.equal(await endOf(stage, mark), "delivered");
      assert.deepEqual(
        chat.posts.slice(before).map(({ text }) => text),
        ["the end"],
      );
    }
  },
);

const redacts = (event: SeenEvent): unknown =>
  event.type === "m.room.redaction" ? (event.redacts ?? event.content["redacts"]) : undefined;
