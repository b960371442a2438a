import assert from "node:assert/strict";
import { MemoryHost, until } from "@bridgebox/core/testing";
import type { Account, Channel, TelegramServer } from "../../../test/networks/telegram/index.ts";
import { healed, texts, textsOf } from "./testing/heard.ts";
import { onTelegram } from "./testing/on-telegram.ts";
import { channelChat, type Fixture } from "./testing/world.ts";

let server: TelegramServer;
let world: Fixture;
const test = onTelegram((opened) => {
  world = opened;
  ({ server } = opened);
});

const longAgo = { date: 1_600_000_000 };

/** Somebody who was connected once, with something said to them, and is away now. */
const away = async (): Promise<MemoryHost> => {
  const { alice, bob, goLive } = world;
  const live = await goLive(alice);
  server.say(bob, alice, "before");
  await live.core.until(() => texts(live.core).includes("before"));
  await live.close();
  return live.core;
};

/** What a kill leaves: what is done later does not come to it. */
const diskOf = ({ kept: { store, cursors, ...rest } }: MemoryHost) => ({
  ...rest,
  store: new Map(store),
  cursors: new Map(cursors),
});

test("what was said since one came into a group while nobody listened is read, and nothing from before", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const group = server.addSupergroup("New", [bob]);
  server.say(bob, group, "prehistory", longAgo);
  server.join(group, alice, bob);
  const said = ["one", "two", "three", "four", "five", "six"];
  for (const text of said) server.say(bob, group, text);
  const live = await goLive(alice, new MemoryHost(core.kept));
  const [gap, ...more] = await live.core.until(() => {
    const gaps = live.core.of("gap");
    return gaps.length > 0 && gaps;
  });
  assert.ok(gap);
  assert.deepEqual([gap.chat, gap.healable, more], [channelChat(group), true, []]);
  assert.deepEqual(await healed(live, gap), said);
  server.say(bob, group, "now");
  await live.core.until(() => texts(live.core).includes("now"));
  assert.deepEqual(texts(live.core), ["now"]);
  assert.equal(live.core.of("gap").length, 1);
});

test("what is hidden from new members stays so", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const group = server.addSupergroup("Secretive", [bob], { hiddenHistory: true });
  for (const text of ["secret", "top secret"]) server.say(bob, group, text);
  server.join(group, alice, bob);
  server.say(bob, group, "welcome");
  const live = await goLive(alice, new MemoryHost(core.kept));
  const gap = await live.core.until(() => live.core.of("gap")[0]);
  assert.deepEqual([gap.healable, gap.chat], [true, channelChat(group)]);
  assert.deepEqual(await healed(live, gap), ["welcome"]);
});

test("what a forum hides from new members is not missing, however much it is", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const forum = server.addSupergroup("Closed", [bob], { forum: true, hiddenHistory: true });
  server.say(bob, forum, "secret");
  forum.box.nextId += 4000;
  server.say(bob, forum, "top secret");
  server.join(forum, alice, bob);
  server.say(bob, forum, "welcome");
  const live = await goLive(alice, new MemoryHost(core.kept));
  await live.core.until(() => texts(live.core).includes("welcome"));
  assert.deepEqual(texts(live.core), ["welcome"]);
  assert.deepEqual(live.core.of("gap"), []);
});

test("a group into which one came and in which nobody spoke since has no gap", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const group = server.addSupergroup("Silent", [bob]);
  server.join(group, alice, bob);
  server.remove(...server.messages(group));
  const live = await goLive(alice, new MemoryHost(core.kept));
  const position = `updates\nchannel:${group.id}`;
  await until("its position", () => live.core.kept.cursors.has(position));
  assert.deepEqual(live.core.of("gap"), []);
});

test("what was missed is still known after a kill, whatever time has passed since", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const group = server.addSupergroup("New", [bob]);
  server.say(bob, group, "prehistory", longAgo);
  server.join(group, alice, bob);
  server.say(bob, group, "missed");
  const calls = server.calls.length;
  const release = server.hang("channels.GetFullChannel");
  const killed = new MemoryHost(core.kept);
  void goLive(alice, killed).catch(() => undefined);
  await until("it was told of the group", () =>
    server.calls.slice(calls).some(({ name }) => name === "channels.GetFullChannel"),
  );
  const disk = diskOf(killed);
  const date = Number(disk.cursors.get("updates\ndate"));
  disk.cursors.set("updates\ndate", String(date + 60));
  killed.stop();
  release();
  const live = await goLive(alice, new MemoryHost(disk));
  const gap = await live.core.until(() => live.core.of("gap")[0]);
  assert.deepEqual(gap.chat, channelChat(group));
  assert.deepEqual(await healed(live, gap), ["missed"]);
});

