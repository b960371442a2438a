import assert from "node:assert/strict";
import { asBody, until } from "../sandbox/client.ts";
import type { MatrixUser, SeenEvent } from "../sandbox/client.ts";
import { endOf, outcomesFor, someLoginIsCut, talkTo } from "../journeys/kit.ts";
import type { Talk } from "../journeys/kit.ts";
import type { Network, Scene, Seen } from "./network.ts";
import { thumb } from "./network.ts";
import type { Place } from "./place.ts";

const patience = 60_000;

interface Pass {
  readonly place: Place;
  readonly scene: Scene;
  readonly ana: MatrixUser;
  readonly room: string;
}

const relation = ({ content }: SeenEvent): Record<string, unknown> =>
  asBody(content["m.relates_to"]);
const answered = (event: SeenEvent): unknown =>
  asBody(relation(event)["m.in_reply_to"])["event_id"];
const redacts = (event: SeenEvent): unknown =>
  event.type === "m.room.redaction" ? (event.redacts ?? event.content["redacts"]) : undefined;
const text = (body: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  msgtype: "m.text",
  body,
  ...more,
});
const replyTo = (event: string): Record<string, unknown> => ({
  "m.relates_to": { "m.in_reply_to": { event_id: event } },
});
const inThread = (root: string): Record<string, unknown> => ({
  "m.relates_to": {
    rel_type: "m.thread",
    event_id: root,
    is_falling_back: true,
    "m.in_reply_to": { event_id: root },
  },
});

/** What stands on the network, once it fits. */
const seen = (
  { scene }: Pass,
  words: string,
  fits: (seen: Seen) => boolean = () => true,
): Promise<Seen> =>
  until(
    `"${words}" is on the network`,
    () => {
      const found = scene.see(words);
      return found !== undefined && fits(found) && found;
    },
    patience,
  );

const shown = ({ ana, room }: Pass, words: string): Promise<SeenEvent> =>
  ana.untilText(room, words, patience);

/** Set up, logged in, talked with in every way, cut off, and left again: one network from its first to its last minute. */
export const tellPass = async (place: Place, network: Network): Promise<void> => {
  const scene = await network.enter(place.domain);
  const ana = await place.person(`ana-${network.id}`);
  await ana.setDisplayname("Ana");
  const talk = await talkTo(place, ana);
  await scene.logIn(ana, talk);
  assert.match(await talk.ask("list-logins"), /Connected/);
  const pass: Pass = { place, scene, ana, room: await enter(scene, ana, talk) };
  await asThemselves(pass);
  await fromMatrix(pass);
  await fromNetwork(pass);
  await cutOff(pass, network);
  await loggedOut(pass, talk, network);
};

const enter = async (scene: Scene, ana: MatrixUser, talk: Talk): Promise<string> => {
  if (scene.join) return scene.join(ana);
  scene.bob.say("is anybody here?");
  const room = await ana.untilInvited((one) => one !== talk.room, patience);
  await ana.join(room);
  await ana.untilText(room, "is anybody here?", patience);
  return room;
};

/** What she says with another client is hers in the room, and what she says in the room is hers there. */
const asThemselves = async (pass: Pass): Promise<void> => {
  const { scene, ana, room } = pass;
  scene.bob.say("hello from the network");
  assert.match((await shown(pass, "hello from the network")).sender, scene.ghost);
  if (scene.own) {
    scene.own("from my other client");
    assert.equal((await shown(pass, "from my other client")).sender, ana.userId);
  }
  await ana.send(room, "hello from Matrix");
  assert.ok((await seen(pass, "hello from Matrix")).isHers);
};

/** Edit, reaction, reply, thread and deletion of Ana; each has ended as delivered, or as it was told. */
const fromMatrix = async (pass: Pass): Promise<void> => {
  const { place, scene, ana, room } = pass;
  const { fallback = {}, bob } = scene;
  bob.say("what is for tea?");
  const asked = await shown(pass, "what is for tea?");
  const said = await ana.send(room, "cak");
  await seen(pass, "cak");
  const acts: string[] = [said];

  acts.push(await ana.edit(room, said, "cake"));
  await seen(pass, fallback.edit?.("cake") ?? "cake");

  const liked = await ana.react(room, asked.event_id, thumb);
  acts.push(liked);
  const likes = ({ reactions }: Seen): boolean => reactions.includes(thumb);
  const words = fallback.react?.(thumb, "what is for tea?");
  if (words === undefined) {
    await seen(pass, "what is for tea?", likes);
    acts.push(await ana.redact(room, liked));
    await seen(pass, "what is for tea?", (one) => !likes(one));
  } else {
    await seen(pass, words);
  }

  acts.push(await ana.send(room, text("for you too", replyTo(asked.event_id))));
  if (fallback.reply) await seen(pass, fallback.reply("for you too", "what is for tea?"));
  else await seen(pass, "for you too", ({ answers }) => answers === "what is for tea?");

  acts.push(await ana.send(room, text("aside", inThread(asked.event_id))));
  if (typeof fallback.thread === "function")
    await seen(pass, fallback.thread("aside", "what is for tea?"));
  else
    await seen(pass, "aside", ({ thread, answers }) =>
      fallback.thread === "reply" ? answers === "what is for tea?" : thread === "what is for tea?",
    );
  for (const act of acts) assert.equal(await endOf(place, act), "delivered", act);

  const gone = await ana.redact(room, said);
  if (fallback.remove === undefined) {
    const words = fallback.edit?.("cake") ?? "cake";
    await until("it is deleted there", () => scene.see(words) === undefined, patience);
    assert.equal(await endOf(place, gone), "delivered");
  } else {
    const why = fallback.remove;
    assert.equal(await endOf(place, gone), "not_bridged");
    await ana.until(({ content }) => why.test(String(content["body"])), patience);
  }
};

