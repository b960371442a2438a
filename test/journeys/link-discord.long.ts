import assert from "node:assert/strict";
import { asBody } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { endOf, story, talkTo } from "./kit.ts";
import { askAside, byCommand, linkAccount, onDiscord } from "./link-kit.ts";

/** How Dora looks on Discord. */
const picture = {
  key: "avatar",
  name: "avatar.png",
  type: "image/png",
  data: Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"),
};

const lobby = {
  irc: false,
  discord: true,
  isPublic: true,
  rooms: [{ room: "#lobby:sandbox.test", chats: ["discord #lounge"] }],
} as const;

const open = async (stage: Stage) => {
  const { discord, box } = stage;
  const owner = discord.addUser({ username: "owner" });
  const avatar = "0123456789abcdef0123456789abcdef";
  const dora = discord.addUser({ username: "dora", global_name: "Dora the Great", avatar });
  discord.world.files.set(`/avatars/${dora.id}/${avatar}.png`, picture);
  const guild = discord.addGuild("The club", [owner, dora]);
  const channel = discord.addChannel(guild, { name: "lounge" });
  const ana = stage.person("ana");
  await ana.setDisplayname("Ana");
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  await box.start();
  await box.until((log) => log.includes("is bound"));
  const talk = await talkTo(stage, ana);
  return { owner, dora, channel, ana, room, talk };
};

story(
  "who proves that an account of Discord is theirs is one person on both sides, until they say otherwise",
  { ...lobby, doublePuppet: "known" },
  async (stage) => {
    const { discord, box } = stage;
    const { owner, dora, channel, ana, room, talk } = await open(stage);
    const aside = onDiscord(stage, dora);
    const told = await linkAccount(talk, aside, ana.userId);
    assert.match(told, /shown there as said by you/);

    const said = discord.say(dora, channel, "said on Discord");
    const shown = await ana.untilText(room, "said on Discord");
    assert.equal(shown.sender, ana.userId);
    discord.edit(said, "said better");
    const edit = await ana.until(
      (e) => asBody(e.content["m.new_content"])["body"] === "said better",
    );
    assert.equal(edit.sender, ana.userId);
    discord.world.react(said, owner, "👍");
    discord.world.react(said, dora, "🎉");
    const hers = await ana.until(
      ({ type, content }) => type === "m.reaction" && JSON.stringify(content).includes("🎉"),
    );
    assert.equal(hers.sender, ana.userId);
    const answer = await ana.send(room, "said on Matrix");
    assert.equal(await endOf(stage, answer), "delivered");
    const post = discord.posts(channel).find(({ message }) => message.content === "said on Matrix");
    assert.equal(post?.message.author.username, "Dora the Great");
    const call = discord.calls.findLast(({ body }) => body?.["content"] === "said on Matrix");
    const shownPicture = await fetch(String(call?.body?.["avatar_url"]));
    assert.deepEqual(Buffer.from(await shownPicture.arrayBuffer()), picture.data);
    discord.remove(said);
    await ana.until(
      (e) =>
        e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === shown.event_id,
    );

    await box.stop();
    await box.start();
    discord.say(dora, channel, "still me");
    assert.equal((await ana.untilText(room, "still me")).sender, ana.userId);
    assert.equal(
      discord.posts(channel).filter(({ message }) => message.content === "still me").length,
      1,
      "and nothing of it goes back",
    );

    assert.match(await talk.ask("link"), /Linked to you:\ndiscord: dora/);
    const before = aside.answers().length;
    assert.match(await talk.ask("unlink discord"), /not linked to you any more/);
    await discord.until(() => aside.answers().length > before);
    assert.match(aside.answers().at(-1) ?? "", /not linked to a Matrix user any more/);
    discord.say(dora, channel, "my ghost again");
    assert.match((await ana.untilText(room, "my ghost again")).sender, /^@discord_/);
    const plain = await ana.send(room, "by my own name");
    assert.equal(await endOf(stage, plain), "delivered");
    const last = discord.posts(channel).find(({ message }) => message.content === "by my own name");
    assert.equal(last?.message.author.username, "Ana");

    await linkAccount(talk, aside, ana.userId, 2);
    const ended = await askAside(aside, "unlink", /not linked to @ana/);
    assert.doesNotMatch(ended, /nobody/);
    await talk.heard(/said there that it is not linked to you any more/);
    assert.match(await talk.ask("link"), /No account is linked to you/);
  },
);

story(
  "without double puppeting the name is carried, and the rest is said",
  lobby,
  async (stage) => {
    const { discord } = stage;
    const { dora, channel, ana, room, talk } = await open(stage);
    await discord.until(() => discord.uses.commands.has("unlink"));
    const aside = byCommand(stage, dora, channel);
    const told = await linkAccount(talk, aside, ana.userId);
    assert.match(told, /still shown by a ghost of yours/);
    assert.match(aside.answers().at(-1) ?? "", /is linked to @ana/);
    discord.say(dora, channel, "by my ghost");
    assert.match((await ana.untilText(room, "by my ghost")).sender, /^@discord_/);
    assert.equal(await endOf(stage, await ana.send(room, "as Dora")), "delivered");
    const post = discord.posts(channel).find(({ message }) => message.content === "as Dora");
    assert.equal(post?.message.author.username, "Dora the Great");
    assert.deepEqual(
      discord.posts(channel).map(({ message }) => message.content),
      ["by my ghost", "as Dora"],
    );
    await askAside(aside, "unlink", /not linked to @ana/);
  },
);