test("what is pushed before it is asked what was missed does not pass for the beginning of a group", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const group = server.addSupergroup("Lively", [bob]);
  server.say(bob, group, "prehistory", longAgo);
  server.join(group, alice, bob);
  server.say(bob, group, "missed");
  let pushed = 0;
  const push = ({ name, user }: { readonly name: string; readonly user?: Account }) => {
    if (name !== "updates.GetDifference" || user !== alice || pushed > 0) return;
    pushed += 1;
    server.say(bob, group, "meanwhile");
  };
  server.events.on("call", push);
  const live = await goLive(alice, new MemoryHost(core.kept));
  server.events.off("call", push);
  const gap = await live.core.until(() => live.core.of("gap")[0]);
  assert.deepEqual(await healed(live, gap), ["missed", "meanwhile"]);
  server.say(bob, group, "now");
  await live.core.until(() => texts(live.core).includes("now"));
  assert.deepEqual(texts(live.core), ["now"]);
});

test("a group that one came into is met also where the place in the account's box is lost", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const group = server.addSupergroup("New", [bob]);
  server.say(bob, group, "prehistory", longAgo);
  server.join(group, alice, bob);
  server.say(bob, group, "missed");
  server.fail("updates.GetDifference", { code: 400, message: "PERSISTENT_TIMESTAMP_INVALID" });
  const live = await goLive(alice, new MemoryHost(core.kept));
  const gap = await live.core.until(() =>
    live.core.of("gap").find(({ chat }) => chat.id === channelChat(group).id),
  );
  assert.deepEqual(await healed(live, gap), ["missed"]);
});

/** A forum into which Alice comes while she is away, with a topic from before. */
const forumWith = (alice: Account, bob: Account): { forum: Channel; topic: number } => {
  const forum = server.addSupergroup("Forum", [bob], { forum: true });
  server.say(bob, forum, "The first message belongs to no topic.", longAgo);
  const topic = server.people.openTopic(forum, bob, "Gardening");
  server.say(bob, forum, "seeds", { topic, ...longAgo });
  server.join(forum, alice, bob);
  return { forum, topic };
};

const heardIn = (core: MemoryHost) =>
  core.of("message").map((each) => [each.chat.id, ...textsOf([each])]);

test("what was missed in a forum comes to its topics, and a kill in the middle neither loses nor doubles", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const { forum, topic } = forumWith(alice, bob);
  const lines = Array.from({ length: 120 }, (_, index) => `line ${index}`);
  for (const text of lines) server.say(bob, forum, text, { topic });
  server.say(bob, forum, "in general");
  const killed = new MemoryHost(core.kept);
  const hung = Promise.withResolvers<void>();
  killed.beforeCommit = async () => {
    if (killed.of("message").length === 0) return undefined;
    hung.resolve();
    return new Promise(() => undefined);
  };
  const going = goLive(alice, killed);
  going.catch(() => undefined);
  await hung.promise;
  const first = heardIn(killed);
  const disk = diskOf(killed);
  killed.stop();
  const live = await goLive(alice, new MemoryHost(disk));
  server.say(bob, forum, "now", { topic });
  await live.core.until(() => texts(live.core).includes("now"));
  assert.ok(first.length > 0 && first.length < lines.length, `${first.length}`);
  assert.deepEqual(
    [...first, ...heardIn(live.core)],
    [
      ...lines.map((text) => [`${channelChat(forum).id}/${topic}`, text]),
      [channelChat(forum).id, "in general"],
      [`${channelChat(forum).id}/${topic}`, "now"],
    ],
  );
  assert.deepEqual([...killed.of("gap"), ...live.core.of("gap")], []);
});

test("what is too much in a forum is a gap in every topic that may lack something", async () => {
  const { alice, bob, goLive } = world;
  const core = await away();
  const { forum, topic } = forumWith(alice, bob);
  server.people.openTopic(forum, bob, "Quiet");
  const busy = server.people.openTopic(forum, bob, "Busy");
  for (const each of [topic, busy]) server.say(bob, forum, "too early", { topic: each });
  forum.box.nextId += 3000;
  server.say(bob, forum, "late", { topic });
  const later = server.people.openTopic(forum, bob, "Later");
  server.say(bob, forum, "later", { topic: later });
  const live = await goLive(alice, new MemoryHost(core.kept));
  await live.core.until(() => texts(live.core).includes("later"));
  assert.deepEqual(texts(live.core), ["late", "later"]);
  const { id } = channelChat(forum);
  assert.deepEqual(
    live.core.of("gap").map(({ chat, healable }) => [chat.id, healable]),
    [id, `${id}/${busy}`, `${id}/${topic}`].map((each) => [each, false]),
  );
});
