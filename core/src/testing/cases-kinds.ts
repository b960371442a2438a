import assert from "node:assert/strict";
import { firstPart } from "../adapter/index.ts";
import type { Ban, Content, MessageId, RichText } from "../adapter/index.ts";
import type { Case } from "./cases-life.ts";
import { createAttempt } from "./memory-host.ts";
import type { Life, Scene } from "./scene.ts";
import { contentOf, heard, ordersOf, planOf, sendAll, textOf } from "./scene.ts";
import type { ServerMessage } from "./stage.ts";
import { until } from "./until.ts";

const done = undefined;
const signal = () => AbortSignal.timeout(5000);
const self = { as: "self" } as const;

const featuresOf = async (life: Life) =>
  (await life.connection.describe(life.chat, signal())).features;

/** An emoji that this chat takes. */
const emojiOf = async (life: Life): Promise<string> =>
  (await featuresOf(life)).reactions?.allowed?.[0] ?? "👍";

const onServer = (
  { stage }: Scene,
  text: string,
  fits: (message: ServerMessage) => boolean,
): Promise<ServerMessage> =>
  until(
    () => `${JSON.stringify(text)} as it should be; there is ${JSON.stringify(stage.messages())}`,
    () => stage.messages().find((it) => it.text === text && fits(it)),
  );

/** Every mark and block that a text may have. */
const everyMark: RichText = [
  { t: "heading", level: 2, of: [{ t: "text", text: "title" }] },
  {
    t: "para",
    of: [
      { t: "bold", of: [{ t: "text", text: "bold" }] },
      { t: "italic", of: [{ t: "text", text: "italic" }] },
      { t: "underline", of: [{ t: "text", text: "under" }] },
      { t: "strike", of: [{ t: "text", text: "gone" }] },
      { t: "break" },
      { t: "spoiler", reason: "why", of: [{ t: "text", text: "hidden" }] },
      { t: "code", text: "code" },
      { t: "colour", fg: "#ff0000", of: [{ t: "text", text: "red" }] },
      { t: "link", url: "https://example.com/", of: [{ t: "text", text: "link" }] },
      { t: "time", at: 1_700_000_000_000, text: "then" },
      { t: "group", id: "no-such-group", text: "group" },
      { t: "everyone", scope: "here", allowed: false },
      { t: "emoji", name: "blob", media: { locator: { mxc: "mxc://example.com/blob" } } },
    ],
  },
  { t: "quote", of: [{ t: "para", of: [{ t: "text", text: "quoted" }] }] },
  { t: "pre", text: "let a = 1;\nblock", lang: "ts" },
  {
    t: "list",
    ordered: true,
    start: 3,
    items: [[{ t: "para", of: [{ t: "text", text: "item" }] }]],
  },
  {
    t: "table",
    header: true,
    rows: [[[{ t: "text", text: "head" }]], [[{ t: "text", text: "cell" }]]],
  },
  { t: "rule" },
];

const everyWord =
  "title bold italic under gone hidden code red link then group blob quoted block item head cell";

const poll: Content = {
  parts: [
    {
      id: firstPart,
      kind: "poll",
      question: "tea or coffee?",
      options: [
        { id: "a", text: "tea" },
        { id: "b", text: "coffee" },
      ],
      max: 1,
      hidden: false,
    },
  ],
};

const kindSent = async (life: Life, content: Content): Promise<string | undefined> => {
  const kind = content.parts[0]?.kind ?? "text";
  if (!(await featuresOf(life)).parts.includes(kind)) return `the chat takes no ${kind}`;
  return undefined;
};

const theirPoll = async (scene: Scene, life: Life) => {
  await scene.stage.person.poll?.("cake or pie?", ["cake", "pie"]);
  const event = await life.host.event(
    "the poll",
    (it) => it.kind === "message" && it.content.parts.some((part) => part.kind === "poll") && it,
  );
  const part = event.content.parts.find((it) => it.kind === "poll");
  assert(part?.kind === "poll");
  return { event, part, option: (text: string) => part.options.find((it) => it.text === text) };
};

const anchored = async (life: Life): Promise<MessageId> => {
  const [id] = await sendAll(life, contentOf("the anchor"));
  assert(id !== undefined);
  return id;
};

