import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, messageId } from "../adapter/index.ts";
import { keyField } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { refusal, ScriptedHomeserver } from "../testing/scripted-homeserver.ts";
import { lobby, saying, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

const echoOf = (scene: Scene): MatrixEvent => {
  const echo = scene.homeserver.events.find((event) => event.content[keyField] !== undefined);
  assert.ok(echo);
  return echo;
};

test("the echo of what is settled need not be stored, but where another network shares the room", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  await scene.network.accept([saying("bob", "one")]);
  await scene.idle();
  const echo = echoOf(scene);
  assert.equal(await scene.engine.isSpent(echo), true);
  const { works } = scene.engine;
  const other = await works.portals.ensure(net, { id: chatId("other") }, "plumbed");
  const { room } = portal;
  assert.ok(room);
  await scene.store.commit((tx) => works.portals.update(tx, other, { room }));
  works.portals.forget({ ...other, room });
  assert.equal(await scene.engine.isSpent(echo), false);
});

test("the echo of a lost answer is stored, unless its attempt is under way", async (t) => {
  const homeserver = new ScriptedHomeserver();
  const scene = await openEngine(t, { homeserver });
  await scene.plumb();
  homeserver.after = ({ op }) => {
    if (op === "send") throw refusal("HTTP", 502);
  };
  await scene.network.accept([saying("bob", "one")]);
  await until("it was said", () => homeserver.events.some((event) => keyField in event.content));
  await scene.settle();
  assert.equal(await scene.engine.isSpent(echoOf(scene)), false);
});

test("what others say is never spent, whatever it carries", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const forged = await scene.anaSays("hello", { content: { [keyField]: "anything" } });
  assert.equal(await scene.engine.isSpent(forged), false);
});

test("the echo of a deletion, early or late, takes nothing back twice and waits for nothing", async (t) => {
  const network = new ScriptedNetwork();
  const removed: string[] = [];
  const gone = (id: string): Promise<void> =>
    network.accept([
      { kind: "delete", chat: lobby, key: id, at: 1, ids: [messageId(id)], for: "all" },
    ]);
  network.more = {
    remove: async (_chat, id) => {
      removed.push(id);
      if (id === "s1") await gone("s1");
    },
  };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  const said = [await scene.anaSays("one"), await scene.anaSays("two")];
  await scene.idle();
  for (const { event_id: redacts, room_id } of said) {
    const redaction = { room_id, type: "m.room.redaction", redacts, content: {} };
    await scene.push(scene.homeserver.event({ ...redaction, sender: ana }));
  }
  await scene.settle();
  await gone("s2");
  await scene.settle();
  assert.deepEqual(removed, ["s1", "s2"]);
  assert.deepEqual(await scene.store.read.items.depth(), []);
  const { events, bot } = scene.homeserver;
  assert.deepEqual(
    events.filter(({ type, sender }) => type === "m.room.redaction" && sender === bot),
    [],
  );
});
