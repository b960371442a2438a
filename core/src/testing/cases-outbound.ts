import assert from "node:assert/strict";
import { messageId } from "../adapter/index.ts";
import type { Content } from "../adapter/index.ts";
import type { Case } from "./cases-life.ts";
import { hostileTexts } from "./hostile.ts";
import type { Scene } from "./scene.ts";
import { contentOf, heard, ordersOf, planOf, sendAll, sendOne } from "./scene.ts";
import { createAttempt } from "./memory-host.ts";
import { until } from "./until.ts";

const done = undefined;
const signal = () => AbortSignal.timeout(5000);

const ours = ({ stage }: Scene) => stage.messages().filter((it) => it.ours);

const arrives = (scene: Scene, text: string, times = 1): Promise<unknown> =>
  until(`${JSON.stringify(text)} is on the server ${times} times`, () => {
    const count = ours(scene).filter((it) => it.text === text).length;
    assert(times === 0 || count <= times, `${JSON.stringify(text)} was sent ${count} times`);
    return count === times;
  });

/** From the core to the network. */
export const outboundCases = {
  "sends a text, once": async (scene) => {
    const life = await scene.live();
    const [id] = await sendAll(life, contentOf("hello from here"));
    assert.notEqual(id, undefined);
    await arrives(scene, "hello from here");
    return done;
  },

  "the same word sent three times arrives three times": async (scene) => {
    const life = await scene.live();
    const ids = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      for (const id of await sendAll(life, contentOf("again"))) ids.add(id);
    }
    await arrives(scene, "again", 3);
    assert.equal(ids.size, 3, "each has an id of its own");
    return done;
  },

  "plans the same each time, as plain JSON, within the limit": async (scene) => {
    const life = await scene.live();
    const { max, unit, lines } = (await life.connection.describe(life.chat, signal())).features
      .text;
    const words = Array.from({ length: Math.ceil(max / 4) }, (_, index) => `word${index}`);
    const content = frozen(contentOf(`${words.join(" ")}\nlast line 👩‍👩‍👧‍👦`));
    const drafts = planOf(life, content);
    assert.deepEqual(planOf(life, content), drafts);
    assert.deepEqual(JSON.parse(JSON.stringify(drafts)), drafts);
    assert(drafts.length > 1, "what is longer than the limit is split");
    for (const { plain } of drafts) {
      assert(size(plain, unit) <= max, `${size(plain, unit)} of at most ${max} ${unit}`);
      if (lines === "single") assert(!plain.includes("\n"), "one line each");
    }
    const got = drafts.flatMap(({ plain }) => plain.split(/\s+/));
    assert.deepEqual(got, [...words, "last", "line", "👩‍👩‍👧‍👦"]);
    return done;
  },

  "no text breaks out of its message": async (scene) => {
    const life = await scene.live();
    for (const text of [...hostileTexts, ...(scene.ground.hostile ?? [])]) {
      const before = ours(scene).length;
      const orders = ordersOf(life, contentOf(text));
      for (const order of orders) await sendOne(life, order);
      await until(
        `as many messages as drafts for ${JSON.stringify(text)}`,
        () => ours(scene).length === before + orders.length,
      );
      const seen = ours(scene)
        .slice(before)
        .map((it) => it.text)
        .join("\n");
      for (const word of ["alpha", "omega"]) assert(seen.includes(word), JSON.stringify(seen));
    }
    return done;
  },

  "edits what it sent": async (scene) => {
    const life = await scene.live();
    if (!life.connection.edit) return "the adapter has no edit";
    const [id] = await sendAll(life, contentOf("with a tpyo"));
    const [order] = ordersOf(life, contentOf("without a typo"));
    assert(id !== undefined && order);
    await life.connection.edit(id, order, createAttempt());
    await arrives(scene, "without a typo");
    await arrives(scene, "with a tpyo", 0);
    return done;
  },

  "removes what it sent, and again without a fuss": async (scene) => {
    const life = await scene.live();
    const { connection, chat } = life;
    if (!connection.remove) return "the adapter has no remove";
    const [id] = await sendAll(life, contentOf("never mind"));
    assert(id !== undefined);
    await connection.remove(chat, id, { as: "self" }, signal());
    await arrives(scene, "never mind", 0);
    await connection.remove(chat, id, { as: "self" }, signal());
    return done;
  },

  "replies to what was said": async (scene) => {
    if (!scene.stage.person.answer) return "the network has no replies";
    const life = await scene.live();
    await scene.stage.person.say("what time is it?");
    const { id, sender } = await heard(life, "what time is it?");
    const replyTo = { id, ids: [id], sender, excerpt: "what time is it?" };
    await sendAll(life, { ...contentOf("late"), replyTo });
    const answer = await until("the reply", () => ours(scene).find((it) => it.text === "late"));
    assert.equal(answer.answers, "what time is it?");
    return done;
  },

  "a reply to what this network does not have is still said": async (scene) => {
    const life = await scene.live();
    const replyTo = { senderName: "Carol", excerpt: "said elsewhere" };
    await sendAll(life, { ...contentOf("indeed"), replyTo });
    await until("the text", () => ours(scene).some((it) => it.text.includes("indeed")));
    return done;
  },

  "reads history, oldest first": async (scene) => {
    const life = await scene.live();
    const { connection, chat } = life;
    if (!connection.history) return "the adapter has no history";
    for (const text of ["one", "two", "three"]) await scene.stage.person.say(text);
    const last = await heard(life, "three");
    const [one, two] = [await heard(life, "one"), await heard(life, "two")];
    const page = await connection.history(
      { chat, direction: "older", from: last.id, limit: 50 },
      signal(),
    );
    const got = page.events.flatMap((it) => (it.kind === "message" ? [it] : []));
    const wanted = [one, two].map(({ id, key }) => ({ id, key }));
    assert.deepEqual(
      got.map(({ id, key }) => ({ id, key })).filter(({ id }) => id === one.id || id === two.id),
      wanted,
    );
    return done;
  },

  "names in history all that is there, where it promises that the rest was deleted": async (
    scene,
  ) => {
    const life = await scene.live();
    const { connection, chat, host } = life;
    const { person } = scene.stage;
    if (!connection.history) return "the adapter has no history";
    if (!person.remove) return "the network has no removals";
    for (const text of ["one", "never mind", "three"]) await person.say(text);
    const said = [await heard(life, "one"), await heard(life, "three")];
    const { id: removed } = await heard(life, "never mind");
    const sent = await sendAll(life, contentOf("from here"));
    await person.say("the last");
    said.push(await heard(life, "the last"));
    await person.remove("never mind");
    await host.event("the removal", (it) => it.kind === "delete" && it);
    const page = await connection.history({ chat, direction: "older", limit: 50 }, signal());
    if (page.unlisted !== "deleted") return done;
    const messages = page.events.flatMap((it) => (it.kind === "message" ? [it] : []));
    const there = new Map([...messages, ...(page.listed ?? [])].map(({ id, at }) => [id, at]));
    assert(!there.has(removed), "what was removed is not there");
    for (const { id, at } of said) assert.equal(there.get(id), at, `when ${id} was said`);
    for (const id of sent) assert(page.ours !== true || there.has(id), `${id} is ours, and there`);
    return done;
  },

  "enters a chat that it is in": async (scene) => {
    const { connection, chat } = await scene.live();
    if (!connection.join) return "the adapter has no join";
    await connection.join(chat, signal());
    return done;
  },

  "does not find what nobody is called": async (scene) => {
    const { connection } = await scene.live();
    if (!connection.resolve) return "the adapter has no resolve";
    assert.equal(await connection.resolve("nobody-is-called-this", signal()), undefined);
    return done;
  },

  "removing what was never there is no surprise": async (scene) => {
    const { connection, chat } = await scene.live();
    if (!connection.remove) return "the adapter has no remove";
    await connection
      .remove(chat, messageId("999999"), { as: "self" }, signal())
      .catch((thrown: unknown) => assert(thrown instanceof Error && "code" in thrown));
    return done;
  },

  "refuses a role that it does not say it can give": async (scene) => {
    const life = await scene.live();
    const { connection, chat } = life;
    if (!connection.setMember) return "the adapter has no setMember";
    await scene.stage.person.say("make me something");
    const { sender: user } = await heard(life, "make me something");
    const { features } = await connection.describe(chat, signal());
    const role = everyRole.find((one) => features.roles?.includes(one) !== true);
    if (role === undefined) return "the chat takes every role";
    const change = { user, state: "join", role } as const;
    await assert.rejects(async () => connection.setMember?.(chat, change, signal()), {
      code: "unsupported",
      reached: "no",
      scope: "item",
    });
    return done;
  },
} as const satisfies Record<string, Case>;

const everyRole = ["helper", "voice", "owner", "admin", "moderator", "member", "muted"] as const;

const size = (text: string, unit: "utf16" | "codepoint" | "byte"): number => {
  if (unit === "utf16") return text.length;
  return unit === "byte" ? Buffer.byteLength(text) : Array.from(text).length;
};

const frozen = (content: Content): Content => {
  const freeze = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  };
  freeze(content);
  return content;
};
