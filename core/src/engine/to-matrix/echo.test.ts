import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { firstPart, loginId, messageId, userId } from "../../adapter/index.ts";
import { Gate } from "../../flow/gate.ts";
import { fromPlain } from "../../richtext/index.ts";
import { ana, net, openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { ScriptedHomeserver } from "../../testing/scripted-homeserver.ts";
import { lobby, loginOf, saying, ScriptedNetwork } from "../../testing/scripted-network.ts";
import { open } from "../../testing/store-sqlite.ts";
import { tempDir } from "../../testing/store-fixture.ts";
import { until } from "../../testing/until.ts";
import { echoPatience } from "./echo.ts";

/** Calls to a network that are answered only when the test says so. */
const openSlow = async (t: TestContext) => {
  const network = new ScriptedNetwork({ standing: [loginOf("relay")] });
  const answer = Promise.withResolvers<void>();
  const calls: string[] = [];
  const called = async (id: string): Promise<void> => {
    calls.push(id);
    await answer.promise;
  };
  network.more = {
    edit: (id) => called(id).then(() => network.done()),
    remove: (_chat, id) => called(id),
  };
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const role = { owner: ana, role: "user", account: {}, accountVersion: 1, since: 0 } as const;
  const anna = { id: loginId("net:ana"), network: net, user: userId("anna"), name: "anna" };
  await store.commit((tx) => tx.logins.put({ ...anna, ...role }));
  const scene = await openEngine(t, { network, store });
  const portal = await scene.plumb();
  const lane = { portal: portal.id, direction: "out" } as const;
  const { messages, items } = scene.store.read;
  const [byRemote, head] = [messages.byRemote.bind(messages), items.head.bind(items)];
  /** The call is answered, and what came of it is written down. */
  const ends = async (): Promise<void> => {
    answer.resolve();
    while ((await head(lane)) !== undefined) await turn();
  };
  /** That happens between the look for a message and the answer. */
  const endsOnLookup = (): void => {
    t.mock.method(messages, "byRemote", async (...asked: Parameters<typeof byRemote>) => {
      const rows = await byRemote(...asked);
      await ends();
      return rows;
    });
  };
  return { scene, network, calls, called, head, ends, endsOnLookup };
};

const shownBy = (scene: Scene, type: string): readonly unknown[] =>
  scene.homeserver.events
    .filter((event) => event.type === type && event.sender !== ana)
    .map(({ content }) => content["body"] ?? content["redacts"]);

test("a send that ends while its echo is looked up is not shown again", async (t) => {
  const { scene, network, calls, called, endsOnLookup } = await openSlow(t);
  network.send = () => called("hello").then(() => network.done());
  await scene.anaSays("hello");
  await until("it is being sent", () => calls.length === 1);
  endsOnLookup();
  await network.accept([saying("anna", "hello, as the network has it", { id: messageId("s1") })]);
  await scene.idle();
  assert.deepEqual(shownBy(scene, "m.room.message"), []);
});

test("an edit that ends while its echo is looked up is not shown again", async (t) => {
  const { scene, network, calls, head, ends } = await openSlow(t);
  const { event_id } = await scene.anaSays("hello");
  await scene.idle();
  await scene.anaSays("* hello there", {
    content: {
      body: "* hello there",
      "m.new_content": { msgtype: "m.text", body: "hello there" },
      "m.relates_to": { rel_type: "m.replace", event_id },
    },
  });
  await until("it is being edited", () => calls.length === 1);
  t.mock.method(scene.store.read.items, "head", async (...asked: Parameters<typeof head>) => {
    if (asked[0].direction === "out") {
      await ends();
    }
    return head(...asked);
  });
  const content = {
    parts: [{ id: firstPart, kind: "text", text: fromPlain("hello there") }],
  } as const;
  const id = messageId("s1");
  await network.accept([{ ...saying("anna", ""), kind: "edit", id, version: "1", content }]);
  await scene.idle();
  assert.deepEqual(shownBy(scene, "m.room.message"), []);
});

test("a deletion that ends while its echo is looked up is not repeated", async (t) => {
  const { scene, network, calls, endsOnLookup } = await openSlow(t);
  const { event_id: redacts, room_id } = await scene.anaSays("hello");
  await scene.idle();
  const redaction = { room_id, type: "m.room.redaction", redacts, content: {} };
  await scene.push(scene.homeserver.event({ ...redaction, sender: ana }));
  await until("it is being deleted", () => calls.length === 1);
  endsOnLookup();
  const ids = [messageId("s1")];
  await network.accept([{ kind: "delete", chat: lobby, key: "gone", at: 1, ids, for: "all" }]);
  await scene.idle();
  assert.deepEqual(shownBy(scene, "m.room.redaction"), []);
});

/** A box that fell while a message was being sent; what it sent had come back, and waits where the homeserver is away. */
const fallen = async (t: TestContext, { isAway }: { readonly isAway: boolean }) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const homeserver = new ScriptedHomeserver();
  const homeserverGate = new Gate();
  const network = new ScriptedNetwork();
  network.send = (_order, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("over"))));
  const scene = await openEngine(t, { network, store, homeserver, homeserverGate });
  await scene.plumb();
  await scene.anaSays("hello");
  await until("it is being sent", () => network.sent.length === 1);
  if (isAway) homeserverGate.close({ until: undefined, why: "it is not there" });
  await network.accept([saying("relay", "hello, as the network has it", { id: messageId("s1") })]);
  await scene.settle();
  await scene.engine.stop();
  return { store, homeserver };
};

test("what comes back before a network has its logins again is known by those that are stored", async (t) => {
  const { store, homeserver } = await fallen(t, { isAway: true });
  const network = new ScriptedNetwork();
  const ready = Promise.withResolvers<void>();
  network.opening = () => ready.promise;
  network.more = { find: () => Promise.resolve(network.done()) };
  const scene = await openEngine(t, { network, store, homeserver, opened: false });
  await scene.settle();
  assert.deepEqual(shownBy(scene, "m.room.message"), []);
  ready.resolve();
  await scene.idle();
  assert.deepEqual(shownBy(scene, "m.room.message"), []);
});

for (const when of ["before it waited", "while it waited"])
  test(`what came back ${when} is known as ours however long the box was down`, async (t) => {
    const { store, homeserver } = await fallen(t, { isAway: when === "before it waited" });
    const clock = new ManualClock();
    clock.advance(3_600_000);
    const network = new ScriptedNetwork();
    const found = Promise.withResolvers<void>();
    network.more = { find: () => found.promise.then(() => network.done()) };
    const scene = await openEngine(t, { network, store, homeserver, clock });
    await scene.settle();
    clock.advance(echoPatience);
    await scene.settle();
    found.resolve();
    await scene.idle();
    const shown = shownBy(scene, "m.room.message").map(String);
    assert.deepEqual(
      shown.filter((text) => text.startsWith("hello")),
      [],
    );
  });
