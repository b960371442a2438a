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

story("pictures and reactions go both ways by Discord's bot", lobby, async (stage) => {
  const { discord, box } = stage;
  const dora = discord.addUser({ username: "dora", global_name: "Dora" });
  const guild = discord.addGuild("The club", [discord.addUser({ username: "owner" }), dora]);
  const channel = discord.addChannel(guild, { name: "lounge" });
  const ana = stage.person("ana");
  await ana.setDisplayname("Ana");
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  await box.start();
  await box.until((log) => log.includes("is bound"));

  const cat = { key: "files[0]", name: "cat.png", type: "image/png", data: Buffer.from("meow") };
  const post = discord.say(dora, channel, "my cat", { files: [cat] });
  const shown = await ana.until((e) => e.room_id === room && e.content["msgtype"] === "m.image");
  assert.equal(shown.content["filename"], "cat.png");
  assert.equal(shown.content["body"], "my cat");

  const { accessToken } = stage.homeserver.addUser("uploader");
  const upload = await fetch(`${stage.homeserver.url}/_matrix/media/v3/upload?filename=dog.png`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "image/png" },
    body: "woof",
  });
  const { content_uri: url } = (await upload.json()) as { content_uri: string };
  const info = { mimetype: "image/png", size: 4 };
  const sent = await ana.send(room, { msgtype: "m.image", body: "dog.png", url, info });
  const picture = await discord.until(() =>
    discord
      .posts(channel)
      .find(({ message }) => message.attachments[0]?.["filename"] === "dog.png"),
  );
  assert.equal(picture.message.author.username, "Ana");
  assert.equal(picture.message.attachments[0]?.["size"], 4);

  discord.world.react(picture, dora, "👍");
  await ana.until((e) => {
    const relation = asBody(e.content["m.relates_to"]);
    return e.type === "m.reaction" && relation["event_id"] === sent && relation["key"] === "👍";
  });
  const relation = { rel_type: "m.annotation", event_id: shown.event_id, key: "❤️" };
  await ana.send(room, { "m.relates_to": relation }, "m.reaction");
  await discord.until(() => post.reactions.get("❤️")?.has(discord.bot.id));
  await everythingEnded(stage, { events: [sent] });
});
