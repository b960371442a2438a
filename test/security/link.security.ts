import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { story, talkTo } from "../journeys/kit.ts";
import { askAside, codeFor, linkAccount, onDiscord, wordFor } from "../journeys/link-kit.ts";
import type { Stage } from "../stage/stage.ts";

const lobby = {
  discord: true,
  doublePuppet: "known",
  ircCaps: ["account-tag", "message-tags"],
  rooms: [{ room: "#lobby:sandbox.test", chats: ["discord #lounge", "irc #lobby"] }],
} as const;

const open = async (stage: Stage) => {
  const { discord, box } = stage;
  const owner = discord.addUser({ username: "owner" });
  const dora = discord.addUser({ username: "dora", global_name: "Dora" });
  const mallory = discord.addUser({ username: "mallory", global_name: "Dora" });
  const guild = discord.addGuild("The club", [owner, dora, mallory]);
  const channel = discord.addChannel(guild, { name: "lounge" });
  const ana = stage.person("ana");
  const eve = stage.person("eve");
  await ana.setDisplayname("Ana");
  await eve.setDisplayname("Eve");
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  await eve.join(room);
  await box.start();
  await box.until((log) => log.split("is bound").length === 3);
  const talk = { ana: await talkTo(stage, ana), eve: await talkTo(stage, eve) };
  const shownAs = async (user: typeof dora, text: string): Promise<string> => {
    discord.say(user, channel, text);
    return (await ana.untilText(room, text)).sender;
  };
  const carriedName = async (who: typeof ana, text: string): Promise<string> => {
    await who.send(room, text);
    const post = await discord.until(() =>
      discord.posts(channel).find(({ message }) => message.content === text),
    );
    return post.message.author.username;
  };
  return { dora, mallory, channel, ana, eve, room, talk, shownAs, carriedName };
};

const refused = /Nothing was linked/;

story("codes are not guessed, not used twice, and nowhere to be read", lobby, async (stage) => {
  const { discord, dir, box } = stage;
  const { dora, mallory, channel, ana, talk, shownAs } = await open(stage);
  const [hers, his] = [onDiscord(stage, dora), onDiscord(stage, mallory)];

  const code = await codeFor(talk.ana, "discord");
  const [selector] = code.split("-");
  for (const end of ["AAAAA", "22222", "ZZZZZ", "BCDEF", "98765"])
    await askAside(his, `${selector}-${end}`, refused);
  await askAside(hers, code, refused);

  const shouted = await codeFor(talk.ana, "discord");
  discord.say(dora, channel, shouted);
  assert.match(await shownAs(dora, "after the code in the channel"), /^@discord_/);
  assert.equal(hers.answers().length, 1, "what others read is no proof");

  const told = await linkAccount(talk.ana, hers, ana.userId);
  assert.match(told, /^dora/i);
  assert.equal(await shownAs(dora, "by Dora"), ana.userId);
  assert.match(await shownAs(mallory, "by another Dora"), /^@discord_/, "never by name alone");
  await askAside(hers, "unlink", /not linked to @ana/);
  await askAside(hers, shouted, refused);
  assert.match(await shownAs(dora, "after all"), /^@discord_/);

  const last = await codeFor(talk.ana, "discord");
  const word = await wordFor(hers, last, ana.userId);
  await talk.ana.heardTimes(/sent your code/, 2);
  await box.stop();
  for (const secret of [last, last.slice(6), word])
    assert.ok(!box.log.includes(secret), "in no log");
  for (const file of readdirSync(dir).filter((name) => name.startsWith("box.db")))
    for (const secret of [last, last.slice(6)])
      assert.ok(!readFileSync(join(dir, file)).includes(secret), `not in ${file}`);
  await box.start();
  assert.match(await talk.ana.ask(`confirm ${word}`), /is yours now/, "over a restart too");
  assert.equal(await shownAs(dora, "after the restart"), ana.userId);
});

story(
  "who is made to send somebody else's code is told whose it is, and is not linked",
  lobby,
  async (stage) => {
    const { dora, eve, talk, shownAs, carriedName } = await open(stage);
    const victim = onDiscord(stage, dora);
    const code = await codeFor(talk.eve, "discord");
    const word = await wordFor(victim, code, eve.userId);
    assert.match(victim.answers().join(" "), /give nobody this word/);
    const before = victim.answers().length;
    victim.say(`confirm ${word}`);
    victim.say("yes");
    assert.match(await shownAs(dora, "I said what I was asked to"), /^@discord_/);
    assert.equal(victim.answers().length, before, "the word is good on the other side alone");
    assert.equal(await carriedName(eve, "am I Dora?"), "Eve");
    await talk.eve.heard(/sent your code/);
    await talk.eve.heardTimes(/I say this once/, 2);
    for (const guess of ["AAAAAA", "222222", "ABCDEF", "ZZZZZZ", "QQQQQQ"])
      assert.match(await talk.eve.ask(`confirm ${guess}`), refused);
    assert.match(await talk.eve.ask(`confirm ${word}`), refused, "guessed at too often");
    await askAside(victim, "unlink", /linked to nobody/);
  },
);

story(
  "whoever was given somebody's code is named to them, and has nothing of it",
  lobby,
  async (stage) => {
    const { mallory, ana, eve, talk, shownAs, carriedName } = await open(stage);
    const thief = onDiscord(stage, mallory);
    const word = await wordFor(thief, await codeFor(talk.ana, "discord"), ana.userId);
    await talk.ana.heard(/The account mallory \(\d+\) of Discord sent your code.*If it is not/);
    assert.match(await talk.eve.ask(`confirm ${word}`), refused, "somebody else's word");
    assert.match(await shownAs(mallory, "as Ana?"), /^@discord_/);
    assert.match(await talk.ana.ask("unlink discord"), /code is void/);
    assert.match(await talk.ana.ask(`confirm ${word}`), refused);
    assert.match(await shownAs(mallory, "as Ana now?"), /^@discord_/);
    assert.equal(await carriedName(ana, "by me"), "Ana");
    const others = await ana.createRoom({ invite: [eve.userId, `@bridgebox:${stage.domain}`] });
    await eve.join(others);
    await ana.until(
      ({ room_id, type, content, state_key: who }) =>
        room_id === others &&
        type === "m.room.member" &&
        content["membership"] === "join" &&
        who === `@bridgebox:${stage.domain}`,
    );
    await ana.send(others, "!bridgebox link discord");
    await ana.until(
      ({ room_id, content }) =>
        room_id === others && /nobody reads along/.test(String(content["body"])),
    );
  },
);

story("a code is of one network, and a nick is no account", lobby, async (stage) => {
  const { irc } = stage;
  const { dora, ana, room, talk } = await open(stage);
  const carl = await irc.user("carl");
  await carl.join("#lobby");
  const aside = {
    network: "irc",
    say: (text: string) => carl.say("bridgebox", text),
    answers: () =>
      carl.seen
        .filter(({ from, command }) => from === "bridgebox" && command === "NOTICE")
        .map(({ params }) => params.at(-1) ?? ""),
  };
  const forIrc = await codeFor(talk.ana, "irc");
  await askAside(onDiscord(stage, dora), forIrc, refused);
  await askAside(aside, forIrc, /by a name alone/);
  irc.logIn("carl", "carl");
  await askAside(aside, await codeFor(talk.ana, "discord"), refused);
  await wordFor(aside, forIrc, ana.userId);
  irc.logIn("carl", undefined);
  await askAside(aside, "unlink", /by a name alone/);
  carl.say("#lobby", "by my nick alone");
  assert.match((await ana.untilText(room, "by my nick alone")).sender, /^@irc_carl:/);
});
