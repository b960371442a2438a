import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, messageId } from "../../adapter/index.ts";
import type { Found } from "../../adapter/index.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import {
  again,
  arrived,
  lost,
  openAsked,
  refused,
  room,
  stateOf,
  statuses,
} from "../../testing/asked-scene.ts";
import { ana } from "../../testing/engine-fixture.ts";
import { saying, ScriptedNetwork } from "../../testing/scripted-network.ts";
import { setMuted } from "../mute.ts";
import { sendStatus } from "../status.ts";

const bob = "@bob:hs.test";
const hint = ` React to this with ${again} to send it again, or with ${arrived} if it arrived.`;
const unsure =
  "Your message may not have been delivered to net: the connection broke off while it was being sent, " +
  `and this network cannot be asked. Look there, and send it again if it is missing.${hint}`;
const muted = `Your message did not reach net: You are muted there. React to this with ${again} to try it again.`;

test("a message that may not have arrived is offered to be sent again, and is, as the same person", async (t) => {
  const scene = await openAsked(t);
  scene.fails(lost);
  const event = await scene.says("one");
  assert.deepEqual(scene.lines(), [unsure]);
  assert.deepEqual(scene.offers(), [again, arrived]);
  assert.equal(await stateOf(scene, event), "doubtful");
  const [first] = scene.network.sent;
  scene.works();
  const click = await scene.reacts(again);
  const [, second, ...more] = scene.network.sent;
  assert.deepEqual(more, []);
  assert.deepEqual(second?.order, first?.order);
  assert.equal(second?.attempt.key, first?.attempt.key);
  assert.deepEqual([first?.attempt.number, second?.attempt.number], [1, 2]);
  assert.equal(await stateOf(scene, event), "delivered");
  assert.deepEqual(scene.lines(), ["\u2713 It was sent again and reached net."]);
  assert.deepEqual(scene.offers(), []);
  assert(scene.homeserver.events.some(({ redacts }) => redacts === click.event_id));
  assert.deepEqual(statuses(scene, event).slice(-3), ["FAIL_RETRIABLE", "PENDING", "SUCCESS"]);
  assert.equal(
    (await scene.store.read.messages.byEvent(scene.portal.id, event.event_id)).length,
    1,
  );
});

test("a click that comes twice, and one of somebody else who may, send it once", async (t) => {
  const scene = await openAsked(t);
  scene.fails(lost);
  await scene.says("one");
  scene.works();
  const relation = { rel_type: "m.annotation", key: again };
  const about = scene.homeserver.events.find(
    ({ sender, type }) => sender === scene.homeserver.bot && type === "m.room.message",
  );
  const click = (): MatrixEvent =>
    scene.homeserver.event({
      room_id: room,
      type: "m.reaction",
      sender: ana,
      content: { "m.relates_to": { ...relation, event_id: about?.event_id ?? "" } },
    });
  const first = click();
  await scene.push(first, click());
  await scene.push(first);
  await scene.rest();
  assert.equal(scene.network.sent.length, 2);
});

test("whoever did not say it is not listened to, unless they may change the room", async (t) => {
  const scene = await openAsked(t, { settings: { permits: (_, what) => what !== "admin" } });
  scene.fails(lost);
  const event = await scene.says("one");
  scene.works();
  await scene.reacts(again, bob);
  await scene.reacts(arrived, bob);
  assert.equal(scene.network.sent.length, 1);
  assert.equal(await stateOf(scene, event), "doubtful");
  const at = { room, type: "m.room.power_levels", key: "" };
  await scene.homeserver.setState(
    at,
    { users: { [bob]: 50 } },
    { class: "live", signal: AbortSignal.timeout(5000) },
  );
  await scene.reacts(arrived, bob);
  assert.equal(await stateOf(scene, event), "delivered");
});

