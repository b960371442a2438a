import assert from "node:assert/strict";
import { asBody, until } from "../sandbox/client.ts";
import type { MatrixUser, SeenEvent } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { endOf, onIrc, story, talkTo } from "./kit.ts";

const again = "\u{1F501}";
const arrived = "\u2705";

/** Ana in a channel of IRC, of which its server never says whether a line arrived. */
const enter = async (stage: Stage) => {
  const { ana, room } = await onIrc(stage);
  const bot = `@bridgebox:${stage.domain}`;
  const inside = (): boolean => stage.irc.channel("#lobby")?.members.has("bridgebox") ?? false;
  const heard = (text: string): number =>
    stage.irc.said("#lobby").filter((one) => one.text.includes(text)).length;
  const says = async (text: string): Promise<string> => {
    const event = await ana.send(room, text);
    await until(`${text} is on IRC`, () => heard(text) === 1);
    return event;
  };
  /** It arrives, and the connection breaks off before anybody could say so. */
  const saysUnsure = async (text: string): Promise<{ event: string; notice: SeenEvent }> => {
    await until("the box is in the channel", inside);
    stage.irc.swallow(1);
    const event = await says(text);
    assert.equal(await endOf(stage, event), "doubtful");
    const notice = await ana.until(
      ({ sender, content }) =>
        sender === bot && JSON.stringify(content["m.relates_to"] ?? {}).includes(event),
    );
    await ana.until((one) => isReaction(one, notice.event_id, again));
    await ana.until((one) => isReaction(one, notice.event_id, arrived));
    return { event, notice };
  };
  const reads = async (notice: SeenEvent, fits: RegExp): Promise<void> => {
    await ana.until(
      ({ content }) =>
        asBody(content["m.relates_to"])["event_id"] === notice.event_id &&
        fits.test(String(asBody(content["m.new_content"])["body"])),
    );
  };
  return { ana, room, bot, says, saysUnsure, reads, heard, inside };
};

const isReaction = ({ type, content }: SeenEvent, about: string, key: string): boolean => {
  const relation = asBody(content["m.relates_to"]);
  return type === "m.reaction" && relation["event_id"] === about && relation["key"] === key;
};

const answer = (person: MatrixUser, room: string, { body, to }: { body: string; to: string }) =>
  person.send(room, {
    msgtype: "m.text",
    body,
    "m.relates_to": { "m.in_reply_to": { event_id: to } },
  });

story(
  "a message that may not have arrived is sent again, or settled, by one click on the bot's line",
  {},
  async (stage) => {
    const { ana, room, saysUnsure, reads, heard, inside } = await enter(stage);
    const first = await saysUnsure("the tea is ready");
    assert.match(
      String(first.notice.content["body"]),
      /^Your message may not have been delivered to irc: .* React to this with .* if it arrived\.$/,
    );
    await ana.react(room, first.notice.event_id, arrived);
    await reads(first.notice, /^\u2713 It reached irc: somebody here saw it there\.$/);
    assert.equal(await endOf(stage, first.event), "delivered");
    assert.equal(heard("the tea is ready"), 1);

    const second = await saysUnsure("and the cake");
    await until("the box is back", inside);
    await stage.box.kill();
    await stage.box.start();
    const click = await ana.react(room, second.notice.event_id, again);
    await reads(second.notice, /^\u2713 It was sent again and reached irc\.$/);
    assert.equal(await endOf(stage, second.event), "delivered");
    assert.equal(heard("and the cake"), 2);
    await ana.until(({ type, redacts }) => type === "m.room.redaction" && redacts === click);
    await stage.homeserver.replayLastTransaction({ newId: true });
    const more = await ana.send(room, "is it good?");
    assert.equal(await endOf(stage, more), "delivered");
    assert.equal(heard("and the cake"), 2);
  },
);

story(
  "the same by commands: in answer to the message, to the bot's line, or with a link in its own room",
  {},
  async (stage) => {
    const { ana, room, bot, saysUnsure, reads, heard, inside } = await enter(stage);
    const first = await saysUnsure("the tea is ready");
    await until("the box is back", inside);
    await answer(ana, room, { body: "!bridgebox retry", to: first.event });
    await ana.until(({ content }) =>
      String(content["body"]).startsWith("It is being sent to irc again"),
    );
    await reads(first.notice, /^\u2713 It was sent again and reached irc\.$/);
    assert.equal(heard("the tea is ready"), 2);

    const second = await saysUnsure("and the cake");
    const body = `> <${bot}> Your message\n\n!bridgebox it-arrived`;
    await answer(ana, room, { body, to: second.notice.event_id });
    await reads(second.notice, /^\u2713 It reached irc/);

    const third = await saysUnsure("and the biscuits");
    const talk = await talkTo(stage, ana);
    const link = `https://matrix.to/#/${encodeURIComponent(room)}/${encodeURIComponent(third.event)}`;
    const bob = stage.person("bob");
    const other = await talkTo(stage, bob);
    assert.match(await other.ask(`it-arrived ${link}`), /^Nothing was done: only whoever said it/);
    assert.match(await talk.ask("it-arrived"), /^Say it in answer/);
    assert.match(await talk.ask(`it-arrived ${link}?via=${stage.domain}`), /^Good: it counts/);
    assert.equal(await endOf(stage, third.event), "delivered");
    assert.match(await talk.ask(`retry ${link}`), /^Nothing of that message waits/);
    assert.equal(heard("and the biscuits"), 1);
  },
);
