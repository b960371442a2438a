import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoginId } from "../adapter/index.ts";
import { BridgeError, chatId, firstPart, loginId, messageId, userId } from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";
import { keyField } from "../matrix/types.ts";
import { StoreFull } from "../store/errors.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import { refusal, ScriptedHomeserver } from "../testing/scripted-homeserver.ts";
import {
  lobby,
  loginOf,
  saying,
  scriptedInfo,
  ScriptedNetwork,
} from "../testing/scripted-network.ts";
import type { Handler } from "./turn.ts";
import { until } from "../testing/until.ts";
import { makeWorker } from "./worker.ts";
import { enterChat } from "./to-network/speaker.ts";

const room = "!lobby:hs.test";

test("a success that was under way does not open a gate that a rate limit has just closed", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const other = await scene.engine.works.portals.ensure(net, { id: chatId("other") }, "plumbed");
  scene.homeserver.makeRoom("!other:hs.test", [ana]);
  await scene.store.commit((tx) =>
    scene.engine.works.portals.update(tx, other, { room: "!other:hs.test", info: scriptedInfo }),
  );
  const slow = Promise.withResolvers<void>();
  scene.network.send = async ({ chat }) => {
    if (chat.id === "lobby") {
      await slow.promise;
      return scene.network.done();
    }
    throw new BridgeError("rate_limit", "Wait.", {
      reached: "no",
      scope: "login",
      retryAfter: 30_000,
    });
  };
  await scene.anaSays("slow");
  await until("the slow one is sent", () => scene.network.sent.length === 1);
  await scene.anaSays("limited", { room: "!other:hs.test" });
  const login = scene.engine.works.box.networks.get(net)?.logins.get(loginId("net:relay"));
  await until("the gate is shut", () => login?.gate.closure);
  const { closure } = login?.gate ?? {};
  slow.resolve();
  await scene.settle();
  assert.equal(login?.gate.closure, closure);
  assert.equal(scene.network.sent.length, 2);
  assert.ok(login?.gate.closure, "the gate is still shut");
  scene.network.send = () => Promise.resolve(scene.network.done());
  scene.clock.advance(31_000);
  await scene.idle();
  assert.equal(login?.gate.closure, undefined);
});

test("an item that fails here for ever is told and makes room for the next one", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const broken = saying("bob", "x", {
    content: { parts: [{ id: firstPart, kind: "text", text: [{ t: "nonsense" } as never] }] },
  });
  const [a, b] = [firstPart, firstPart].map((id) => ({
    id,
    kind: "text" as const,
    text: fromPlain("twice"),
  }));
  assert.ok(a && b);
  const doubled = saying("bob", "", { content: { parts: [a, b] } });
  await scene.network.accept([broken, doubled, saying("bob", "after")]);
  await until("the next one is there", () => {
    scene.clock.advance(61_000);
    return scene.homeserver.said(room).includes("after");
  });
  await scene.idle();
  assert.equal(await scene.outcome(doubled.key, portal.id), "failed");
});

test("what a homeserver never lets be said holds up its lane for a day only, whatever it is that it does not let", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  scene.homeserver.before = ({ op, as }) => {
    if (op === "join" && as.includes("bob")) throw refusal("M_UNKNOWN", 500);
  };
  const stuck = saying("bob", "never");
  await scene.network.accept([stuck, saying("carl", "behind")]);
  await until("the one behind is said", () => {
    scene.clock.advance(1_800_000);
    return scene.homeserver.said(room).includes("behind");
  });
  await scene.idle();
  assert.equal(await scene.outcome(stuck.key, portal.id), "failed");
  const tries = scene.homeserver.calls.filter(({ op, as }) => op === "join" && as.includes("bob"));
  assert.ok(tries.length > 20);
});