test("one that arrived is settled, nothing is sent, and it is not shown as new when the network shows it", async (t) => {
  const scene = await openAsked(t);
  scene.fails(lost);
  const event = await scene.says("one");
  const [{ attempt } = {}] = scene.network.sent;
  scene.works();
  await scene.reacts(arrived);
  const isSettled = (): void =>
    assert.deepEqual(scene.lines(), ["\u2713 It reached net: somebody here saw it there."]);
  assert.equal(scene.network.sent.length, 1);
  assert.equal(await stateOf(scene, event), "delivered");
  isSettled();
  assert.deepEqual(scene.offers(), []);
  assert.deepEqual(statuses(scene, event).slice(-2), ["FAIL_RETRIABLE", "SUCCESS"]);
  await scene.reacts(again);
  assert.equal(scene.network.sent.length, 1);

  await scene.network.accept([saying("relay", "one", { confirms: attempt?.key ?? "" })]);
  await scene.rest();
  isSettled();
  const shown = scene.homeserver.events.filter(({ content }) => content["body"] === "one");
  assert.equal(shown.length, 1);
  const rows = await scene.store.read.messages.byEvent(scene.portal.id, event.event_id);
  assert.equal(rows.length, 1);
});

test("where the network can be asked what it is called, it is changed and deleted after all", async (t) => {
  const network = new ScriptedNetwork();
  const asked: string[] = [];
  let found: Found = { state: "unknown" };
  network.more = {
    find: (_order, { key }) => {
      asked.push(key);
      return Promise.resolve(found);
    },
    edit: (id, { draft }) => {
      network.did.push(["edit", [id, draft.plain]]);
      return Promise.resolve({ state: "sent", sent: { id } });
    },
    remove: (_chat, id) => {
      network.did.push(["remove", id]);
      return Promise.resolve();
    },
  };
  const scene = await openAsked(t, { network });
  scene.fails(lost);
  const event = await scene.says("one");
  const [{ attempt } = {}] = network.sent;
  await scene.reacts(arrived);
  found = { state: "sent", sent: { id: messageId("there") } };
  await scene.says("* two", {
    "m.new_content": { msgtype: "m.text", body: "two" },
    "m.relates_to": { rel_type: "m.replace", event_id: event.event_id },
  });
  const redaction = { room_id: room, type: "m.room.redaction", sender: ana, content: {} };
  await scene.push(scene.homeserver.event({ ...redaction, redacts: event.event_id }));
  await scene.rest();
  assert.deepEqual(network.did, [
    ["edit", ["there", `${ana}: two`]],
    ["remove", "there"],
  ]);
  assert.equal(asked.at(-1), attempt?.key);
  assert.equal(await scene.store.read.retriables.byKey(attempt?.key ?? ""), undefined);
});

test("one that arrived by somebody's word is changed and deleted there, and its author is told so", async (t) => {
  const scene = await openAsked(t);
  scene.fails(lost);
  const event = await scene.says("one");
  scene.works();
  await scene.reacts(arrived);
  await scene.says("* two", {
    "m.new_content": { msgtype: "m.text", body: "two" },
    "m.relates_to": { rel_type: "m.replace", event_id: event.event_id },
  });
  const redaction = { room_id: room, type: "m.room.redaction", sender: ana, content: {} };
  await scene.push(scene.homeserver.event({ ...redaction, redacts: event.event_id }));
  await scene.rest();
  const why = (deed: string): string =>
    `did not reach net: the network never told which message of it that is; it is known to be there because somebody here said so. ${deed} it there.`;
  const [, ...lines] = scene.lines();
  assert.deepEqual(lines, [`Your edit ${why("Change")}`, `Your deletion ${why("Delete")}`]);
  const [{ attempt } = {}] = scene.network.sent;
  assert.equal(await scene.store.read.retriables.byKey(attempt?.key ?? ""), undefined);
  assert.equal(scene.network.sent.length, 1);
});

