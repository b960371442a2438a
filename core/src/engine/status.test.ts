import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, loginId } from "../adapter/index.ts";
import { keyField } from "../matrix/types.ts";
import type { JsonObject } from "../matrix/types.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { saying, ScriptedNetwork } from "../testing/scripted-network.ts";
import { sendStatus } from "./status.ts";

const room = "!lobby:hs.test";

const open = async (
  t: TestContext,
  settings: { receipts?: boolean; statusEvents?: boolean },
): Promise<Scene> => {
  const scene = await openEngine(t, { settings });
  await scene.plumb();
  return scene;
};

const statuses = ({ homeserver }: Scene): readonly JsonObject[] =>
  homeserver.events.filter(({ type }) => type === sendStatus).map(({ content }) => content);

const receipts = ({ homeserver }: Scene): readonly unknown[] =>
  homeserver.calls.filter(({ op }) => op === "setReceipt").map(({ what, as }) => [what, as]);

test("clients are told of each message: under way once, then how it ended", async (t) => {
  const scene = await open(t, { statusEvents: true });
  const login = scene.engine.works.box.networks.get(net)?.logins.get(loginId("net:relay"));
  login?.gate.close({ until: undefined, why: "net is reconnecting." });
  const event = await scene.anaSays("one");
  await scene.settle();
  login?.gate.open();
  await scene.idle();
  const about = { rel_type: "m.reference", event_id: event.event_id };
  const bare = statuses(scene).map((content) =>
    Object.fromEntries(Object.entries(content).filter(([name]) => name !== keyField)),
  );
  assert.deepEqual(bare, [
    {
      "m.relates_to": about,
      network: "net",
      status: "PENDING",
      reason: "m.foreign_network_error",
      internal_error: "network",
      message: "net is reconnecting.",
    },
    { "m.relates_to": about, network: "net", status: "SUCCESS" },
  ]);
});

test("what a network refuses says why, in words that clients know", async (t) => {
  const scene = await open(t, { statusEvents: true });
  scene.network.send = () =>
    Promise.reject(
      new BridgeError("forbidden", "You are muted there.", { reached: "no", scope: "item" }),
    );
  await scene.anaSays("one");
  await scene.idle();
  const [{ status, reason, message } = {}] = statuses(scene);
  assert.deepEqual(
    [status, reason, message],
    ["FAIL_RETRIABLE", "m.no_permission", "You are muted there."],
  );
});

test("without the setting there is no such event, and nobody's receipt", async (t) => {
  const scene = await open(t, {});
  await scene.anaSays("one");
  await scene.idle();
  scene.clock.advance(1000);
  await scene.settle();
  assert.deepEqual(statuses(scene), []);
  assert.deepEqual(receipts(scene), []);
});

test("the bot has read what has arrived: of many the last, and nothing that failed", async (t) => {
  const scene = await open(t, { receipts: true });
  await scene.anaSays("one");
  const two = await scene.anaSays("two");
  await scene.idle();
  scene.clock.advance(1000);
  await scene.settle();
  const read = [{ room, event: two.event_id }, scene.homeserver.bot];
  assert.deepEqual(receipts(scene), [read]);
  scene.network.send = () =>
    Promise.reject(new BridgeError("invalid", "No.", { reached: "no", scope: "item" }));
  await scene.anaSays("three");
  await scene.idle();
  scene.clock.advance(1000);
  await scene.settle();
  assert.deepEqual(receipts(scene), [read]);
});

test("in a room of two networks it is read once both have it", async (t) => {
  const network = new ScriptedNetwork();
  const other = new ScriptedNetwork({ id: "two" });
  const scene = await openEngine(t, { network, others: [other], settings: { receipts: true } });
  await scene.plumb(room);
  await scene.plumb(room, other.id);
  const slow = Promise.withResolvers<void>();
  other.send = async () => {
    await slow.promise;
    return other.done();
  };
  const event = await scene.anaSays("one");
  await scene.settle();
  scene.clock.advance(1000);
  await scene.settle();
  assert.deepEqual(receipts(scene), []);
  slow.resolve();
  await scene.idle();
  scene.clock.advance(1000);
  await scene.settle();
  assert.deepEqual(receipts(scene), [[{ room, event: event.event_id }, scene.homeserver.bot]]);
});

const told = ({ news }: Scene): readonly (readonly [string, string])[] =>
  news.flatMap((one) =>
    one.what === "outcome" && one.outcome.state !== "retrying"
      ? [[one.outcome.origin, one.outcome.state] as const]
      : [],
  );

const statusOf = (scene: Scene, event: string): readonly unknown[] =>
  statuses(scene).flatMap((content) => {
    const about = content["m.relates_to"] as JsonObject;
    return about["event_id"] === event ? [content["status"]] : [];
  });

const away = (scene: Scene) => {
  const login = scene.engine.works.box.networks.get(net)?.logins.get(loginId("net:relay"));
  login?.gate.close({ until: undefined, why: "net is reconnecting." });
  return () => login?.gate.open();
};

const edit = (event: string, body: string): JsonObject => ({
  body: `* ${body}`,
  "m.new_content": { msgtype: "m.text", body },
  "m.relates_to": { rel_type: "m.replace", event_id: event },
});

test("an edit that was taken into its message before that left has arrived with it", async (t) => {
  const scene = await open(t, { statusEvents: true, receipts: true });
  const reopen = away(scene);
  const { event_id: first } = await scene.anaSays("one");
  const { event_id: change } = await scene.anaSays("", { content: edit(first, "two") });
  reopen();
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
  assert.deepEqual(statusOf(scene, change), ["SUCCESS"]);
  assert.deepEqual(told(scene), [
    [first, "delivered"],
    [change, "delivered"],
  ]);
  scene.clock.advance(1000);
  await scene.settle();
  assert.deepEqual(receipts(scene), [[{ room, event: change }, scene.homeserver.bot]]);
});

test("what was deleted before it left is told of, and so is its deletion", async (t) => {
  const scene = await open(t, { statusEvents: true });
  away(scene);
  const { event_id: first } = await scene.anaSays("one");
  await scene.settle();
  const redaction = scene.homeserver.event({
    room_id: room,
    type: "m.room.redaction",
    sender: ana,
    redacts: first,
    content: {},
  });
  await scene.push(redaction);
  await scene.idle();
  assert.deepEqual(statusOf(scene, first), ["PENDING", "FAIL_PERMANENT"]);
  assert.deepEqual(statusOf(scene, redaction.event_id), ["SUCCESS"]);
  assert.deepEqual(told(scene), [
    [first, "not_bridged"],
    [redaction.event_id, "delivered"],
  ]);
});

test("what only its echo proves to have arrived is told of like any other", async (t) => {
  const scene = await open(t, { statusEvents: true, receipts: true });
  scene.network.send = () =>
    Promise.reject(
      new BridgeError("network", "The answer was lost.", { reached: "unknown", scope: "item" }),
    );
  const { event_id: event } = await scene.anaSays("one");
  await scene.settle();
  const [{ attempt } = {}] = scene.network.sent;
  await scene.network.accept([saying("relay", "one", { confirms: attempt?.key ?? "" })]);
  await scene.idle();
  assert.deepEqual(statusOf(scene, event), ["PENDING", "SUCCESS"]);
  assert.deepEqual(told(scene), [[event, "delivered"]]);
  scene.clock.advance(1000);
  await scene.settle();
  assert.deepEqual(receipts(scene), [[{ room, event }, scene.homeserver.bot]]);
});
