import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loginId, messageId, userId } from "../../adapter/index.ts";
import type { Connection, Signal } from "../../adapter/index.ts";
import type { Ephemeral, JsonObject } from "../../matrix/types.ts";
import { ana, net, openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { logIn } from "../../testing/log-in.ts";
import { lobby, saying, ScriptedNetwork } from "../../testing/scripted-network.ts";
import { until } from "../../testing/until.ts";

const room = "!lobby:hs.test";
const bob = "@net_bob:hs.test";
/** After what Bob said first. */
const later = (ms: number): number => 1_700_000_000_000 + ms;

interface Told extends Scene {
  /** What the network was told, in order. */
  readonly told: unknown[][];
  hears(type: string, content: JsonObject, more?: { sender?: string; behind?: number }): void;
  /** Lets that much time go by, and what is due be done. */
  pass(ms: number): Promise<void>;
}

/** Bob is in the lobby, and Ana has a login of her own. */
const open = async (t: TestContext, others: readonly ScriptedNetwork[] = []): Promise<Told> => {
  const told: unknown[][] = [];
  const network = new ScriptedNetwork();
  const more: Partial<Connection> = {
    typing: (chat, what) => void told.push(["typing", chat.id, what]),
    markRead: (chat, upTo) => {
      told.push(["markRead", chat.id, upTo]);
      return Promise.resolve();
    },
    presence: (state, text) => void told.push(["presence", state, text]),
  };
  network.more = more;
  const scene = await openEngine(t, { network, others });
  for (const { id } of [network, ...others]) {
    await scene.plumb(room, id);
    await logIn(scene, "anna", { network: id });
  }
  await network.accept([saying("bob", "hello")]);
  await scene.idle();
  const pass = async (ms: number): Promise<void> => {
    await scene.settle();
    scene.clock.advance(ms);
    await scene.settle();
  };
  return {
    ...scene,
    told,
    pass,
    hears: (type, content, { sender, behind = 0 } = {}) => {
      const inRoom = type === "m.presence" ? undefined : room;
      const event: Ephemeral = { type, room: inRoom, sender, content };
      scene.engine.ephemeral([event], behind);
    },
  };
};

const calls = ({ homeserver }: Scene, op: string): readonly JsonObject[] =>
  homeserver.calls.filter((called) => called.op === op).map(({ what, as }) => ({ ...what, as }));

const types = (who: string, what: "text" | "none", ttl = 10_000): Signal => ({
  kind: "typing",
  chat: lobby,
  at: 1,
  user: userId(who),
  what,
  ttl,
});

const receipt = (event: string, users: Readonly<Record<string, number>>): JsonObject => ({
  [event]: {
    "m.read": Object.fromEntries(Object.entries(users).map(([user, ts]) => [user, { ts }])),
  },
});

test("who types there types here: told once in half its time, and no longer when it is said", async (t) => {
  const scene = await open(t);
  await scene.network.accept([types("bob", "text"), types("bob", "text")]);
  await scene.pass(6000);
  await scene.network.accept([types("bob", "text")]);
  await scene.pass(0);
  const on = { room, on: true, ttl: 10_000, as: bob };
  assert.deepEqual(calls(scene, "setTyping"), [on, on]);
  await scene.network.accept([saying("bob", "here it is")]);
  await scene.idle();
  await scene.network.accept([types("bob", "none")]);
  await scene.pass(0);
  assert.deepEqual(calls(scene, "setTyping").slice(2), [{ room, on: false, ttl: 0, as: bob }]);
});

test("nobody enters a room only to type, and own accounts and old news are not shown", async (t) => {
  const scene = await open(t);
  await scene.network.accept([types("eve", "text"), types("anna", "text")]);
  await scene.network.accept([types("bob", "text")], { catchUp: true });
  await scene.pass(0);
  assert.deepEqual(calls(scene, "setTyping"), []);
});

test("who types here types there by their own login, is told again, and ends by itself", async (t) => {
  const scene = await open(t);
  scene.hears("m.typing", { user_ids: [ana, bob, "@nobody:hs.test"] });
  await scene.pass(4000);
  await scene.pass(4000);
  const typing = ["typing", "lobby", "text"];
  assert.deepEqual(scene.told, [typing, typing, typing]);
  scene.hears("m.typing", { user_ids: [] });
  await scene.pass(4000);
  assert.deepEqual(scene.told.slice(3), [["typing", "lobby", "none"]]);
  scene.told.length = 0;
  scene.hears("m.typing", { user_ids: [ana] });
  for (let over = 0; over < 80_000; over += 4000) await scene.pass(4000);
  const before = scene.told.length;
  assert.ok(before >= 10 && before <= 16, `told ${before} times in a minute`);
  await scene.pass(4000);
  assert.equal(scene.told.length, before);
});

test("what was typed before an outage is not typed after it", async (t) => {
  const scene = await open(t);
  scene.hears("m.typing", { user_ids: [ana] }, { behind: 60_000 });
  scene.hears("m.presence", { presence: "unavailable" }, { sender: ana, behind: 60_000 });
  await scene.pass(11_000);
  assert.deepEqual(scene.told, []);
});

test("who has read here has read there: of many the last, never back, and notices count for what is before them", async (t) => {
  const scene = await open(t);
  const messages = [saying("bob", "one", { at: later(1) }), saying("bob", "two", { at: later(2) })];
  await scene.network.accept(messages);
  await scene.idle();
  const [one, two] = scene.homeserver.events.slice(-2).map(({ event_id: id }) => id);
  assert(one !== undefined && two !== undefined);
  scene.hears("m.receipt", receipt(one, { [ana]: 5, [bob]: 5 }));
  scene.hears("m.receipt", receipt(two, { [ana]: 6 }));
  await scene.pass(800);
  assert.deepEqual(scene.told, [["markRead", "lobby", messages[1]?.id]]);
  scene.hears("m.receipt", receipt(one, { [ana]: 7 }));
  await scene.pass(800);
  assert.equal(scene.told.length, 1);
  const three = saying("bob", "three", { at: later(3) });
  await scene.network.accept([three]);
  await scene.idle();
  scene.hears("m.receipt", receipt("$notice", { [ana]: Date.now() }));
  await scene.pass(800);
  assert.deepEqual(scene.told.slice(1), [["markRead", "lobby", three.id]]);
});

test("a network that does not answer keeps no other from hearing what was read", async (t) => {
  const two = new ScriptedNetwork({ id: "two" });
  let asked = 0;
  two.more = {
    markRead: () => {
      asked += 1;
      return new Promise(() => undefined);
    },
  };
  const scene = await open(t, [two]);
  await two.accept([saying("eve", "hello from two", { at: later(1) })]);
  await scene.idle();
  scene.hears("m.receipt", receipt("$notice", { [ana]: Date.now() }));
  await scene.pass(800);
  assert.equal(asked, 1);
  assert.equal(scene.told.length, 1);
  const more = saying("bob", "and?", { at: later(3) });
  await scene.network.accept([more]);
  await scene.idle();
  scene.hears("m.receipt", receipt("$notice", { [ana]: Date.now() }));
  await scene.pass(800);
  assert.deepEqual(scene.told.slice(1), [["markRead", "lobby", more.id]]);
});

test("who has read there has read here: of many the last", async (t) => {
  const scene = await open(t);
  const mine = await scene.anaSays("did you see?");
  await scene.idle();
  const [row] = await scene.store.read.messages.anyByEvent(mine.event_id);
  assert(row);
  const read = (upTo: typeof row.remote) =>
    ({ kind: "read", chat: lobby, at: 1, user: userId("bob"), upTo }) as const;
  const first = scene.homeserver.events.find(({ sender }) => sender === bob);
  const [before] = await scene.store.read.messages.anyByEvent(first?.event_id ?? "");
  assert(before);
  await scene.network.accept([read(before.remote), read(row.remote)]);
  await scene.pass(800);
  assert.deepEqual(calls(scene, "setReceipt"), [{ room, event: mine.event_id, as: bob }]);
});

test("what is read there before it is known here to have arrived is read here when it is", async (t) => {
  const scene = await open(t);
  const { sleepers } = scene.clock;
  const slow = Promise.withResolvers<void>();
  const done = scene.network.done();
  scene.network.send = async () => {
    await slow.promise;
    return done;
  };
  const mine = await scene.anaSays("did you see?");
  await until("it is on its way", () => scene.network.sent.length === 1);
  const read = { kind: "read", chat: lobby, at: 1, user: userId("bob") } as const;
  await scene.network.accept([{ ...read, upTo: messageId("unheard") }]);
  await scene.network.accept([{ ...read, upTo: done.sent.id }]);
  await scene.pass(800);
  await scene.pass(800);
  assert.deepEqual(calls(scene, "setReceipt"), []);
  slow.resolve();
  await scene.idle();
  await scene.pass(800);
  assert.deepEqual(calls(scene, "setReceipt"), [{ room, event: mine.event_id, as: bob }]);
  await scene.pass(800);
  assert.equal(scene.clock.sleepers, sleepers, "nothing is looked for any more");
});

const is = (who: string, state: "online" | "away" | "offline", text?: string): Signal => ({
  kind: "presence",
  user: userId(who),
  state,
  at: 1,
  ...(text === undefined ? {} : { text }),
});

test("who is away there is away here, kept so, throttled, and bounded", async (t) => {
  const scene = await open(t);
  await scene.network.accept([is("bob", "online"), is("bob", "away", "lunch"), is("eve", "away")]);
  await scene.pass(3000);
  const away = { user: bob, state: "unavailable", text: "lunch", as: bob };
  assert.deepEqual(calls(scene, "setPresence"), [away]);
  await scene.pass(25_000);
  assert.deepEqual(calls(scene, "setPresence"), [away, away]);
  await scene.network.accept([is("bob", "offline")]);
  await scene.pass(3000);
  await scene.pass(60_000);
  assert.deepEqual(calls(scene, "setPresence").slice(2), [
    { user: bob, state: "offline", as: bob },
  ]);
});

test("of whom no login tells any more is gone, and of whom none tells now nothing is said", async (t) => {
  const scene = await open(t);
  const { network, engine } = scene;
  const [anna, cleo] = [loginId("net:anna"), loginId("net:cleo")];
  const hers = await logIn(scene, "cleo");
  const shown = () => calls(scene, "setPresence").map(({ state }) => state);
  await network.accept([is("bob", "online")], { seenBy: [anna] });
  await scene.pass(3000);
  await network.accept([is("bob", "online")], { seenBy: [cleo] });
  await scene.pass(3000);
  await engine.supervisor.end(anna);
  await scene.pass(25_000);
  assert.deepEqual(shown(), ["online", "online"], "the other one still hears of them");
  hers.state = "reconnecting";
  await scene.pass(25_000);
  assert.deepEqual(shown().length, 2);
  hers.state = "connected";
  await scene.pass(25_000);
  await engine.supervisor.end(cleo);
  await scene.pass(25_000);
  await scene.pass(60_000);
  assert.deepEqual(shown(), ["online", "online", "online", "offline"]);
});

test("who is away here is away there, told when it changes", async (t) => {
  const scene = await open(t);
  const at = { sender: ana };
  scene.hears("m.presence", { presence: "online" }, at);
  scene.hears("m.presence", { presence: "unavailable", status_msg: "lunch" }, at);
  await scene.pass(10_000);
  scene.hears("m.presence", { presence: "unavailable", status_msg: "lunch" }, at);
  await scene.pass(10_000);
  scene.hears("m.presence", { presence: "online" }, at);
  scene.hears("m.presence", { presence: 7 }, at);
  await scene.pass(10_000);
  assert.deepEqual(scene.told, [
    ["presence", "away", "lunch"],
    ["presence", "online", undefined],
  ]);
});

test("who is away is told again where it was not heard, or forgotten, and only in words that there are", async (t) => {
  const scene = await open(t);
  const at = { sender: ana };
  let deaf = true;
  const live = scene.engine.works.box.networks.get(net)?.logins.get(loginId("net:anna"));
  assert(live?.connection);
  const { connection } = live;
  live.connection = {
    ...connection,
    presence: (state, text) => {
      if (deaf) throw new Error("not now");
      connection.presence?.(state, text);
    },
  };
  for (const word of ["constructor", "toString"]) {
    scene.hears("m.presence", { presence: word }, at);
    await scene.pass(10_000);
  }
  const away = { presence: "unavailable" };
  scene.hears("m.presence", away, at);
  await scene.pass(10_000);
  deaf = false;
  scene.hears("m.presence", away, at);
  await scene.pass(10_000);
  scene.hears("m.presence", away, at);
  await scene.pass(10_000);
  assert.deepEqual(scene.told, [["presence", "away", undefined]]);
  const session = scene.network.session("net:anna");
  session.state("reconnecting");
  scene.clock.advance(1);
  session.state("connected");
  scene.hears("m.presence", away, at);
  await scene.pass(10_000);
  assert.deepEqual(scene.told.slice(1), [["presence", "away", undefined]]);
});

test("what cannot be told at once is not told, and holds nothing up", async (t) => {
  const scene = await open(t);
  scene.network.more = {};
  scene.homeserver.before = ({ op }) => {
    if (op === "setTyping" || op === "setReceipt") throw new Error("not now");
  };
  await scene.network.accept([types("bob", "text")]);
  scene.hears("m.typing", { user_ids: "nobody" });
  scene.hears("m.receipt", { $x: { "m.read": null }, $y: 5 });
  scene.hears("m.receipt", receipt("$unknown", { [ana]: 1 }));
  await scene.pass(1000);
  await scene.network.accept([saying("bob", "goes on")]);
  await scene.idle();
  assert.ok(scene.homeserver.said(room).includes("goes on"));
});
