import assert from "node:assert/strict";
import type { IrcPerson } from "../networks/irc/index.ts";
import { until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { changeConfig, hangUp, membershipOf, powerOf, story, talkTo } from "./kit.ts";

const ghost = (stage: Stage, nick: string): string => `@irc_${nick}:${stage.domain}`;

/** Resolves once somebody's membership is so. */
const untilIs = async (
  person: MatrixUser,
  room: string,
  [who, membership]: readonly [string, string],
): Promise<void> => {
  await until(`${who} is ${membership}`, async () => {
    return (await membershipOf(person, room, who)) === membership;
  });
};

const everybody = { ircConfig: { members: "capped", member_cap: 300 } } as const;

story("people come, go, rule and rename", everybody, async (stage) => {
  const { irc } = stage;
  const [carl, eve] = [await irc.user("Carl"), await irc.user("eve")];
  await carl.join("#People");
  await eve.join("#people");
  await eve.join("#other");
  await carl.topic("#people", "All of us");
  await stage.box.start();
  await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
  const ana = stage.person("ana");
  const room = await ana.join(`#irc_#people:${stage.domain}`);
  const other = await ana.join(`#irc_#other:${stage.domain}`);
  const is = (nick: string, membership: string, where = room) =>
    untilIs(ana, where, [ghost(stage, nick), membership]);
  assert.equal((await ana.state(room, "m.room.name"))["name"], "#People");
  assert.equal((await ana.state(room, "m.room.topic"))["topic"], "All of us");
  await is("carl", "join");
  await is("eve", "join");
  await is("eve", "join", other);
  await until("Carl is a moderator", async () => {
    return (await powerOf(ana, room, ghost(stage, "carl"))) === 50;
  });

  await carl.topic("#people", "New topic");
  await ana.until((e) => e.room_id === room && e.content["topic"] === "New topic");
  const dave = await irc.user("dave");
  await dave.join("#people");
  await is("dave", "join");
  await carl.mode("#people", "+v", "dave");
  await until("Dave has voice", async () => (await powerOf(ana, room, ghost(stage, "dave"))) === 5);
  await carl.mode("#people", "-v", "dave");
  await until("Dave has none", async () => (await powerOf(ana, room, ghost(stage, "dave"))) === 0);
  await dave.part("#people", "so long");
  await is("dave", "leave");
  await dave.join("#people");
  await is("dave", "join");
  await carl.kick("#people", "dave", "too loud");
  await is("dave", "leave");
  const kicked = await ana.state(room, "m.room.member", ghost(stage, "dave"));
  assert.match(String(kicked["reason"]), /carl: too loud/i);

  await eve.nick("Eva");
  await is("eva", "join");
  await is("eve", "leave");
  await is("eva", "join", other);
  await is("eve", "leave", other);
  eve.say("#people", "it is me");
  const said = await ana.untilText(room, "it is me");
  assert.equal(said.sender, ghost(stage, "eva"));
  await eve.nick("EVA");
  await until("the ghost is called EVA", async () => {
    const state = await ana.state(room, "m.room.member", ghost(stage, "eva"));
    return state["displayname"] === "EVA";
  });

  await dave.join("#people");
  for (const word of ["one", "two", "three"]) dave.say("#people", word);
  await dave.quit("gone");
  await ana.untilText(room, "three");
  await is("dave", "leave");
  const course = await until("the leave comes by", async () => {
    await ana.sync();
    const own = ana.seen.filter((e) => e.sender === ghost(stage, "dave") && e.room_id === room);
    return own.at(-1)?.content["membership"] === "leave" && own;
  });
  assert.equal(course.at(-2)?.content["body"], "three");
});

const few = { ircConfig: { members: "capped", member_cap: 2 } } as const;

story("a cap on members holds for those who are silent", few, async (stage) => {
  const { irc } = stage;
  const people = await Promise.all(["a1", "b2", "c3", "d4"].map((nick) => irc.user(nick)));
  for (const person of people) await person.join("#few");
  await stage.box.start();
  await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
  const ana = stage.person("ana");
  const room = await ana.join(`#irc_#few:${stage.domain}`);
  const ghosts = async () =>
    (await ana.joined(room)).filter((mxid) => mxid.startsWith("@irc_")).toSorted();
  await until("two are shown", async () => (await ghosts()).length === 2);
  const silent = people.find(({ nickname }) => nickname === "d4");
  silent?.say("#few", "not silent any more");
  await ana.untilText(room, "not silent any more");
  assert.ok((await ghosts()).includes(ghost(stage, "d4")));

  await people[0]?.kick("#few", "bridgebox", "out");
  await ana.until((e) => /was kicked by a1 \(out\)/.test(String(e.content["body"])));
  await irc.until((it) => it.channel("#few")?.members.has("bridgebox") === true);
  people[0]?.say("#few", "sorry");
  await ana.untilText(room, "sorry");
});

/** So many people come or go in a second. */
const paced = (roster: number) => ({ ...everybody, config: { limits: { roster } } });

story("a netsplit of a hundred delays nobody", paced(1000), async (stage) => {
  const { irc } = stage;
  const carl = await irc.user("carl");
  await carl.join("#split");
  const enter = (): Promise<readonly IrcPerson[]> =>
    Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const person = await irc.user(`many${at}`);
        await person.join("#split");
        return person;
      }),
    );
  const crowd = await enter();
  await stage.box.start();
  await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
  const ana = stage.person("ana");
  const room = await ana.join(`#irc_#split:${stage.domain}`);
  const inside = async (): Promise<number> => (await ana.joined(room)).length;
  await until("everybody is shown", async () => (await inside()) === 103, 60_000);

  // They go one by one from now on, which would take them longer than any machine is slow.
  changeConfig(stage, (config) => ({ ...config, ...paced(1).config }));
  await hangUp(stage, /read anew.*limits\.roster/);
  await Promise.all(crowd.map((person) => person.quit("*.net *.split")));
  await until("the first have gone", async () => (await inside()) < 103, 60_000);
  carl.say("#split", "still here");
  await ana.untilText(room, "still here");
  assert.ok((await inside()) > 3, "the message overtook the hundred");

  await enter();
  changeConfig(stage, (config) => ({ ...config, ...paced(1000).config }));
  await hangUp(stage, /read anew.*limits\.roster/);
  await until("everybody is back", async () => (await inside()) === 103, 60_000);
});

