import assert from "node:assert/strict";
import { test } from "node:test";
import { firstPart, loginId } from "../adapter/index.ts";
import type { RemoteEvent } from "../adapter/index.ts";
import { keyField } from "../matrix/types.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { bodies, from, ghost, one, openPuppet, reacts, room } from "../testing/puppet-scene.ts";
import type { PuppetScene } from "../testing/puppet-scene.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { saying } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import { logOut } from "./log-out.ts";

test("a forwarded message with a copied key is her own new message", async (t) => {
  const scene = await openPuppet(t);
  await scene.phone("first");
  const event = one(from(scene, ana));
  const again = await scene.anaSays("first", { content: { ...event.content } });
  await scene.echo();
  const kept = await scene.store.read.seen.has(scene.portal.id, `puppet:${again.event_id}`);
  assert.equal(kept, false, "it was looked for, and not put down as ours");
  assert.deepEqual(bodies(scene.network), ["first"]);
  assert.equal(bodies(scene.other).length, 2);
});

test("somebody else's copy of a key proves nothing, not even while it is under way", async (t) => {
  const scene = await openPuppet(t);
  const { homeserver } = scene;
  homeserver.makeRoom(room, [ana, homeserver.bot, "@mallory:hs.test"]);
  const lost = { now: true };
  homeserver.after = ({ op, as }) => {
    if (op === "send" && as === ana && lost.now) throw refusal("HTTP", 502);
  };
  await scene.network.accept([saying("anna", "hers")]);
  await until("it was said", () => from(scene, ana).length === 1);
  await scene.settle();
  const { content } = one(from(scene, ana));
  const copy = { room_id: room, type: "m.room.message", sender: "@mallory:hs.test", content };
  await scene.push(homeserver.event(copy));
  lost.now = false;
  await until("mallory is bridged", () => scene.network.sent.length === 1);
  scene.clock.advance(60_000);
  await scene.echo();
  assert.equal(from(scene, ana).length, 1, "and hers is found, not said again");
});

test("her echo in place of a lost answer settles it", async (t) => {
  const scene = await openPuppet(t);
  const { homeserver } = scene;
  homeserver.after = ({ op, as }) => {
    if (op === "send" && as === ana) throw refusal("HTTP", 502);
  };
  const said = saying("anna", "hers");
  await scene.network.accept([said]);
  await until("it was said", () => from(scene, ana).length === 1);
  await scene.settle();
  await scene.push(one(from(scene, ana)));
  await scene.echo();
  const rows = await scene.store.read.messages.byRemote(scene.portal.id, said.id);
  assert.equal(rows[0]?.sender, ana);
  assert.equal(from(scene, ana).length, 1);
  assert.deepEqual(scene.network.sent, []);
});

test("what was said as her before the second registration was taken away is known when it comes", async (t) => {
  const scene = await openPuppet(t, { on: false });
  const { homeserver, portal, store } = scene;
  const content = { msgtype: "m.text", body: "hers", [keyField]: "k" };
  const event = homeserver.event({ room_id: room, type: "m.room.message", sender: ana, content });
  const { id, sender, at } = saying("anna", "hers");
  const facts = { event: event.event_id, room, sender: ana, author: sender, at } as const;
  const row = { ...facts, portal: portal.id, remote: id, part: firstPart, from: "remote" } as const;
  await store.commit((tx) => tx.messages.add({ ...row, login: undefined, content: undefined }));
  await scene.push(event);
  await scene.echo();
  assert.deepEqual(scene.network.sent, []);
  assert.equal(bodies(scene.other).length, 1);
});

/** It is done as her, which the homeserver never answers; then she logs out, and the box looks again. */
const losesHer = async (scene: PuppetScene, event: RemoteEvent): Promise<void> => {
  const { homeserver, clock, engine, network } = scene;
  let lost = 0;
  homeserver.after = ({ op, as }) => {
    if (as !== ana || op !== "send") return;
    lost += 1;
    throw refusal("M_UNKNOWN", 502);
  };
  await network.accept([event]);
  await until("its answer is lost", () => lost === 1);
  await scene.settle();
  const row = engine.works.box.networks.get(net)?.logins.get(loginId("net:anna0"))?.row;
  assert(row);
  await logOut(engine.works, engine.supervisor, row);
  clock.advance(60_000);
  await scene.idle();
};

test("what she has said and done is not repeated by her ghost though she logged out before that was known", async (t) => {
  const said = await openPuppet(t);
  const event = saying("anna", "once");
  await losesHer(said, event);
  const [shown] = await said.store.read.messages.byRemote(said.portal.id, event.id);
  assert.equal(shown?.sender, ana);
  assert.equal(shown?.event, one(from(said, ana)).event_id);
  assert.deepEqual(
    from(said, ghost).filter(({ type }) => type === "m.room.message"),
    [],
  );

  const reacted = await openPuppet(t);
  const hello = saying("bob", "hello");
  await reacted.told(hello);
  await losesHer(reacted, reacts(hello, true));
  const reactions = reacted.homeserver.events.filter(({ type }) => type === "m.reaction");
  assert.deepEqual(
    reactions.map(({ sender }) => sender),
    [ana],
  );
});
