import assert from "node:assert/strict";
import { asBody, until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import { samplePicture } from "../sandbox/places/sample-picture.ts";
import {
  bold,
  everywhere,
  gather,
  italic,
  line,
  plain,
  portals,
  postsOn,
  replyTo,
  single,
  toldTo,
  whole,
  wordsOf,
} from "../stage/everywhere.ts";
import { everythingEnded, story } from "./kit.ts";

const html = (body: string, formatted: string) => ({
  msgtype: "m.text",
  body,
  format: "org.matrix.custom.html",
  formatted_body: formatted,
});

const editOf = (target: string, content: ReturnType<typeof html>) => ({
  ...content,
  "m.new_content": content,
  "m.relates_to": { rel_type: "m.replace", event_id: target },
});

const picture = async (ana: MatrixUser) => {
  const { bytes, type, name, width, height } = samplePicture();
  const url = await ana.upload(bytes, type);
  const info = { mimetype: type, size: bytes.length, w: width, h: height };
  return { bytes, content: { msgtype: "m.image", body: name, url, info } };
};

story(
  "limits of the poorest network never cut the others: what is said on Matrix",
  everywhere,
  async (stage) => {
    const gathered = await gather(stage);
    const { ana, room, carl } = gathered;
    const on = postsOn(stage, gathered);
    const events: string[] = [];

    const text = wordsOf("m", 330);
    assert.ok(text.length > 1_500 && text.length < 1_900);
    const said = await ana.send(room, html(text, `<b>m0</b>${text.slice(2)}`));
    events.push(said);
    const atSlack = await single("Slack", () => on.slack(/\bm0\b/));
    const atDiscord = await single("Discord", () => on.discord(/\bm0\b/));
    const atTelegram = await single("Telegram", () => on.telegram(/\bm0\b/));
    assert.ok(atSlack.text.endsWith(`*m0*${text.slice(2)}`), atSlack.text);
    assert.ok(atDiscord.message.content.endsWith(`**m0**${text.slice(2)}`));
    assert.ok(atTelegram.text.endsWith(text));
    assert.ok(atTelegram.entities.some(({ className }) => className === "MessageEntityBold"));
    await whole(carl, { name: "Ana", text, mark: "m" });
    await line(carl, new RegExp(`^<Ana> ${bold}m0${plain} m1 `));

    const longer = wordsOf("n", 600);
    assert.ok(longer.length > 2_000 && longer.length < 4_000);
    events.push(await ana.send(room, longer));
    assert.ok((await single("Slack", () => on.slack(/\bn0\b/))).text.endsWith(longer));
    assert.ok((await single("Telegram", () => on.telegram(/\bn0\b/))).text.endsWith(longer));
    await until("the end is on Discord", () => on.discord(/\bn599\b/).length > 0);
    assert.equal(on.discord(/\bn\d/).length, 2);
    await whole(carl, { name: "Ana", text: longer, mark: "n" });

    const changed = wordsOf("c", 330);
    events.push(await ana.send(room, editOf(said, html(changed, `<i>c0</i>${changed.slice(2)}`))));
    await until("edited on Slack", () => atSlack.text.endsWith(`_c0_${changed.slice(2)}`));
    await until("on Discord", () => atDiscord.message.content.endsWith(`*c0*${changed.slice(2)}`));
    await until("on Telegram", () => atTelegram.text.endsWith(changed));
    await line(carl, new RegExp(`^<Ana> \\(edited\\) ${italic}c0${plain} c1 `));
    await until("the end on IRC", () => toldTo(carl, "Ana", "c").endsWith("c329"));
    assert.equal(toldTo(carl, "Ana", "c"), `(edited) ${changed}`);
    const edits = [on.slack(/\bc1\b/), on.discord(/\bc1\b/), on.telegram(/\bc1\b/)];
    assert.deepEqual(
      edits.map(({ length }) => length),
      [1, 1, 1],
    );

    const grown = wordsOf("g", 600);
    for (const [now, onDiscord] of [
      [grown, 2],
      ["short again", 1],
    ] as const) {
      const last = new RegExp(`${now.slice(-5)}$`);
      events.push(await ana.send(room, editOf(said, html(now, now))));
      await until("edited on Slack", () => atSlack.text.endsWith(now));
      await until("on Telegram", () => atTelegram.text.endsWith(now));
      await until("on Discord", () => on.discord(last).length === 1);
      await until("no more than that", () => on.discord(/\bg\d|short/).length === onDiscord);
      assert.equal(on.telegram(/\bg\d|short/).length, 1);
    }
    await line(carl, /^<Ana> \(edited\) short again$/);
    assert.equal(toldTo(carl, "Ana", "g"), `(edited) ${grown}`);

    const { bytes, content } = await picture(ana);
    events.push(await ana.send(room, content));
    const link = await line(carl, /^<Ana> .*https?:\/\/\S+/);
    const [address = ""] = /https?:\/\/\S+/.exec(link.params.at(-1) ?? "") ?? [];
    const file = await fetch(address);
    assert.deepEqual(Buffer.from(await file.arrayBuffer()), Buffer.from(bytes));
    const shown = await until("a picture on Discord", () =>
      stage.discord.posts(gathered.discord.channel).find(({ message }) => message.attachments[0]),
    );
    assert.deepEqual(Buffer.from(stage.discord.filesOf(shown)[0]?.data ?? []), Buffer.from(bytes));
    const photo = await until("a picture on Telegram", () =>
      stage.telegram.messages(gathered.telegram.chat).find(({ media }) => media?.kind === "photo"),
    );
    assert.equal(photo.deleted, false);
    await until("a picture on Slack", () =>
      [...stage.slack.world.files.values()].some(
        (one) => one.bytes !== undefined && Buffer.from(one.bytes).equals(Buffer.from(bytes)),
      ),
    );
    await everythingEnded(stage, { events, portals });
  },
);

story(
  "limits of the poorest network never cut the others: what is answered and reacted to",
  everywhere,
  async (stage) => {
    const gathered = await gather(stage);
    const { ana, room, carl } = gathered;
    const on = postsOn(stage, gathered);
    const events: string[] = [];
    carl.say("#lobby", "who wants tea?");
    const question = await ana.untilText(room, "who wants tea?");
    const asked = {
      slack: await single("Slack", () => on.slack(/tea\?/)),
      discord: await single("Discord", () => on.discord(/tea\?/)),
      telegram: await single("Telegram", () => on.telegram(/tea\?/)),
    };
    const relation = { "m.in_reply_to": { event_id: question.event_id } };
    events.push(
      await ana.send(room, { msgtype: "m.text", body: "me", "m.relates_to": relation }),
      await ana.react(room, question.event_id, "👍"),
    );
    await line(carl, /^<Ana> carl: "who wants tea\?" me$/);
    await line(carl, /^<Ana> reacted with 👍 to carl: "who wants tea\?"$/);
    const answer = await single("Slack", () => on.slack(/^me$/));
    assert.equal(answer.threadTs, asked.slack.ts);
    const quoting = await single("Discord", () => on.discord(/\bme$/));
    assert.match(quoting.message.content, new RegExp(asked.discord.message.id));
    const replied = await single("Telegram", () => on.telegram(/\bme$/));
    assert.equal(replied.replyTo, asked.telegram);
    await until("👍 on Slack", () => asked.slack.reactions.some(({ name }) => name === "+1"));
    await until("👍 on Discord", () => (asked.discord.reactions.get("👍")?.size ?? 0) > 0);
    await until("👍 on Telegram", () => asked.telegram.reactions.size > 0);
    await everythingEnded(stage, { events, portals });

    stage.discord.reply(gathered.discord.person, asked.discord, "me, says Eve");
    const byEve = await ana.untilText(room, "me, says Eve");
    assert.equal(replyTo(byEve), question.event_id);
    await line(carl, /^<Eve> carl: "who wants tea\?" me, says Eve$/);
    assert.equal((await single("Slack", () => on.slack(/says Eve/))).threadTs, asked.slack.ts);
    assert.equal((await single("Telegram", () => on.telegram(/says Eve/))).replyTo, asked.telegram);

    stage.telegram.people.react(asked.telegram, gathered.telegram.person, "🎉");
    await line(carl, /^<Dora> reacted with 🎉 to carl: "who wants tea\?"$/);
    await ana.until(
      (event) =>
        event.type === "m.reaction" && asBody(event.content["m.relates_to"])["key"] === "🎉",
    );
    await until("🎉 on Slack", () => asked.slack.reactions.some(({ name }) => name === "tada"));
    await until("🎉 on Discord", () => (asked.discord.reactions.get("🎉")?.size ?? 0) > 0);
  },
);
