import assert from "node:assert/strict";
import type { MatrixUser } from "../sandbox/client.ts";
import { boxBot, doraOn } from "../stage/lobby.ts";
import type { Stage } from "../stage/stage.ts";
import { endOf, story, talkTo } from "./kit.ts";
import { askAside, codeFor, linkAccount } from "./link-kit.ts";
import type { Aside } from "./link-kit.ts";

const bound = (chat: string) => ({
  doublePuppet: "known" as const,
  isPublic: true,
  rooms: [{ room: "#lobby:sandbox.test", chats: [chat] }],
});

const openRoom = async (stage: Stage) => {
  const ana = stage.person("ana");
  await ana.setDisplayname("Ana");
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  await stage.box.start();
  await stage.box.until((log) => log.includes("is bound"));
  return { ana, room, talk: await talkTo(stage, ana) };
};

interface Both {
  readonly ana: MatrixUser;
  readonly room: string;
  readonly aside: Aside;
  /** By the account, where others read it. */
  readonly say: (text: string) => unknown;
}

/** What they say there is theirs here; after their unlink it is their ghost's. */
const untilUnlinked = async ({ ana, room, aside, say }: Both, ghost: RegExp): Promise<void> => {
  say("by myself");
  assert.equal((await ana.untilText(room, "by myself")).sender, ana.userId);
  assert.match(await askAside(aside, "unlink", /not linked to/), /@ana:/);
  say("by my ghost");
  assert.match((await ana.untilText(room, "by my ghost")).sender, ghost);
  assert.match(await askAside(aside, "link", /On Matrix, say to/), /link (?:slack|telegram|irc)/);
};

story(
  "an account of Slack, seen by the app's bot alone, is linked by a message to the app",
  { ...bound("slack #lobby"), slack: true, irc: false },
  async (stage) => {
    const { slack, slackApp } = stage;
    const sam = slack.addUser("sam", { displayName: "Sam of Slack" });
    const lobby = slack.addChannel("lobby", [sam, slackApp.bot]);
    const { ana, room, talk } = await openRoom(stage);
    const direct = slack.direct(sam, slackApp.bot);
    const aside: Aside = {
      network: "slack",
      say: (text) => void slack.say(sam, direct, text),
      answers: () => direct.posts.filter(({ user }) => user !== sam).map(({ text }) => text),
    };
    assert.match(await linkAccount(talk, aside, ana.userId), /^Sam of Slack/);
    const said = await ana.send(room, "as Sam");
    assert.equal(await endOf(stage, said), "delivered");
    assert.equal(lobby.posts.find(({ text }) => text === "as Sam")?.username, "Sam of Slack");
    const say = (text: string) => slack.say(sam, lobby, text);
    await untilUnlinked({ ana, room, aside, say }, /^@slack_/);
    assert.equal(lobby.posts.filter(({ text }) => text === "by myself").length, 1);
  },
);

story(
  "an account of Telegram, in a group behind a bot, is linked by a message or a link to the bot",
  { ...bound("telegram thelobby"), telegram: true, irc: false },
  async (stage) => {
    const { telegram } = stage;
    const dora = doraOn(telegram);
    const bot = boxBot(telegram);
    const chat = telegram.addSupergroup("The lobby", [dora, bot], { username: "thelobby" });
    const { ana, room, talk } = await openRoom(stage);
    const aside: Aside = {
      network: "telegram",
      say: (text) => void telegram.say(dora, bot, text.replace(/^(\w{5}-)/, "/start $1")),
      answers: () =>
        telegram
          .messages(bot, dora)
          .filter(({ from }) => from === bot)
          .map(({ text }) => text),
    };
    await linkAccount(talk, aside, ana.userId);
    const said = await ana.send(room, "as Dora");
    assert.equal(await endOf(stage, said), "delivered");
    assert.ok(telegram.messages(chat).some(({ text }) => text === "Dora: as Dora"));
    const say = (text: string) => telegram.say(dora, chat, text);
    await untilUnlinked({ ana, room, aside, say }, /^@telegram_/);
  },
);

story(
  "on IRC an account is linked, and never a nick",
  {
    ...bound("irc #lobby"),
    ircCaps: ["account-tag", "message-tags", "server-time"],
  },
  async (stage) => {
    const { irc } = stage;
    const carl = await irc.user("carl");
    await carl.join("#lobby");
    const { ana, room, talk } = await openRoom(stage);
    const aside: Aside = {
      network: "irc",
      say: (text) => carl.say("bridgebox", text),
      answers: () =>
        carl.seen
          .filter(({ from, command }) => from === "bridgebox" && command === "NOTICE")
          .map(({ params }) => params.at(-1) ?? ""),
    };
    const early = await codeFor(talk, "irc");
    assert.match(await askAside(aside, early, /Nothing was done/), /by a name alone/);
    irc.logIn("carl", "CarlSmith");
    assert.match(await linkAccount(talk, aside, ana.userId), /^CarlSmith/);
    const said = await ana.send(room, "as Carl");
    assert.equal(await endOf(stage, said), "delivered");
    await carl.until(({ params }) => params.at(-1) === "<CarlSmith> as Carl");

    await carl.nick("carl_away");
    carl.say("#lobby", "under another nick");
    assert.equal((await ana.untilText(room, "under another nick")).sender, ana.userId);
    const eve = await irc.user("carl");
    await eve.join("#lobby");
    eve.say("#lobby", "I have his nick");
    assert.match((await ana.untilText(room, "I have his nick")).sender, /^@irc_carl:/);
    irc.logIn("carl_away", undefined);
    carl.say("#lobby", "logged out");
    assert.match((await ana.untilText(room, "logged out")).sender, /^@irc_carl__away:/);
    irc.logIn("carl_away", "carlsmith");
    const say = (text: string) => carl.say("#lobby", text);
    await untilUnlinked({ ana, room, aside, say }, /^@irc_carl__away:/);
    const own = irc.lines.filter(
      ({ nick, line }) => nick === "bridgebox" && /by myself/.test(line),
    );
    assert.deepEqual(own, [], "nothing came back");
  },
);