test("a room that was muted meanwhile has its line put right, and no new one", async (t) => {
  const scene = await openAsked(t);
  scene.fails(lost);
  await scene.says("one");
  await scene.store.commit((tx) => setMuted(tx, { room }, true));
  await scene.says("two");
  assert.equal(scene.lines().length, 1);
  await scene.reacts(arrived);
  assert.deepEqual(scene.lines(), ["\u2713 It reached net: somebody here saw it there."]);
  assert.deepEqual(scene.offers(), []);
});

test("one that fails again says so in the same line, and is offered again", async (t) => {
  const scene = await openAsked(t);
  scene.fails(refused);
  const event = await scene.says("one");
  assert.deepEqual(scene.lines(), [muted]);
  assert.deepEqual(scene.offers(), [again]);
  await scene.reacts(again);
  assert.deepEqual(scene.lines(), [muted]);
  assert.deepEqual(scene.offers(), [again]);
  assert.equal(await stateOf(scene, event), "failed");
  await scene.reacts(arrived);
  assert.equal(await stateOf(scene, event), "failed");
  scene.works();
  await scene.reacts(again);
  assert.deepEqual(scene.lines(), ["\u2713 It was sent again and reached net."]);
  assert.equal(scene.network.sent.length, 3);
});

test("what another try cannot change is not offered", async (t) => {
  const scene = await openAsked(t);
  scene.fails(new BridgeError("too_large", "It is too long.", { reached: "no", scope: "item" }));
  const event = await scene.says("one");
  assert.deepEqual(scene.lines(), ["Your message did not reach net: It is too long."]);
  assert.deepEqual(scene.offers(), []);
  assert.equal(statuses(scene, event).at(-1), "FAIL_PERMANENT");
  await scene.reacts(again);
  assert.equal(scene.network.sent.length, 1);
});

test("who had no login there sends it again after they have one", async (t) => {
  const scene = await openAsked(t, { network: new ScriptedNetwork({ standing: [] }) });
  const event = await scene.says("one");
  assert.match(scene.lines()[0] ?? "", /Log in, or ask .* react to this with/);
  assert.deepEqual(scene.offers(), [again]);
  await scene.reacts(again);
  assert.equal(await stateOf(scene, event), "not_bridged");
  assert.deepEqual(scene.offers(), [again]);
});

test("where the network can be asked, one that is there after all is not sent again", async (t) => {
  const network = new ScriptedNetwork();
  let found: Found = { state: "unknown" };
  network.more = { find: () => Promise.resolve(found) };
  const scene = await openAsked(t, { network });
  scene.fails(lost);
  const event = await scene.says("one");
  assert.equal(await stateOf(scene, event), "doubtful");
  found = { state: "sent", sent: { id: messageId("there") } };
  scene.works();
  await scene.reacts(again);
  assert.equal(network.sent.length, 1);
  const [row] = await scene.store.read.messages.byEvent(scene.portal.id, event.event_id);
  assert.equal(row?.remote, "there");
  assert.deepEqual(scene.offers(), []);
});

test("one that the network shows after all is there: its line says so, and nobody is asked", async (t) => {
  const scene = await openAsked(t);
  scene.fails(lost);
  const event = await scene.says("one");
  const [{ attempt } = {}] = scene.network.sent;
  await scene.network.accept([saying("relay", "one", { confirms: attempt?.key ?? "" })]);
  await scene.rest();
  assert.equal(await stateOf(scene, event), "delivered");
  assert.deepEqual(scene.lines(), ["\u2713 It reached net after all."]);
  assert.deepEqual(scene.offers(), []);
  assert.equal(statuses(scene, event).at(-1), "SUCCESS");
  const rows = await scene.store.read.messages.byEvent(scene.portal.id, event.event_id);
  assert.equal(rows.length, 1);
  await scene.reacts(again);
  assert.equal(scene.network.sent.length, 1);
});