story("lazy: who has said something is there, with their power", {}, async (stage) => {
  const { irc } = stage;
  const [carl, dora] = [await irc.user("carl"), await irc.user("dora")];
  await carl.join("#lazy");
  await dora.join("#lazy");
  await carl.join("#secret");
  await carl.mode("#secret", "+s");
  await stage.box.start();
  await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
  irc.delay(15);
  const ana = stage.person("ana");
  const room = await ana.join(`#irc_#lazy:${stage.domain}`);
  irc.delay(0);
  carl.say("#lazy", "my word");
  await ana.untilText(room, "my word");
  await until("Carl is a moderator", async () => {
    return (await powerOf(ana, room, ghost(stage, "carl"))) === 50;
  });
  assert.equal(await membershipOf(ana, room, ghost(stage, "dora")), "none");
  await carl.part("#lazy");
  await untilIs(ana, room, [ghost(stage, "carl"), "leave"]);

  await assert.rejects(ana.join(`#irc_#secret:${stage.domain}`), /M_FORBIDDEN/);
  const talk = await talkTo(stage, ana);
  assert.match(await talk.ask("join irc #secret"), /invited/);
  const secret = await ana.untilInvited();
  await ana.join(secret);
  assert.equal((await ana.state(secret, "m.room.join_rules"))["join_rule"], "invite");
  const bob = stage.person("bob");
  await assert.rejects(bob.join(`#irc_#secret:${stage.domain}`), /M_FORBIDDEN/);
  await assert.rejects(bob.join(`#irc_nochannel:${stage.domain}`), /M_NOT_FOUND/);

  await dora.mode("#lazy", "+o", "dora").catch(() => undefined);
  irc.mode("#lazy", "+s");
  await until("a channel that hides lets nobody in by itself", async () => {
    return (await ana.state(room, "m.room.join_rules"))["join_rule"] === "invite";
  });
  await assert.rejects(bob.join(room), /M_FORBIDDEN/);
  irc.mode("#lazy", "-s");
  await until("and opens again", async () => {
    return (await ana.state(room, "m.room.join_rules"))["join_rule"] === "public";
  });
});