/** The same of Bob, as far as his network has it. */
const fromNetwork = async (pass: Pass): Promise<void> => {
  const { scene, ana, room } = pass;
  const { bob } = scene;
  const mine = await ana.send(room, "who is there?");
  await seen(pass, "who is there?");
  bob.say("me");
  const said = await shown(pass, "me");

  if (bob.edit) {
    bob.edit("me", "me, Bob");
    const edit = await ana.until(
      (event) => relation(event)["event_id"] === said.event_id && event.type === "m.room.message",
      patience,
    );
    assert.equal(asBody(edit.content["m.new_content"])["body"], "me, Bob");
    assert.equal(edit.sender, said.sender);
  }
  if (bob.react) {
    bob.react("who is there?", true);
    const reaction = await ana.until(
      (event) => event.type === "m.reaction" && relation(event)["event_id"] === mine,
      patience,
    );
    assert.deepEqual([reaction.sender, relation(reaction)["key"]], [said.sender, thumb]);
    bob.react("who is there?", false);
    await ana.until((event) => redacts(event) === reaction.event_id, patience);
  }
  if (bob.reply) {
    bob.reply("who is there?", "only me");
    assert.equal(answered(await shown(pass, "only me")), mine);
  }
  if (bob.thread) {
    bob.thread("who is there?", "besides");
    const aside = await shown(pass, "besides");
    assert.deepEqual(
      [relation(aside)["rel_type"], relation(aside)["event_id"]],
      ["m.thread", mine],
    );
  }
  if (bob.remove) {
    bob.remove(bob.edit ? "me, Bob" : "me");
    await ana.until((event) => redacts(event) === said.event_id, patience);
  }
};

/** The network goes away and comes back: what was said meanwhile waits, is told to wait, and arrives. */
const cutOff = async (pass: Pass, network: Network): Promise<void> => {
  const { place, scene, ana, room } = pass;
  await network.lose();
  // Before the box has seen it, what it says goes into the dead connection, and plain IRC can't tell whether it arrived.
  await until("the box has seen it", () => someLoginIsCut(place), patience);
  const waiting = await ana.send(room, "are you still there?");
  await until(
    "it is told that it waits",
    async () => {
      const [found] = await outcomesFor(place, waiting);
      return found?.["state"] === "retrying";
    },
    patience,
  );
  // Whoever is not there yet would miss what the box sends the moment that it can.
  await place.box.meanwhile(() => network.regain());
  await network.settled?.();
  await seen(pass, "are you still there?");
  assert.equal(await endOf(place, waiting), "delivered");
  scene.bob.say("yes, and here again");
  const back = await shown(pass, "yes, and here again");
  assert.match(back.sender, scene.ghost);
  const twice = ana.texts(room).filter((words) => words === "hello from the network");
  assert.equal(twice.length, 1, "nothing old came again");
};

/** She logs out: nothing is left of her there; a room that was hers alone is cleaned up, in others she is relayed. */
const loggedOut = async (pass: Pass, talk: Talk, network: Network): Promise<void> => {
  const { place, scene, ana, room } = pass;
  assert.match(await talk.ask(`logout ${network.id}`), /logged out/);
  assert.match(await talk.ask("list-logins"), /not logged in/);
  await until("her login is gone from the network", () => scene.left(), patience);
  const words = scene.relayed?.("can you hear me?");
  if (words === undefined) {
    const isOut = () =>
      ana.joined(room).then(
        () => false,
        () => true,
      );
    await until("she is put out of the room", isOut, patience);
    return;
  }
  const late = await ana.send(room, "can you hear me?");
  assert.equal((await seen(pass, words)).isHers, false);
  assert.equal(await endOf(place, late), "delivered");
};
