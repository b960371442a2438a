import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { keyField, MatrixError } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { ana } from "../testing/engine-fixture.ts";
import { bodies, from, ghost, openPuppet, reacts, room } from "../testing/puppet-scene.ts";
import type { PuppetScene } from "../testing/puppet-scene.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { keep, keptOf } from "./given.ts";
import { pingMatrix, takeToken } from "./matrix-login.ts";

const zoe = "@zoe:far.test";
const never = new AbortController().signal;
const people = { servers: { "far.test": "https://hs.far.test" }, discovery: false } as const;

/** Somebody of another homeserver, who gave a token. */
const openFar = async (t: TestContext, owner = zoe): Promise<PuppetScene> => {
  const scene = await openPuppet(t, { owners: [owner], on: false, people });
  scene.homeserver.members.get(room)?.set(owner, "join");
  await scene.store.commit((tx) => keep(tx, owner, { token: "t", since: 1 }));
  return scene;
};

const lost = (status: number, reached: "no" | "unknown"): MatrixError =>
  new MatrixError("NETWORK", "The line broke.", { status, reached });

const said = (scene: PuppetScene, sender: string): readonly unknown[] =>
  from(scene, sender).map(({ content }) => content["body"]);

test("who gave a token speaks as themselves, without a registration and on another homeserver", async (t) => {
  for (const owner of [ana, zoe]) {
    const scene = await openFar(t, owner);
    await scene.phone("hello");
    assert.deepEqual(said(scene, owner), ["hello"]);
    assert.deepEqual(scene.network.sent, []);
    await scene.store.commit((tx) => keep(tx, owner, undefined));
    await scene.phone("without");
    assert.deepEqual(said(scene, ghost), ["without"]);
  }
});

test("a homeserver that the config does not name any more is not called", async (t) => {
  const scene = await openPuppet(t, { owners: [zoe], on: false });
  scene.homeserver.members.get(room)?.set(zoe, "join");
  await scene.store.commit((tx) =>
    keep(tx, zoe, { token: "t", since: 1, found: "https://hs.far.test" }),
  );
  await scene.phone("hello");
  assert.deepEqual(said(scene, ghost), ["hello"]);
});

test("where her homeserver certainly has it not, the ghost stands in at once", async (t) => {
  const scene = await openFar(t);
  scene.homeserver.before = ({ op, as }) => {
    if (op === "send" && as === zoe) throw lost(0, "no");
  };
  await scene.phone("hello");
  assert.deepEqual(said(scene, ghost), ["hello"]);
  scene.homeserver.before = () => undefined;
  await scene.phone("back");
  assert.deepEqual(said(scene, zoe), ["back"]);
});

test("where it may have it, she is given time; what comes late goes no further", async (t) => {
  const scene = await openFar(t);
  const { homeserver, clock, network, other } = scene;
  let key: unknown;
  homeserver.before = ({ op, as, what }) => {
    if (op !== "send" || as !== zoe) return;
    const { content } = what;
    if (typeof content === "object" && content !== null && !Array.isArray(content))
      key = (content as Record<string, unknown>)[keyField];
    throw lost(0, "unknown");
  };
  await network.accept([saying("anna", "hello")]);
  await scene.settle();
  assert.deepEqual([said(scene, zoe), said(scene, ghost)], [[], []]);
  for (let waited = 0; said(scene, ghost).length === 0 && waited < 40; waited += 1) {
    clock.advance(5000);
    await scene.settle();
  }
  assert.deepEqual(said(scene, ghost), ["hello"]);
  await scene.echo();
  assert.equal(typeof key, "string");
  const content = { msgtype: "m.text", body: "hello", [keyField]: String(key) };
  const late: MatrixEvent = homeserver.event({
    room_id: room,
    type: "m.room.message",
    sender: zoe,
    content,
  });
  await scene.push(late);
  await scene.idle();
  assert.deepEqual(network.sent, []);
  assert.equal(bodies(other).length, 1, bodies(other).join());
  const forged = homeserver.event({
    room_id: room,
    type: "m.room.message",
    sender: ana,
    content,
  });
  await scene.push(forged);
  await scene.idle();
  assert.equal(bodies(other).length, 2, "the same key in another's mouth is a message of theirs");
});

test("where it may have it and takes the token no more, what comes late goes no further", async (t) => {
  const scene = await openFar(t);
  const { homeserver, clock, network, other } = scene;
  let key: unknown;
  let tries = 0;
  homeserver.before = ({ op, as, what }) => {
    if (as !== zoe) return;
    if (op !== "send") throw refusal("M_UNKNOWN_TOKEN", 401);
    const { content } = what;
    if (typeof content === "object" && content !== null && !Array.isArray(content))
      key = (content as Record<string, unknown>)[keyField];
    tries += 1;
    throw tries === 1 ? lost(0, "unknown") : refusal("M_UNKNOWN_TOKEN", 401);
  };
  await network.accept([saying("anna", "hello")]);
  await scene.settle();
  for (let waited = 0; said(scene, ghost).length === 0 && waited < 40; waited += 1) {
    clock.advance(5000);
    await scene.settle();
  }
  assert.deepEqual(said(scene, ghost), ["hello"]);
  await scene.echo();
  const content = { msgtype: "m.text", body: "hello", [keyField]: String(key) };
  const late = { room_id: room, type: "m.room.message", sender: zoe, content };
  await scene.push(homeserver.event(late));
  await scene.idle();
  assert.deepEqual(network.sent, []);
  assert.equal(bodies(other).length, 1, bodies(other).join());
});

