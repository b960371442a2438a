import assert from "node:assert/strict";
import type { Account, Chat, Post } from "../networks/telegram/index.ts";
import { asBody, until } from "../sandbox/client.ts";
import type { ClientEvent } from "../sandbox/homeserver/index.ts";
import type { Stage } from "../stage/stage.ts";
import { story, talkTo } from "./kit.ts";

/** More than a page of history, and more than a page of a channel's difference. */
const lines = 150;

/** One chat of the person, with its room. */
interface Place {
  readonly name: string;
  readonly chat: Chat;
  /** Who speaks there, by turns. */
  readonly people: readonly Account[];
  readonly room: string;
}

const logIn = async (stage: Stage, me: Account): Promise<void> => {
  const { phone = "", password = "" } = me;
  const ana = stage.person("ana");
  const talk = await talkTo(stage, ana);
  assert.match(await talk.ask("login telegram phone"), /phone/i);
  assert.match(await talk.ask(`+${phone}`), /code/i);
  assert.match(await talk.ask(stage.telegram.code(phone)), /password/);
  await ana.send(talk.room, password);
  await talk.heard(/^Logged in as Ana/);
  await connected(stage, me, 1);
};

/** Resolves once the account has connected for the so-manieth time. */
const connected = (stage: Stage, { id }: Account, times: number): Promise<void> =>
  stage.box.until(
    (log) => log.split(`"login":"telegram:${id}","state":"connected"`).length > times,
  );

const timelineOf = (stage: Stage, { room }: Place): readonly ClientEvent[] =>
  stage.homeserver.room(room).timeline;

/** What is said in the room, as it was said first. */
const saidIn = (stage: Stage, place: Place): readonly ClientEvent[] =>
  timelineOf(stage, place).filter(
    ({ type, content }) => type === "m.room.message" && content["m.new_content"] === undefined,
  );

const shown = (stage: Stage, place: Place, text: string): Promise<string> =>
  until(
    `${text} is in the room of ${place.name}`,
    () => saidIn(stage, place).find(({ content }) => content["body"] === text)?.event_id,
    30_000,
  );

/** What a message has become: its texts by edits, and how often it was taken back. */
const fateOf = (stage: Stage, place: Place, event: string) => ({
  edits: timelineOf(stage, place)
    .filter(({ content }) => asBody(content["m.relates_to"])["event_id"] === event)
    .map(({ content }) => asBody(content["m.new_content"])["body"]),
  redactions: timelineOf(stage, place).filter(({ content }) => content["redacts"] === event).length,
});

/** A person with private chats, a basic group and a supergroup, each with a room that they are in. */
const settle = async (stage: Stage): Promise<{ me: Account; places: readonly Place[] }> => {
  const { telegram } = stage;
  const me = telegram.addUser({ phone: "15550009", firstName: "Ana", password: "open sesame" });
  const bob = telegram.addUser({ phone: "15550002", firstName: "Bob" });
  const eve = telegram.addUser({ phone: "15550003", firstName: "Eve" });
  const family = telegram.addGroup("Family", [bob, me, eve]);
  const club = telegram.addSupergroup("The club", [bob, me, eve]);
  await stage.box.start();
  await logIn(stage, me);
  const places: Place[] = [];
  const chats: readonly (readonly [string, Chat, readonly Account[]])[] = [
    ["Bob", me, [bob]],
    ["Eve", me, [eve]],
    ["Family", family, [bob, eve]],
    ["The club", club, [eve, bob]],
  ];
  for (const [name, chat, people] of chats) {
    const [first] = people;
    assert(first);
    telegram.say(first, chat, `hello from ${name}`);
    const { room_id } = await stage.homeserver.until(
      ({ content }) => content["body"] === `hello from ${name}`,
    );
    places.push({ name, chat, people, room: room_id });
  }
  return { me, places };
};

interface Known {
  readonly changed: string;
  readonly deleted: string;
  readonly posts: Readonly<Record<"changed" | "deleted", Post>>;
}

const sayBefore = async (stage: Stage, place: Place): Promise<Known> => {
  const { telegram } = stage;
  const [first] = place.people;
  assert(first);
  const [changed, deleted] = ["to be changed", "to be deleted"] as const;
  const posts = {
    changed: telegram.say(first, place.chat, changed),
    deleted: telegram.say(first, place.chat, deleted),
  };
  return {
    posts,
    changed: await shown(stage, place, changed),
    deleted: await shown(stage, place, deleted),
  };
};

const changes = { edited: 40, deleted: 90 } as const;

