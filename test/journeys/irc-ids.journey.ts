import assert from "node:assert/strict";
import { everyCap } from "../networks/irc/index.ts";
import { until } from "../sandbox/client.ts";
import type { SeenEvent } from "../sandbox/client.ts";
import { endOf, story } from "./kit.ts";

const relationOf = ({ content }: SeenEvent): { readonly [key: string]: unknown } => {
  const relation = content["m.relates_to"];
  return typeof relation === "object" && relation !== null ? { ...relation } : {};
};

story(
  "where an IRC server gives ids, answers, reactions, deletions and what was missed find their place",
  { ircCaps: everyCap },
  async (stage) => {
    const { irc } = stage;
    const carl = await irc.user("Carl");
    await carl.join("#Lobby");
    await stage.box.start();
    const ana = stage.person("ana");
    await ana.setDisplayname("Ana");
    await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
    const room = await ana.join(`#irc_#lobby:${stage.domain}`);
    const said = (text: string) => irc.said("#lobby").find((one) => one.text === text);

    carl.say("#lobby", "who has the key?");
    const question = await ana.untilText(room, "who has the key?");
    const answer = await ana.send(room, {
      msgtype: "m.text",
      body: "I have",
      "m.relates_to": { "m.in_reply_to": { event_id: question.event_id } },
    });
    await irc.until(() => said("<Ana> I have") !== undefined, 20_000);
    assert.equal(said("<Ana> I have")?.answers, said("who has the key?")?.msgid);
    assert.equal(await endOf(stage, answer), "delivered");
    carl.raw(`@+draft/reply=${said("<Ana> I have")?.msgid} PRIVMSG #lobby :thanks`);
    const thanks = await ana.untilText(room, "thanks");
    assert.deepEqual(relationOf(thanks)["m.in_reply_to"], { event_id: answer });

    carl.raw(`@+draft/react=👍;+draft/reply=${said("<Ana> I have")?.msgid} TAGMSG #lobby`);
    const liked = await ana.until(
      (event) => event.type === "m.reaction" && relationOf(event)["event_id"] === answer,
    );
    assert.equal(liked.sender, `@irc_carl:${stage.domain}`);
    await ana.react(room, thanks.event_id, "🎂");
    await irc.until(
      (it) => it.said("#lobby").some(({ tags }) => tags.get("+draft/react") === "🎂"),
      10_000,
    );

    const lines = await ana.send(room, "one\ntwo\nthree");
    await irc.until(() => said("<Ana> one\n<Ana> two\n<Ana> three") !== undefined, 20_000);
    assert.equal(await endOf(stage, lines), "delivered");
    await ana.redact(room, lines);
    await irc.until(() => said("<Ana> one\n<Ana> two\n<Ana> three") === undefined, 20_000);
    carl.raw(`REDACT #lobby ${said("thanks")?.msgid}`);
    await ana.until(
      (event) => event.type === "m.room.redaction" && event.redacts === thanks.event_id,
    );

    await stage.box.kill();
    await irc.until((it) => it.lookup("bridgebox") === undefined, 20_000);
    const missed = Array.from({ length: 12 }, (_, at) => `missed ${at}`);
    for (const text of missed) carl.say("#lobby", text);
    await carl.command("PING x");
    await stage.box.start();
    await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
    carl.say("#lobby", "and now");
    await ana.untilText(room, "and now");
    const ghost = `@irc_carl:${stage.domain}`;
    const told = ana.texts(room, ghost);
    assert.deepEqual(told.slice(told.indexOf("missed 0")), [...missed, "and now"]);
    await until("no gap is shown", async () => {
      const lines = ana.texts(room, `@bridgebox:${stage.domain}`);
      return !lines.some((line) => /may be missing|was not seen/i.test(line));
    });
  },
);