test("one that the network shows after all goes when its time there is over", async (t) => {
  const scene = await openAsked(t);
  scene.fails(lost);
  const event = await scene.says("one");
  const confirms = scene.network.sent[0]?.attempt.key ?? "";
  const echo = saying("relay", "one", { confirms, at: scene.clock.now() });
  const expires = { mode: "timer", seconds: 60, from: "sent" } as const;
  await scene.network.accept([{ ...echo, content: { ...echo.content, expires } }]);
  for (let times = 0; times < 20; times += 1) await scene.settle();
  scene.clock.advance(61_000);
  for (let times = 0; times < 20; times += 1) await scene.settle();
  assert(scene.homeserver.events.some(({ redacts }) => redacts === event.event_id));
});

test("one that was deleted meanwhile is not sent again", async (t) => {
  const scene = await openAsked(t);
  scene.fails(lost);
  const event = await scene.says("one");
  scene.works();
  const redaction = { room_id: room, type: "m.room.redaction", sender: ana, content: {} };
  await scene.push(scene.homeserver.event({ ...redaction, redacts: event.event_id }));
  await scene.rest();
  assert.deepEqual(scene.lines(), ["It was deleted here. If it reached net, delete it there too."]);
  assert.deepEqual(scene.offers(), []);
  await scene.reacts(again);
  assert.equal(scene.network.sent.length, 1);
});

test("of a message in pieces only those that may be missing are sent again", async (t) => {
  const network = new ScriptedNetwork();
  network.more = {
    plan: ({ content }) =>
      content.parts.flatMap((part) =>
        ["a", "b", "c"].map((body) => ({ part: part.id, body, plain: body })),
      ),
  };
  const scene = await openAsked(t, { network });
  network.send = ({ draft }) =>
    draft.body === "b" ? Promise.reject(lost) : Promise.resolve(network.done());
  const event = await scene.says("abc");
  await scene.rest();
  assert.equal(await stateOf(scene, event), "doubtful");
  scene.works();
  await scene.reacts(again);
  const bodies = network.sent.map(({ order }) => order.draft.body);
  assert.deepEqual(bodies, ["a", "b", "c", "b"]);
  assert.equal(await stateOf(scene, event), "delivered");
});

test("a client's own \u201ctry again\u201d sends the message once more, and ends as it does", async (t) => {
  const scene = await openAsked(t);
  scene.fails(refused);
  const event = await scene.says("one");
  scene.works();
  const retry = { original_event_id: event.event_id, retry_count: 1 };
  const tried = await scene.says("one", { "com.beeper.message_send_retry": retry });
  assert.equal(scene.network.sent.length, 2);
  assert.deepEqual(
    [await stateOf(scene, event), await stateOf(scene, tried)],
    ["delivered", "delivered"],
  );
  const last = scene.homeserver.events.findLast(
    ({ type, content }) =>
      type === sendStatus && JSON.stringify(content).includes(`"event_id":"${event.event_id}"`),
  );
  assert.deepEqual(
    [last?.content["status"], last?.content["last_retry"]],
    ["SUCCESS", tried.event_id],
  );
  const late = await scene.says("one", { "com.beeper.message_send_retry": retry });
  assert.equal(scene.network.sent.length, 2);
  assert.equal(await stateOf(scene, late), "not_bridged");
});

test("what the bot says and offers in a room of two networks goes to neither", async (t) => {
  const network = new ScriptedNetwork();
  const other = new ScriptedNetwork({ id: "two" });
  const scene = await openAsked(t, { network, others: [other] });
  await scene.plumb(room, other.id);
  scene.fails(refused);
  scene.homeserver.after = async ({ op, as }) => {
    const said = scene.homeserver.events.at(-1);
    // The homeserver hands it back before it answers the call.
    if (op === "send" && as === scene.homeserver.bot && said) await scene.push(said);
  };
  await scene.says("one");
  await scene.reacts(again);
  assert.equal(scene.offers().length, 1);
  assert.deepEqual(
    other.sent.map(({ order }) => JSON.stringify(order.draft.body).includes("reach")),
    [false],
  );
  assert.deepEqual(other.did, []);
});