/** Everything that a message is beside its text: for each, both ways where the network has it. */
export const kindCases = {
  "hands over a reaction, and that it is taken back": async (scene) => {
    const { person } = scene.stage;
    if (!person.react) return "the network has no reactions";
    const life = await scene.live();
    const id = await anchored(life);
    const emoji = await emojiOf(life);
    const seen = (on: boolean) =>
      life.host.event(`the reaction ${on ? "on" : "off"}`, (it) => {
        if (it.kind !== "reactions" || it.id !== id) return false;
        const told = it.set.filter((one) => one.user !== life.login.user);
        if (on) return told.some((one) => one.on && one.emoji !== "");
        return told.some((one) => !one.on) || (it.complete === "all" && told.length === 0);
      });
    await person.react("the anchor", emoji, true);
    await seen(true);
    await person.react("the anchor", emoji, false);
    await seen(false);
    return done;
  },

  "reacts, again without a fuss, and takes it back": async (scene) => {
    const life = await scene.live();
    const { connection } = life;
    if (!connection.react) return "the adapter has no react";
    await scene.stage.person.say("react to this");
    const { id } = await heard(life, "react to this");
    const emoji = await emojiOf(life);
    for (const on of [true, true, false, false]) {
      await connection.react(life.chat, { id, emoji, on }, self, signal());
      await onServer(
        scene,
        "react to this",
        ({ reactions = [] }) => reactions.length === Number(on),
      );
    }
    return done;
  },

  "hands over what is said in a thread, with its root": async (scene) => {
    const { person } = scene.stage;
    if (!person.sayInThread) return "the network has no threads inside of a chat";
    const life = await scene.live();
    const id = await anchored(life);
    await person.sayInThread("the anchor", "in the thread");
    const { content } = await heard(life, "in the thread");
    assert.equal(content.thread?.root.id, id);
    return done;
  },

  "says something in a thread": async (scene) => {
    const life = await scene.live();
    if ((await featuresOf(life)).thread !== "inline")
      return "the network has no threads inside of a chat";
    await scene.stage.person.say("a root");
    const { id, sender } = await heard(life, "a root");
    const content = { ...contentOf("a leaf"), thread: { root: { id, ids: [id], sender } } };
    for (const order of ordersOf(life, content)) {
      const result = await life.connection.send(order, createAttempt());
      const told = result.state === "sent" ? result.sent.thread : undefined;
      assert(told === undefined || told === id, `it is told to stand in ${String(told)}`);
    }
    await onServer(scene, "a leaf", ({ thread }) => thread === "a root");
    return done;
  },

  "hands over a poll, a vote and its end": async (scene) => {
    const { person } = scene.stage;
    if (!person.poll) return "the network has no polls";
    const life = await scene.live();
    const { event, part, option } = await theirPoll(scene, life);
    assert.equal(part.question, "cake or pie?");
    assert.deepEqual(
      part.options.map(({ text }) => text),
      ["cake", "pie"],
    );
    await person.vote?.("cake or pie?", "pie");
    await life.host.event(
      "the vote",
      (it) =>
        it.kind === "votes" &&
        it.id === event.id &&
        (it.options?.includes(option("pie")?.id ?? "") === true ||
          it.tally?.[option("pie")?.id ?? ""] === 1),
    );
    if (!person.closePoll) return done;
    await person.closePoll("cake or pie?");
    await life.host.event(
      "the end",
      (it) => it.kind === "votes" && it.id === event.id && it.closed === true,
    );
    return done;
  },

  "votes, otherwise, and not at all": async (scene) => {
    const { person } = scene.stage;
    const life = await scene.live();
    const { connection } = life;
    if (!connection.vote || !person.poll) return "the adapter has no vote";
    const { event, option } = await theirPoll(scene, life);
    for (const text of ["cake", "pie", undefined]) {
      const options = text === undefined ? [] : [option(text)?.id ?? ""];
      await connection.vote(life.chat, { id: event.id, options }, signal());
      const wanted = text === undefined ? [] : [text];
      await onServer(
        scene,
        "cake or pie?",
        ({ votes = [] }) => JSON.stringify(votes) === JSON.stringify(wanted),
      );
    }
    return done;
  },

  "sends a poll, and ends it": async (scene) => {
    const life = await scene.live();
    const gap = await kindSent(life, poll);
    if (gap !== undefined) return gap;
    const [id] = await sendAll(life, poll);
    assert(id !== undefined);
    await onServer(scene, "tea or coffee?", ({ ours }) => ours);
    if (!life.connection.closePoll) return done;
    await life.connection.closePoll(life.chat, id, signal());
    await onServer(scene, "tea or coffee?", ({ closed }) => closed === true);
    return done;
  },

  "hands over a place": async (scene) => {
    const { person } = scene.stage;
    if (!person.place) return "the network has no places";
    const life = await scene.live();
    await person.place(60.17, 24.94);
    const place = await life.host.event("the place", (it) => {
      const parts = it.kind === "message" ? it.content.parts : [];
      return parts.find((part) => part.kind === "location");
    });
    assert(place.kind === "location");
    assert(Math.abs(place.lat - 60.17) < 0.001 && Math.abs(place.lon - 24.94) < 0.001);
    return done;
  },

  "sends a place": async (scene) => {
    const life = await scene.live();
    const place: Content = {
      parts: [{ id: firstPart, kind: "location", lat: 60.17, lon: 24.94 }],
    };
    const gap = await kindSent(life, place);
    if (gap !== undefined) return gap;
    const before = scene.stage.messages().filter(({ ours }) => ours).length;
    await sendAll(life, place);
    await until("the place", () => {
      const [sent] = scene.stage
        .messages()
        .filter(({ ours }) => ours)
        .slice(before);
      return sent?.place && Math.abs(sent.place.lat - 60.17) < 0.001;
    });
    return done;
  },

  "pins, again without a fuss, and lets go": async (scene) => {
    const life = await scene.live();
    const { connection } = life;
    if (!connection.pin) return "the adapter has no pin";
    const id = await anchored(life);
    for (const on of [true, true, false, false]) {
      await connection.pin(life.chat, { id, on }, signal());
      await onServer(scene, "the anchor", ({ pinned = false }) => pinned === on);
    }
    return done;
  },

  "hands over a pin": async (scene) => {
    const { person } = scene.stage;
    if (!person.pin) return "the network has no pins";
    const life = await scene.live();
    const id = await anchored(life);
    await person.pin("the anchor");
    await life.host.event(
      "the pin",
      (it) => it.kind === "pins" && it.set.some((one) => one.id === id && one.on),
    );
    return done;
  },

  "bans a mask, tells of it, and lets go, each again without a fuss": async (scene) => {
    const life = await scene.live();
    const { connection, chat } = life;
    if (!connection.setBan || !connection.bans) return "the adapter has no lists of bans";
    await scene.stage.person.empower?.();
    const mask = "*!*@spam.example";
    for (const on of [true, true, false, false]) {
      await connection.setBan(chat, { mask, on }, signal());
      const masks: readonly Ban[] = await connection.bans(chat, signal());
      assert.deepEqual(
        masks.map((ban) => [ban.mask, ban.on, ban.kind]),
        on ? [[mask, true, undefined]] : [],
      );
    }
    await assert.rejects(connection.setBan(chat, { mask: "*!*@*", on: true }, signal()), {
      code: "invalid",
    });
    return done;
  },

  "says every mark and block in its own way, and loses no word": async (scene) => {
    const life = await scene.live();
    const said = planOf(life, contentOf(everyMark))
      .map(({ plain }) => plain)
      .join("\n");
    for (const word of everyWord.split(" ")) assert(said.includes(word), `${word} in ${said}`);
    await sendAll(life, contentOf(everyMark));
    return done;
  },

  "a text that comes in has no mark of the network left in it": async (scene) => {
    const life = await scene.live();
    await scene.stage.person.say("plain words, 1 < 2 & 3 > 2");
    const event = await heard(life, "plain words, 1 < 2 & 3 > 2");
    assert.equal(textOf(event.content), "plain words, 1 < 2 & 3 > 2");
    return done;
  },
} as const satisfies Record<string, Case>;
