import assert from "node:assert/strict";
import { until } from "../sandbox/client.ts";
import { lobbyStage, openLobby } from "../stage/lobby.ts";
import type { Stage } from "../stage/stage.ts";
import { endOf, logInToIrc, outcomesFor, story } from "./kit.ts";

const reply = (body: string, to: string) => ({
  msgtype: "m.text",
  body,
  "m.relates_to": { "m.in_reply_to": { event_id: to } },
});

/** It arrived on both networks. */
const delivered = (stage: Stage, event: string): Promise<true> =>
  until(`${event} is delivered to both`, async () => {
    const states = (await outcomesFor(stage, event)).map((one) => one["state"]);
    return states.length === 2 && states.every((state) => state === "delivered");
  });

story(
  "one room on two networks: answers and deletions reach the other, whoever speaks",
  lobbyStage,
  async (stage) => {
    const { telegram } = stage;
    const { ana, room, carl, dora, chat } = await openLobby(stage);
    const post = (text: string) =>
      until(`${text} is on Telegram`, () => telegram.messages(chat).find((m) => m.text === text));

    carl.say("#lobby", "who wants tea?");
    const asked = await post("carl: who wants tea?");
    telegram.say(dora, chat, "me", { replyTo: asked });
    const question = await ana.untilText(room, "who wants tea?");
    const answer = await ana.untilText(room, "me");
    const relation = { "m.in_reply_to": { event_id: question.event_id } };
    assert.deepEqual(answer.content["m.relates_to"], relation);
    await carl.until(({ params }) => /^<Dora> .*me$/.test(params.at(-1) ?? ""));

    const said = await ana.send(room, reply("me too", question.event_id));
    const relayed = await post("Ana: me too");
    assert.equal(relayed.replyTo, asked);
    await delivered(stage, said);
    await ana.redact(room, said);
    await until("it is gone there", () => relayed.deleted);

    const long = await ana.send(room, "one\ncarl: two");
    const lines = await post("Ana:\none\ncarl: two");
    const [quote] = lines.entities.filter((it) => it.className === "MessageEntityBlockquote");
    assert.equal(quote?.offset, "Ana:\n".length);
    await carl.until(({ params }) => params.at(-1) === "<Ana> carl: two");
    await delivered(stage, long);
  },
);

story(
  "who speaks for people without a login is chosen in the room",
  { rooms: [{ room: "#lobby:sandbox.test", chats: ["irc #lobby"] }] },
  async (stage) => {
    const carl = await stage.irc.user("carl");
    await carl.join("#lobby");
    const [ana, bob] = [stage.person("ana"), stage.person("bob")];
    const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
    await bob.join(room);
    await stage.box.start();
    await stage.box.until((log) => log.includes("is bound"));
    const bot = `@bridgebox:${stage.domain}`;
    const tell = async (person: typeof ana, text: string): Promise<string> => {
      const before = ana.texts(room, bot).length;
      await person.send(room, text);
      await ana.until(() => ana.texts(room, bot).length > before);
      return ana.texts(room, bot)[before] ?? "";
    };
    await bob.send(room, "hello");
    await carl.until(({ params }) => params.at(-1) === "<bob> hello");
    const own = await bob.untilInvited();
    await bob.join(own);
    await bob.until((e) => e.room_id === own && /login irc/.test(String(e.content["body"])));

    assert.match(await tell(bob, "!bridgebox unset-relay"), /power/);
    assert.match(await tell(ana, "!bridgebox unset-relay irc"), /Only people with a login/);
    const unheard = await bob.send(room, "anybody there?");
    assert.equal(await endOf(stage, unheard), "not_bridged");
    assert.match(await tell(ana, "!bridgebox set-relay irc nobody"), /no login nobody/);
    assert.match(await tell(ana, "!bridgebox set-relay slack"), /not bridged to slack/);
    assert.match(await tell(ana, "!bridgebox set-relay irc"), /bridgebox speaks to irc #lobby/);
    await bob.send(room, "and now?");
    await carl.until(({ params }) => params.at(-1) === "<bob> and now?");
    assert.ok(!carl.seen.some((line) => line.raw.includes("anybody there")));
    assert.equal(ana.texts(room, bot).length, 5);
    await logInToIrc(stage, ana, "anairc");
    assert.match(await tell(bob, "!bridgebox set-relay irc irc:anairc"), /power/);
    assert.match(await tell(ana, "!bridgebox set-relay irc anairc"), /anairc speaks to irc/);
    await bob.send(room, "through ana");
    await carl.until(
      ({ params, raw }) => params.at(-1) === "<bob> through ana" && raw.startsWith(":anairc!"),
    );
  },
);