test("what waited for days, or has gone well for days and has more to do, is tried again when the homeserver slips once", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const { store, engine, clock } = scene;
  let slips = false;
  const long: Handler = async (turn) => {
    await turn.claim();
    if (slips) throw refusal("M_UNKNOWN", 502);
    return { end: "dropped", keep: () => Promise.resolve(true) };
  };
  const work = makeWorker(engine.works, { in: {}, out: {}, members: { long }, control: {} });
  const lane = { portal: portal.id, direction: "members" } as const;
  const news = { lane, rank: 1, origin: "long", kind: "long", payload: null, key: "long" } as const;
  const id = await store.commit((tx) => tx.items.add({ ...news, at: clock.now() - 90_000_000 }));
  const turn = async (fails: boolean): Promise<string | undefined> => {
    slips = fails;
    const item = await store.read.items.get(id);
    if (item) await work(item, new AbortController().signal);
    return (await store.read.items.get(id))?.state;
  };
  for (const fails of [true, false, true]) {
    assert.ok(await turn(fails), "it is still there");
    clock.advance(90_000_000);
  }
});

test("a message whose end cannot be written down is told in the end, and is in the room once", async (t) => {
  let strikes = 5;
  const scene = await openEngine(t, {
    failpoint: (name) => {
      if (name !== "in.before-settle" || strikes === 0) return Promise.resolve();
      strikes -= 1;
      return Promise.reject(new Error("the end cannot be written down"));
    },
  });
  const portal = await scene.plumb();
  const broken = saying("bob", "broken");
  await scene.network.accept([broken]);
  await until("it is told", () => {
    scene.clock.advance(5000);
    return scene.news.some((one) => one.what === "outcome" && one.outcome.state === "failed");
  });
  assert.equal(await scene.outcome(broken.key, portal.id), "failed");
  await scene.network.accept([saying("bob", "after")]);
  await scene.idle();
  const said = scene.homeserver.said(room).filter((body) => ["broken", "after"].includes(body));
  assert.deepEqual(said, ["broken", "after"]);
});

test("an edit that comes while its message is being cut to pieces is not lost", async (t) => {
  const network = new ScriptedNetwork();
  const scene = await openEngine(t, { network });
  await scene.plumb();
  const login = scene.engine.works.box.networks.get(net)?.logins.get(loginId("net:relay"));
  assert.ok(login);
  login.gate.close({ until: undefined, why: "for a while" });
  const event = await scene.anaSays("one");
  await scene.settle();
  await scene.push(
    scene.homeserver.event({
      room_id: room,
      type: "m.room.message",
      sender: ana,
      content: {
        body: "* two",
        "m.new_content": { msgtype: "m.text", body: "two" },
        "m.relates_to": { rel_type: "m.replace", event_id: event.event_id },
      },
    }),
  );
  login.gate.open();
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
  assert.match(scene.network.texts[0] ?? "", /two/);
});

test("a message that is deleted while it waits is never sent, and nobody is told off", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const login = scene.engine.works.box.networks.get(net)?.logins.get(loginId("net:relay"));
  assert.ok(login);
  login.gate.close({ until: undefined, why: "for a while" });
  const event = await scene.anaSays("oops");
  await scene.settle();
  await scene.push(
    scene.homeserver.event({
      room_id: room,
      type: "m.room.redaction",
      sender: ana,
      redacts: event.event_id,
      content: {},
    }),
  );
  login.gate.open();
  await scene.idle();
  assert.equal(scene.network.sent.length, 0);
  assert.equal(await scene.outcome(event.event_id, portal.id), "not_bridged");
  assert.deepEqual(scene.homeserver.said(room), ["oops"]);
});

test("an adapter that never answers, whatever it is asked, holds its lane for its deadline only", async (t) => {
  const network = new ScriptedNetwork();
  const never = (): Promise<never> => new Promise(() => undefined);
  network.more = { join: never };
  const scene = await openEngine(t, {
    network,
    settings: { deadline: { homeserver: 5000, network: 40, media: 40 } },
  });
  const portal = await scene.plumb();
  const event = await scene.anaSays("hello");
  await until("it is told", () =>
    scene.news.some((one) => one.what === "outcome" && one.outcome.origin === event.event_id),
  );
  assert.equal(await scene.outcome(event.event_id, portal.id), "retrying");
  const { works } = scene.engine;
  const login = works.box.networks.get(net)?.logins.get(loginId("net:relay"));
  assert.ok(login);
  await assert.rejects(
    enterChat(works, portal, login, works.box.signal),
    /The network did not answer in time/,
    "also where what is to be done there has no deadline of its own",
  );
});

