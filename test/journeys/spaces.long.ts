import assert from "node:assert/strict";
import { until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import { readStatus } from "../faults/status.ts";
import type { Stage } from "../stage/stage.ts";
import { logInToTelegram, roomsIn, story, talkTo } from "./kit.ts";

/** Resolves once the rooms in the space are these, by name. */
const holds = (person: MatrixUser, space: string, names: readonly string[]): Promise<unknown> =>
  until(`a space with ${names.join(", ")}`, async () => {
    return JSON.stringify(await roomsIn(person, space)) === JSON.stringify(names.toSorted());
  });

const calm = (stage: Stage): Promise<unknown> =>
  until("nothing waits", async () => {
    const status = await readStatus(stage).catch(() => undefined);
    return (
      status !== undefined &&
      stage.homeserver.outbox().waiting === 0 &&
      status.queues.every(({ count }) => count === 0)
    );
  });

const slackAlone = { slack: true, irc: false, slackConfig: { sync: { chats: 10 } } } as const;

story("a workspace of Slack is a space, in the space of the login", slackAlone, async (stage) => {
  const { slack, slackApp, homeserver } = stage;
  const me = slack.addUser("anna");
  const bob = slack.addUser("bob", { displayName: "Bob" });
  const token = slack.addToken("user", me, slackApp.app);
  slack.addChannel("general", [bob, me]);
  slack.addChannel("plans", [bob, me], "private");
  slack.say(bob, slack.direct(me, bob), "in private");
  const ana = stage.person("ana");
  await stage.box.start();
  const talk = await talkTo(stage, ana);
  await talk.ask("login slack token");
  await ana.send(talk.room, token.text);
  await talk.heard(/^Logged in as anna/);
  const workspace = slack.world.team.name;
  const space = await ana.untilSpace(workspace);
  await holds(ana, space, ["general", "plans"]);
  const own = await ana.untilSpace(`Slack (anna (${workspace}))`);
  await until("the space of the login", async () => {
    const names = await roomsIn(ana, own);
    return names.length === 2 && names.includes(workspace);
  });
  const parents = () =>
    homeserver
      .rooms()
      .flatMap((room) => homeserver.room(room).timeline)
      .filter((event) => event.type === "m.space.parent" && event.state_key === space)
      .map(({ content }) => content);
  await until("both rooms say what they are in", () => parents().length >= 2);
  const told = { via: [stage.domain], canonical: true };
  assert.deepEqual(parents(), [told, told]);

  for (const room of [space, own]) await ana.join(room);
  slack.renameWorkspace("Another name");
  await until("its new name", async () => {
    return (await ana.state(space, "m.room.name"))["name"] === "Another name";
  });

  await calm(stage);
  await stage.box.stop();
  homeserver.clearRequests();
  await stage.box.start();
  await stage.box.until((log) => /"login":"slack:T0TEAM001-[^"]*","state":"connected"/.test(log));
  await calm(stage);
  assert.deepEqual(
    homeserver.requests
      .map(({ method, path }) => `${method} ${path}`)
      .filter((request) => /createRoom|\/(?:state|invite|join)/.test(request)),
    [],
  );

  assert.match(await talk.ask("logout"), /logged out/);
  await until("the space of the login is closed", () => homeserver.room(own).joined.length === 0);
});

const discordAlone = {
  discord: true,
  irc: false,
  discordConfig: { sync: { chats: 10, box_accounts: true } },
} as const;

story(
  "a server of Discord is a space, and a forum in it is one too",
  discordAlone,
  async (stage) => {
    const { discord } = stage;
    const owner = discord.addUser({ username: "owner" });
    const guild = discord.addGuild("The club", [owner]);
    discord.addChannel(guild, { name: "lounge" });
    const forum = discord.addChannel(guild, { name: "help", type: 15 });
    discord.addThread(forum, owner, { name: "How do I begin?" });
    const admin = stage.person("admin");
    await stage.box.start();
    const club = await admin.untilSpace("The club");
    await holds(admin, club, ["#lounge", "help"]);
    const help = await admin.untilSpace("help");
    await holds(admin, help, ["How do I begin?"]);
  },
);

const telegramAlone = { telegram: true, irc: false } as const;

story("a login to Telegram has a space, and a forum in it", telegramAlone, async (stage) => {
  const { telegram } = stage;
  const me = telegram.addUser({ phone: "15550009", firstName: "Ana" });
  const bob = telegram.addUser({ phone: "15550002", firstName: "Bob" });
  const forum = telegram.addSupergroup("The garden", [bob, me], { forum: true, admins: [me] });
  const topic = telegram.people.openTopic(forum, bob, "Roses");
  const ana = stage.person("ana");
  await stage.box.start();
  await logInToTelegram(stage, ana, me);
  telegram.say(bob, me, "hi Ana");
  telegram.say(bob, forum, "about roses", { topic });
  const own = await ana.untilSpace("Telegram (Ana)");
  const garden = await ana.untilSpace("The garden");
  await holds(ana, own, ["Bob", "The garden"]);
  await holds(ana, garden, ["Roses", "The garden"]);
});