/** What happens in a chat while nobody listens: by turns, with edits and deletes of old and of new messages. */
const passMeanwhile = ({ telegram }: Stage, place: Place, { posts }: Known): void => {
  const said = Array.from({ length: lines }, (_, at) => {
    const person = place.people[at % place.people.length];
    assert(person);
    return telegram.say(person, place.chat, `missed ${at}`);
  });
  telegram.edit(posts.changed, "changed meanwhile");
  telegram.remove(posts.deleted);
  const [edited, deleted] = [said[changes.edited], said[changes.deleted]];
  assert(edited && deleted);
  telegram.edit(edited, `missed ${changes.edited}, then changed`);
  telegram.remove(deleted);
};

/** Who said what, as people see it when they look: after edits, without what was taken back. */
const missedAsSeen = (stage: Stage, place: Place): readonly string[] =>
  saidIn(stage, place).flatMap(({ event_id, sender, content }) => {
    const { edits, redactions } = fateOf(stage, place, event_id);
    const text = String(edits.at(-1) ?? content["body"]);
    return redactions === 0 && text.startsWith("missed ") ? [`${sender}: ${text}`] : [];
  });

const missedAsSaid = ({ people }: Place): readonly string[] =>
  Array.from({ length: lines }, (_, at) => at)
    .filter((at) => at !== changes.deleted)
    .map((at) => {
      const ghost = `@telegram_${people[at % people.length]?.id}:sandbox.test`;
      return `${ghost}: missed ${at}${at === changes.edited ? ", then changed" : ""}`;
    });

const gapsIn = (stage: Stage, place: Place): number =>
  saidIn(stage, place).filter(({ content }) =>
    String(content["body"]).includes("may be missing here"),
  ).length;

interface Case {
  /** While the box is away. */
  readonly away?: (stage: Stage) => void;
  readonly readsHistory: boolean;
  /** Nothing tells what was said: the room says so. */
  readonly lost?: true;
}

const cases: Readonly<Record<string, Case>> = {
  "comes once and in order, by differences": { readsHistory: false },
  "comes once and in order, by histories where it was too much for a difference": {
    away: ({ telegram }) => telegram.tooLong(),
    readsHistory: true,
  },
  "is marked as missing where it was too much and no history is given": {
    away: ({ telegram }) => {
      telegram.tooLong();
      telegram.fail("messages.GetHistory", { code: 400, message: "CHAT_ADMIN_REQUIRED" }, 1000);
    },
    readsHistory: true,
    lost: true,
  },
};

/**
 * All that was missed, and what became of older messages; what of those was deleted is told by differences
 * only: a history of a private chat has holes where other chats have messages.
 */
const nothingIsMissing = async (
  stage: Stage,
  place: Place,
  { known, deletes }: { readonly known: Known; readonly deletes: boolean },
): Promise<void> => {
  const want = missedAsSaid(place);
  await until(
    `${place.name} is as it is on Telegram`,
    () => JSON.stringify(missedAsSeen(stage, place)) === JSON.stringify(want),
  ).catch(() => assert.deepEqual(missedAsSeen(stage, place), want));
  const edits = () => fateOf(stage, place, known.changed).edits;
  await until(`the older message of ${place.name} is changed`, () => edits().length > 0);
  assert.deepEqual(edits(), ["changed meanwhile"]);
  if (deletes) assert.equal(fateOf(stage, place, known.deleted).redactions, 1);
  assert.equal(gapsIn(stage, place), 0, "nothing is missing");
};

const allIsMarked = async (stage: Stage, place: Place): Promise<void> => {
  await until(`${place.name} says so`, () => gapsIn(stage, place) > 0);
  assert.equal(gapsIn(stage, place), 1);
  assert.deepEqual(missedAsSeen(stage, place), []);
};

for (const [way, { away, readsHistory, lost }] of Object.entries(cases))
  story(
    `what a person missed in their own chats ${way}`,
    { telegram: true, irc: false },
    async (stage) => {
      const { me, places } = await settle(stage);
      const known = new Map<Place, Known>();
      for (const place of places) known.set(place, await sayBefore(stage, place));
      await stage.box.kill();
      for (const [place, messages] of known) passMeanwhile(stage, place, messages);
      away?.(stage);
      const { calls } = stage.telegram;
      const earlier = calls.length;
      await stage.box.start();
      await connected(stage, me, 2);
      for (const place of places) {
        const [first] = place.people;
        assert(first);
        if (!lost) await shown(stage, place, `missed ${lines - 1}`);
        stage.telegram.say(first, place.chat, "and on it goes");
        await shown(stage, place, "and on it goes");
      }
      for (const [place, messages] of known)
        await (lost
          ? allIsMarked(stage, place)
          : nothingIsMissing(stage, place, { known: messages, deletes: !readsHistory }));
      const read = calls.slice(earlier).some(({ name }) => name === "messages.GetHistory");
      assert.equal(read, readsHistory, "histories are read only where differences do not tell");
    },
  );