test("where her homeserver asks for a short patience she goes on speaking, for a long one the ghost does", async (t) => {
  const scene = await openFar(t, ana);
  const { homeserver, clock } = scene;
  let wait = 3000;
  homeserver.before = ({ op, as }) => {
    if (op !== "send" || as !== ana || wait === 0) return;
    const facts = { status: 429, reached: "no", retryAfter: wait } as const;
    wait = wait === 3000 ? 0 : wait;
    throw new MatrixError("M_LIMIT_EXCEEDED", "Slower.", facts);
  };
  await scene.network.accept([saying("anna", "one")]);
  await scene.settle();
  clock.advance(3000);
  await scene.echo();
  assert.deepEqual([said(scene, ana), said(scene, ghost)], [["one"], []]);
  wait = 3_600_000;
  await scene.phone("two");
  assert.deepEqual(said(scene, ghost), ["two"]);
});

test("a token that died is forgotten, its owner is told, and nothing is lost", async (t) => {
  const scene = await openFar(t);
  const { homeserver, store } = scene;
  homeserver.before = ({ op, as }) => {
    if (as === zoe && (op === "send" || op === "whoami")) throw refusal("M_UNKNOWN_TOKEN", 401);
  };
  await scene.phone("hello");
  assert.deepEqual(said(scene, ghost), ["hello"]);
  assert.equal(await keptOf(store.read, zoe), undefined);
  const lines = said(scene, homeserver.bot).filter((body) => /login-matrix/.test(String(body)));
  assert.match(String(lines[0]), /M_UNKNOWN_TOKEN/);
  assert.equal(lines.length, 1);
});

test("a token is kept only for whom its homeserver says it is of", async (t) => {
  const scene = await openPuppet(t, { owners: [zoe], on: false, people });
  const { homeserver, store, engine } = scene;
  const take = (token: string, person = zoe): Promise<string> =>
    takeToken(engine.works, { person, token, signal: never });
  homeserver.tokens.set("mine", { user: zoe, device: "PHONE" });
  homeserver.tokens.set("hers", { user: ana });
  await assert.rejects(take("none"), /does not take that token/);
  await assert.rejects(take("hers"), /somebody else's/);
  await assert.rejects(take("two words"), /one word/);
  await assert.rejects(take("mine", "@zoe:nowhere.test"), /double_puppet\.servers/);
  assert.equal(await keptOf(store.read, zoe), undefined);
  assert.match(await take("mine"), /PHONE/);
  assert.deepEqual(
    homeserver.calls.filter(({ op }) => op === "whoIs").map(({ what }) => what["at"]),
    ["https://hs.far.test", "https://hs.far.test", "https://hs.far.test"],
  );
  assert.equal((await keptOf(store.read, zoe))?.token, "mine");
  assert.match(await pingMatrix(engine.works, zoe, never), /I speak as you/);
  assert.match(await pingMatrix(engine.works, ana, never), /no access token/);
});

test("with discovery a homeserver is found once, and what was found is what is called", async (t) => {
  const discovering = { servers: {}, discovery: true } as const;
  const scene = await openPuppet(t, { owners: [zoe], on: false, people: discovering });
  const { homeserver, store, engine } = scene;
  homeserver.tokens.set("mine", { user: zoe });
  await takeToken(engine.works, { person: zoe, token: "mine", signal: never });
  assert.equal(homeserver.count("findServer"), 1);
  assert.equal((await keptOf(store.read, zoe))?.found, "https://matrix.far.test");
  const asked = homeserver.calls.filter(({ op }) => op === "whoIs");
  assert.deepEqual(
    asked.map(({ what }) => what["at"]),
    ["https://matrix.far.test"],
  );
});

test("what a homeserver names instead of what was said is not taken for it: her ghost says it", async (t) => {
  const scene = await openFar(t);
  const { homeserver, store, portal } = scene;
  const victim = await scene.anaSays("mine");
  const send = homeserver.send.bind(homeserver);
  homeserver.send = (event, call) =>
    call.as === zoe ? Promise.resolve(victim.event_id) : send(event, call);
  const post = await scene.phone("bait");
  assert.deepEqual(said(scene, ghost), ["bait"]);
  const [row, ...more] = await store.read.messages.byRemote(portal.id, post.id);
  assert.deepEqual([row?.sender, more.length], [ghost, 0]);
  assert.equal((await store.read.messages.byEvent(portal.id, victim.event_id)).length, 1);
});

test("a homeserver that names what somebody else said gets it redacted by nobody", async (t) => {
  const scene = await openFar(t);
  const { homeserver } = scene;
  const victim = await scene.anaSays("mine");
  const send = homeserver.send.bind(homeserver);
  const lying = (about: string): void => {
    homeserver.send = (event, call) =>
      call.as === zoe ? Promise.resolve(about) : send(event, call);
  };
  lying(victim.event_id);
  const getEvent = homeserver.getEvent.bind(homeserver);
  homeserver.getEvent = () => Promise.resolve(undefined);
  const post = await scene.phone("bait");
  const bob = saying("bob", "hello");
  await scene.told(bob);
  await scene.told(reacts(bob, true));
  homeserver.getEvent = getEvent;
  await scene.told(reacts(bob, false));
  await scene.told({
    kind: "delete",
    chat: lobby,
    key: "gone",
    at: post.at,
    sender: post.sender,
    ids: [post.id],
    for: "all",
  });
  const redacted = homeserver.events.filter(({ type }) => type === "m.room.redaction");
  assert.deepEqual(redacted, []);
  homeserver.send = send;
  const honest = await scene.phone("honest");
  await scene.told(reacts(bob, true));
  await scene.told(reacts(bob, false));
  await scene.told({
    kind: "delete",
    chat: lobby,
    key: "gone too",
    at: honest.at,
    sender: honest.sender,
    ids: [honest.id],
    for: "all",
  });
  assert.equal(homeserver.count("redact"), 2);
});