test("a lost answer is settled by its echo, and the lane goes on at once", async (t) => {
  const homeserver = new ScriptedHomeserver();
  const scene = await openEngine(t, { homeserver });
  const portal = await scene.plumb();
  homeserver.after = ({ op }) => {
    if (op === "send") throw refusal("HTTP", 502);
  };
  const first = saying("bob", "one");
  await scene.network.accept([first, saying("bob", "two")]);
  await until("it was said", () => homeserver.said(room).length === 1);
  homeserver.after = () => undefined;
  await scene.settle();
  const echo = homeserver.events.find((event) => event.content[keyField] !== undefined);
  assert.ok(echo);
  await scene.push(echo);
  await scene.idle();
  assert.deepEqual(homeserver.said(room), ["one", "two"]);
  assert.equal(await scene.outcome(first.key, portal.id), "delivered");
});

test("an own message is not held up when the send it might be the echo of is just over", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  scene.network.send = async () => {
    await scene.network.accept([saying("relay", "mine", { id: messageId("s1"), chat: lobby })]);
    return scene.network.done();
  };
  await scene.anaSays("mine");
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["mine"]);
});

test("a login is heard that is in the chat, not one that was its primary and left", async (t) => {
  const network = new ScriptedNetwork({
    ids: "none",
    standing: [loginOf("a", "bot"), loginOf("b", "bot")],
  });
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  await scene.store.commit(async (tx) => {
    await tx.portals.addLogin(portal.id, loginId("net:a"), 1);
    await tx.portals.addLogin(portal.id, loginId("net:b"), 2);
  });
  await network.accept([saying("bob", "to a")], { seenBy: [loginId("net:a")] });
  await network.accept(
    [
      {
        kind: "members",
        chat: lobby,
        at: 1,
        complete: false,
        list: [{ user: userId("a"), state: "leave" }],
      },
    ],
    { seenBy: [loginId("net:a")] },
  );
  await network.accept([saying("bob", "to b")], { seenBy: [loginId("net:b")] });
  await scene.idle();
  assert.ok(scene.homeserver.said(room).includes("to b"));
});

test("what somebody hears is shown as long as the relay is not in the chat, and only once", async (t) => {
  const network = new ScriptedNetwork({
    ids: "none",
    standing: [loginOf("relay", "relay"), loginOf("a", "bot"), loginOf("b", "bot")],
  });
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  const [relay, a, b] = [loginId("net:relay"), loginId("net:a"), loginId("net:b")];
  await scene.store.commit(async (tx) => {
    for (const id of [relay, a, b]) await tx.portals.addLogin(portal.id, id, 1);
  });
  const hears = (text: string, by: LoginId) =>
    network.accept([{ ...saying("bob", text), key: `${text} ${by}` }], { seenBy: [by] });
  const sees = (user: string, state: "join" | "leave", by: LoginId) =>
    network.accept(
      [
        {
          kind: "members",
          chat: lobby,
          at: 1,
          complete: false,
          list: [{ user: userId(user), state }],
        },
      ],
      { seenBy: [by] },
    );
  await sees("a", "join", a);
  await sees("b", "join", b);
  await hears("before", b);
  await hears("before", a);
  await sees("relay", "join", a);
  await hears("after", a);
  await hears("after", b);
  await hears("after", relay);
  await sees("relay", "leave", relay);
  await sees("relay", "leave", b);
  await hears("again", b);
  await hears("again", a);
  await sees("relay", "join", relay);
  await hears("end", a);
  await hears("end", relay);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["before", "after", "again", "end"]);
});

test("what could not be written down because the disk is full says so", async (t) => {
  let full = true;
  const scene = await openEngine(t, {
    failpoint: (name) => {
      if (name !== "in.before-claim" || !full) return Promise.resolve();
      full = false;
      return Promise.reject(new StoreFull("the disk is full."));
    },
  });
  const portal = await scene.plumb();
  await scene.network.accept([saying("bob", "hello")]);
  await until("it was tried", () => !full);
  await scene.settle();
  const head = await scene.store.read.items.head({ portal: portal.id, direction: "in" });
  assert.match(head?.why ?? "", /the disk .* is full/);
  scene.clock.advance(60_000);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["hello"]);
});
