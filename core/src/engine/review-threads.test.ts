import assert from "node:assert/strict";
import { test } from "node:test";
import { messageId } from "../adapter/index.ts";
import type { MessageEvent } from "../adapter/index.ts";
import { allReviewed, at, gap, openHealed, redacted, room, text } from "../testing/healed-scene.ts";
import type { Healed } from "../testing/healed-scene.ts";

const answering = (root: number, said: string): Partial<MessageEvent> => ({
  content: { ...text(said), thread: { root: { id: messageId(String(root)) } } },
});

const threadsAsked = ({ archive }: Healed): readonly (string | undefined)[] =>
  archive.asked.map(({ thread }) => thread);

test("answers in threads that were edited or deleted are found in their threads", async (t) => {
  const scene = await openHealed(t, { thread: "inline" });
  const { archive, network, homeserver, anaSays, idle } = scene;
  archive.size = 100;
  network.send = () => {
    const sent = { id: messageId("5"), at: at(5), thread: messageId("1") };
    return Promise.resolve({ state: "sent", sent });
  };
  await network.accept([archive.say(1), archive.say(2)]);
  const said = ["kept", "deleted there", "not edited yet"];
  const answers = said.map((words, index) => {
    const number = index === 2 ? 6 : 3 + index;
    return archive.say(number, words, answering(1, words));
  });
  await network.accept(answers);
  await network.accept([archive.say(8, "elsewhere", answering(2, "elsewhere"))]);
  await idle();
  await anaSays("an answer from Matrix");
  await idle();
  archive.kept.delete(4);
  archive.say(6, "", answering(1, "edited"));
  await network.accept([gap({ only: "changes" })]);
  await allReviewed(scene);
  assert.deepEqual(threadsAsked(scene), [undefined, "2", "1"]);
  assert.deepEqual(redacted(scene).map(String).toSorted(), [
    "an answer from Matrix",
    "deleted there",
  ]);
  assert.deepEqual(homeserver.said(room).at(-1), "* edited");
});

test("of threads the ten with the newest answers are looked at", async (t) => {
  const scene = await openHealed(t, { thread: "inline" });
  const { archive, network, idle } = scene;
  archive.size = 100;
  const roots = Array.from({ length: 12 }, (_, index) => index + 1);
  await network.accept(roots.map((number) => archive.say(number)));
  await idle();
  await network.accept(
    roots.map((root) => archive.say(100 - root, "leaf", answering(root, "leaf"))),
  );
  await idle();
  await network.accept([gap({ only: "changes" })]);
  await allReviewed(scene);
  assert.deepEqual(threadsAsked(scene), [undefined, ...roots.slice(0, 10).map(String)]);
});

test("a thread that does not come whole, or without its root, deletes nothing", async (t) => {
  const scene = await openHealed(t, { thread: "inline" });
  const { archive, network, idle } = scene;
  archive.size = 3;
  await network.accept([archive.say(1), archive.say(2)]);
  await idle();
  const long = [3, 4, 5, 6, 7].map((number) => archive.say(number, "", answering(1, `${number}`)));
  const rootless = [8, 9, 10].map((number) => archive.say(number, "", answering(2, `${number}`)));
  await network.accept([...long, ...rootless]);
  await idle();
  for (const number of [2, 6, 9]) archive.kept.delete(number);
  // The root is known to the chat's own page, where its deletion is found.
  await network.accept([gap({ only: "changes" })]);
  await allReviewed(scene);
  assert.deepEqual(threadsAsked(scene), [undefined, "2", "1"]);
  assert.deepEqual(redacted(scene), ["number 2"]);
});

test("a chat whose threads are chats of their own has none to be looked at", async (t) => {
  const scene = await openHealed(t, { thread: "chat" });
  const { archive, network, idle } = scene;
  await network.accept([archive.say(1)]);
  await idle();
  await network.accept([archive.say(2, "leaf", answering(1, "leaf"))]);
  await idle();
  await network.accept([gap({ only: "changes" })]);
  await allReviewed(scene);
  assert.deepEqual(threadsAsked(scene), [undefined]);
});
