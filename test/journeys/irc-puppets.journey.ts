import assert from "node:assert/strict";
import { until } from "../sandbox/client.ts";
import type { IrcPerson } from "../networks/irc/index.ts";
import { asBody } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { endOf, logInToIrc, membershipOf, powerOf, story } from "./kit.ts";

interface Rulers {
  readonly room: string;
  readonly carl: IrcPerson;
  readonly ana: MatrixUser;
  readonly bob: MatrixUser;
}

/** Who is an operator on IRC has the power for it here, and makes others operators from here. */
const ruleTogether = async (stage: Stage, { room, carl, ana, bob }: Rulers): Promise<void> => {
  const { irc } = stage;
  const is = (who: string, level: number) =>
    until(`${who} has ${level}`, async () => (await powerOf(ana, room, who)) === level);
  const sets = async (change: Readonly<Record<string, unknown>>, users = {}): Promise<void> => {
    const levels = await ana.state(room, "m.room.power_levels");
    const everybody = { ...asBody(levels["users"]), ...users };
    await ana.setState(room, "m.room.power_levels", { ...levels, ...change, users: everybody });
  };
  const held = (nick: string) => irc.channel("#us")?.members.get(nick);
  const eva = await irc.user("eva");
  await eva.join("#us");
  const ghost = `@irc_eva:${stage.domain}`;
  eva.say("#us", "Eva is here");
  await ana.untilText(room, "Eva is here");
  await assert.rejects(sets({}, { [ghost]: 50 }), /M_FORBIDDEN/);
  await carl.mode("#us", "+o", "AnaIrc");
  await is(ana.userId, 50);

  await sets({}, { [ghost]: 50, [bob.userId]: 50 });
  await irc.until(() => held("eva") === "@" && held("bobirc") === "@");
  await is(bob.userId, 50);
  await sets({ users_default: 50 });
  await ana.until((e) => /by a role you can change/.test(String(e.content["body"])));
  await is(`@nobody:${stage.domain}`, 0);
  assert.equal(await powerOf(ana, room, ghost), 50);

  for (const nick of ["bobirc", "AnaIrc"]) await carl.mode("#us", "-o", nick);
  await is(ana.userId, 0);
  await is(bob.userId, 0);
  await eva.part("#us");
};

const quick = {
  ircConfig: { reconnect: { min_seconds: 1, max_seconds: 1 }, relay_note: false },
} as const;

story("people with their own nicks speak for themselves, once each", quick, async (stage) => {
  const { irc } = stage;
  const carl = await irc.user("carl");
  await carl.join("#us");
  await stage.box.start();
  await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
  const [ana, bob] = [stage.person("ana"), stage.person("bob")];
  const talk = await logInToIrc(stage, ana, "AnaIrc");
  await logInToIrc(stage, bob, "bobirc");
  const room = await ana.join(`#irc_#us:${stage.domain}`);
  await bob.join(room);
  const from = (nick: string, text: string) =>
    carl.until((line) => line.from === nick && line.params.at(-1) === text);

  await ana.send(room, "as myself");
  await from("AnaIrc", "as myself");
  await bob.send(room, "me too");
  await from("bobirc", "me too");
  carl.say("#us", "I see you, AnaIrc");
  const seen = await ana.until((e) => e.content["body"] === "I see you, AnaIrc");
  assert.deepEqual(seen.content["m.mentions"], { user_ids: [ana.userId] });
  for (const text of ["same", "same", "same"]) await ana.send(room, text);
  await until("three times the same", () => {
    const lines = carl.seen.filter((line) => line.params.at(-1) === "same");
    return lines.length === 3;
  });
  carl.say("#us", "last word");
  await ana.untilText(room, "last word");
  assert.deepEqual(ana.texts(room), [
    "as myself",
    "me too",
    "I see you, AnaIrc",
    "same",
    "same",
    "same",
    "last word",
  ]);
  assert.equal(await membershipOf(ana, room, `@irc_anairc:${stage.domain}`), "none");

  await ruleTogether(stage, { room, carl, ana, bob });

  carl.say("AnaIrc", "psst");
  const query = await ana.untilInvited((one) => one !== room && one !== talk.room);
  await ana.join(query);
  assert.equal((await ana.untilText(query, "psst")).sender, `@irc_carl:${stage.domain}`);
  await ana.send(query, "what is it?");
  await carl.until((l) => l.params[0] === "carl" && l.params.at(-1) === "what is it?");
  await assert.rejects(bob.join(query), /M_FORBIDDEN/);

  const dora = await irc.user("dora");
  const direct = await ana.createRoom({
    preset: "trusted_private_chat",
    is_direct: true,
    invite: [`@irc_dora:${stage.domain}`],
  });
  await until("Dora's ghost comes", async () => {
    return (await membershipOf(ana, direct, `@irc_dora:${stage.domain}`)) === "join";
  });
  await ana.send(direct, "hi Dora");
  await dora.until((line) => line.from === "AnaIrc" && line.params.at(-1) === "hi Dora");
  dora.say("AnaIrc", "hi Ana");
  await ana.untilText(direct, "hi Ana");
  const cora = stage.person("cora");
  const vain = await cora.createRoom({ invite: [`@irc_dora:${stage.domain}`] });
  await until("the ghost says why not", async () => {
    const state = await cora.state(vain, "m.room.member", `@irc_dora:${stage.domain}`);
    return /log in/i.test(String(state["reason"]));
  });

  irc.dropConnections("bridgebox");
  await stage.box.until((log) => /"login":"irc:relay","state":"reconnecting","why":/.test(log));
  carl.say("#us", "while it was away");
  await ana.untilText(room, "while it was away");
  await ana.until((e) => e.room_id === room && /may be missing/.test(String(e.content["body"])));
  await bob.send(room, "still here");
  await from("bobirc", "still here");
  await irc.until((it) => it.channel("#us")?.members.has("bridgebox") === true, 20_000);
  carl.say("#us", "welcome back");
  await ana.untilText(room, "welcome back");
  const cora2 = await cora.join(room);
  await cora.send(cora2, "by the relay");
  await from("bridgebox", "<cora> by the relay");
  assert.equal(ana.texts(room).filter((text) => text === "while it was away").length, 1);
  assert.equal(ana.texts(room).filter((text) => text === "welcome back").length, 1);
  const gaps = ana.texts(room).filter((text) => /may be missing/.test(text));
  assert.ok(gaps.length <= 2, gaps.join("\n"));

  assert.match(await talk.ask("list-logins"), /irc:anairc – AnaIrc: Connected/);
  assert.match(await talk.ask("logout irc:anairc"), /logged out/);
  await irc.until((it) => it.lookup("AnaIrc") === undefined);
  await ana.send(room, "as a guest");
  await from("bridgebox", "<ana> as a guest");
  const lost = await ana.send(query, "anybody?");
  assert.equal(await endOf(stage, lost), "not_bridged");
  assert.match(await talk.ask("list-logins"), /not logged in/);
});
