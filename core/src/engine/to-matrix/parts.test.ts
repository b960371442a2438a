import assert from "node:assert/strict";
import { test } from "node:test";
import { firstPart, messageId, partId, userId } from "../../adapter/index.ts";
import type { Content, EditEvent, Part, RemoteEvent } from "../../adapter/index.ts";
import { fromPlain, toPlain } from "../../richtext/index.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { openEngine } from "../../testing/engine-fixture.ts";
import { lobby, saying } from "../../testing/scripted-network.ts";
import { shownParts } from "./parts.ts";

const room = "!lobby:hs.test";

const text = (id: string, words: string): Part => ({
  id: partId(id),
  kind: "text",
  text: fromPlain(words),
});

const edit = (of: string, version: string, content: Content): EditEvent => ({
  kind: "edit",
  chat: lobby,
  key: `edit:${of}`,
  version,
  id: messageId(of),
  sender: userId("bob"),
  at: 1,
  content,
});

/** What a reader sees now: the newest version of every event that is not redacted. */
const standing = ({ homeserver }: Scene): readonly string[] =>
  homeserver.events.flatMap((event) => {
    if (event.room_id !== room || event.type !== "m.room.message") return [];
    const relation = JSON.stringify(event.content["m.relates_to"] ?? null);
    if (relation.includes("m.replace")) return [];
    if (homeserver.events.some(({ redacts }) => redacts === event.event_id)) return [];
    const newest = homeserver.events.findLast((one) => {
      const about = JSON.stringify(one.content["m.relates_to"] ?? null);
      return about.includes("m.replace") && about.includes(`"${event.event_id}"`);
    });
    const shown = newest?.content["m.new_content"] ?? event.content;
    const body = typeof shown === "object" && shown !== null && "body" in shown ? shown.body : null;
    return typeof body === "string" ? [body] : [];
  });

test("an edit acts on each part: changed, new, missing, and the same", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const parts = [text("", "one"), text("a", "two"), text("b", "three")];
  const message = saying("bob", "", { content: { parts } });
  await scene.network.accept([message]);
  await scene.idle();
  assert.deepEqual(standing(scene), ["one", "two", "three"]);
  const sent = scene.homeserver.count("send");
  const next = [text("", "one"), text("b", "THREE"), text("c", "four")];
  await scene.network.accept([edit(message.id, "1", { parts: next })]);
  await scene.idle();
  assert.deepEqual(standing(scene), ["one", "THREE", "four"]);
  assert.equal(scene.homeserver.count("send"), sent + 2, "what is the same is not said again");
  await scene.network.accept([edit(message.id, "2", { parts: [text("", "alone")] })]);
  await scene.idle();
  assert.deepEqual(standing(scene), ["alone"]);
});

test("a delete of one part leaves the others; of the message, none", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const message = saying("bob", "", { content: { parts: [text("", "one"), text("a", "two")] } });
  const gone = (key: string, parts?: readonly string[]): RemoteEvent => ({
    kind: "delete",
    chat: lobby,
    at: 1,
    key,
    ids: [message.id],
    for: "all",
    ...(parts && { parts: parts.map(partId) }),
  });
  await scene.network.accept([message]);
  await scene.idle();
  await scene.network.accept([gone("1", ["a"])]);
  await scene.idle();
  assert.deepEqual(standing(scene), ["one"]);
  await scene.network.accept([gone("2")]);
  await scene.idle();
  assert.deepEqual(standing(scene), []);
});

const word = (index: number): string => `w${String(index).padStart(5, "0")}<&`;
const huge = Array.from({ length: 20_000 }, (_, index) => word(index)).join(" ");

test("a text that no event holds is several, and shrinks with its edit", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const message = saying("bob", huge);
  await scene.network.accept([message]);
  await scene.idle();
  const bodies = standing(scene);
  assert(bodies.length > 1);
  assert.deepEqual(
    bodies.flatMap((body) => body.split(/\s+/)),
    huge.split(" "),
  );
  await scene.network.accept([edit(message.id, "1", { parts: [text("", `X${huge}`)] })]);
  await scene.idle();
  for (const event of scene.homeserver.events)
    assert(Buffer.byteLength(JSON.stringify(event)) < 65_000, "an event fits");
  await scene.network.accept([edit(message.id, "2", { parts: [text("", "short")] })]);
  await scene.idle();
  assert.deepEqual(standing(scene), ["short"]);
});

test("pieces of a long text are of its part, and of no other", () => {
  const parts = [text("a", huge), text("b", "short")];
  const ids = shownParts({ parts }).map(({ parts: [part] }) => part?.id ?? "");
  assert.equal(ids[0], "a");
  assert.equal(ids.at(-1), "b");
  assert(ids.slice(1, -1).every((id) => id.startsWith("a~")));
  assert.equal(new Set(ids).size, ids.length);
  const [small] = shownParts({ parts: [text("", "x")] });
  assert.deepEqual(small, { parts: [text("", "x")] });
});

test("a forwarded message says where it is from", () => {
  const [shown, ...more] = shownParts({
    parts: [text("", "breaking")],
    forwarded: { from: "News" },
  });
  const [part] = shown?.parts ?? [];
  assert(part?.kind === "text" && more.length === 0 && shown?.forwarded === undefined);
  assert.equal(toPlain(part.text), "Forwarded from News\n\nbreaking");
  const poll: Part = {
    id: firstPart,
    kind: "poll",
    question: "?",
    options: [],
    max: 1,
    hidden: false,
  };
  const both = shownParts({ parts: [poll], forwarded: { from: "News" } });
  assert.deepEqual(
    both.map(({ parts: [one] }) => one?.kind),
    ["text", "poll"],
  );
});
