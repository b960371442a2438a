import assert from "node:assert/strict";
import { asBody } from "../sandbox/client.ts";
import { everythingEnded, story } from "./kit.ts";

const lobby = {
  irc: false,
  discord: true,
  rooms: [{ room: "#lobby:sandbox.test", chats: ["discord #lounge"] }],
} as const;

story("a room of Matrix and a channel of Discord are one conversation", lobby, async (stage) => {
  const { discord, box } = stage;
  const owner = discord.addUser({ username: "owner" });
  const dora = discord.addUser({ username: "dora", global_name: "Dora" });
  const guild = discord.addGuild("The club", [owner, dora]);
  const channel = discord.addChannel(guild, { name: "lounge" });
  const ana = stage.person("ana");
  await ana.setDisplayname("Ana of Discord");
  const room = await ana.createRoom({
    preset: "public_chat",
    room_alias_name: "lobby",
    name: "The lobby",
  });
  await box.start();
  await box.until((log) => log.includes("is bound"));

  const hello = discord.say(dora, channel, "hello **Matrix** @everyone");
  const shown = await ana.untilText(room, "hello Matrix @everyone");
  assert.match(shown.sender, /^@discord_/);
  assert.match(String(shown.content["formatted_body"]), /<strong>Matrix<\/strong>/);

  const answer = await ana.send(room, {
    msgtype: "m.text",
    body: "dear Dora, hi @everyone",
    format: "org.matrix.custom.html",
    formatted_body: `<b>dear</b> <a href="https://matrix.to/#/${shown.sender}">Dora</a>, hi @everyone`,
    "m.relates_to": { "m.in_reply_to": { event_id: shown.event_id } },
  });
  const post = await discord.until(() =>
    discord.posts(channel).find(({ message }) => message.content.includes("dear")),
  );
  assert.equal(post.message.author.username, "Ana of Disc0rd");
  assert.match(post.message.content, new RegExp(`\\*\\*dear\\*\\* <@${dora.id}>, hi @everyone$`));
  assert.match(post.message.content, new RegExp(`^-# ↩ \\[.*${hello.message.id}`));
  assert.deepEqual(post.pings, [`user:${dora.id}`]);

  const back = discord.reply(dora, post, "thanks");
  const thanks = await ana.untilText(room, "thanks");
  assert.deepEqual(asBody(thanks.content["m.relates_to"])["m.in_reply_to"], { event_id: answer });
  const edited = await ana.edit(room, answer, "dearest Dora");
  await discord.until(() => post.message.content.endsWith("dearest Dora"));
  discord.edit(back, "thank you");
  await ana.until((e) => asBody(e.content["m.new_content"])["body"] === "thank you");
  const removed = await ana.redact(room, answer);
  await discord.until(() => !discord.posts(channel).includes(post));
  discord.remove(back);
  await ana.until(
    (e) => e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === thanks.event_id,
  );
  assert.equal(discord.webhooks(channel).length, 1);
  await everythingEnded(stage, { events: [answer, edited, removed] });

  await box.stop();
  const missed = discord.say(dora, channel, "said while the box was down");
  await box.start();
  await ana.untilText(room, missed.message.content);
  assert.deepEqual(discord.gateway.began, ["identify", "resume"]);
  assert.equal(ana.texts(room, shown.sender).filter((it) => it.includes("hello")).length, 1);
});
