import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, loginId } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { saying, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import { sendStatus } from "./status.ts";

const room = "!lobby:hs.test";
const why = "net is reconnecting.";
const late = `Your message has not reached net yet: ${why} It is sent as soon as it can be.`;

interface Closed extends Scene {
  /** What the bot has said, edits as they were made. */
  told(): readonly string[];
  pass(ms: number): Promise<void>;
  reopen(): void;
  shut(): void;
}

/** The network's only login is away. */
const open = async (
  t: TestContext,
  settings: { readonly statusEvents?: boolean } = {},
): Promise<Closed> => {
  const scene = await openEngine(t, { settings });
  await scene.plumb();
  const login = scene.engine.works.box.networks.get(net)?.logins.get(loginId("net:relay"));
  assert(login);
  const shut = (): void => {
    login.gate.close({ until: undefined, why });
  };
  shut();
  return {
    ...scene,
    shut,
    reopen: () => login.gate.open(),
    pass: async (ms) => {
      await scene.settle();
      scene.clock.advance(ms);
      await scene.settle();
    },
    told: () => {
      const ours = scene.homeserver.events.filter(
        ({ type, sender }) => type === "m.room.message" && sender === scene.homeserver.bot,
      );
      return ours.map(({ content: { body } }) => (typeof body === "string" ? body : ""));
    },
  };
};

test("a message that waits for long is told of once, and so is its arrival, in the same line", async (t) => {
  const scene = await open(t);
  const first = await scene.anaSays("one");
  await scene.anaSays("two");
  await scene.pass(29_000);
  assert.deepEqual(scene.told(), []);
  await scene.pass(1000);
  await scene.pass(60_000);
  assert.deepEqual(scene.told(), [late]);
  const notice = scene.homeserver.events.at(-1);
  assert.deepEqual(notice?.content["m.relates_to"], {
    "m.in_reply_to": { event_id: first.event_id },
  });
  scene.reopen();
  await scene.idle();
  assert.equal(scene.network.sent.length, 2);
  assert.deepEqual(scene.told(), [late, "* \u2713 It reached net after 2 min."]);
  assert.deepEqual(scene.homeserver.events.at(-1)?.content["m.relates_to"], {
    rel_type: "m.replace",
    event_id: notice?.event_id,
  });
});

test("one that is on its way before anybody wonders is not told of", async (t) => {
  const scene = await open(t);
  await scene.anaSays("one");
  await scene.pass(20_000);
  scene.reopen();
  await scene.idle();
  await scene.pass(60_000);
  assert.deepEqual(scene.told(), []);
});

test("one that comes too late in the end says so in the same line", async (t) => {
  const scene = await open(t);
  const event = await scene.anaSays("one");
  await scene.pass(30_000);
  await scene.pass(24 * 3_600_000);
  await scene.idle();
  const [said, ended, ...more] = scene.told();
  assert.equal(said, late);
  assert.match(ended ?? "", /^\* Your message did not reach net: it waited 24 h/);
  assert.deepEqual(more, []);
  const [portal] = await scene.engine.works.portals.ofRoom(room);
  assert(portal);
  assert.equal(await scene.outcome(event.event_id, portal.id), "failed");
});

test("one that is deleted meanwhile is not waited for any more", async (t) => {
  const scene = await open(t);
  const event = await scene.anaSays("oops");
  await scene.pass(30_000);
  await scene.push(
    scene.homeserver.event({
      room_id: room,
      type: "m.room.redaction",
      sender: ana,
      redacts: event.event_id,
      content: {},
    }),
  );
  await scene.settle();
  assert.deepEqual(scene.told(), [late, "* It was deleted before it was sent to net."]);
});

test("one that waits is changed by nobody but its author", async (t) => {
  const scene = await open(t);
  const event = await scene.anaSays("mine");
  const [eve, bot] = ["@eve:hs.test", scene.homeserver.bot];
  const change = (sender: string, body: string): Promise<void> => {
    const content = {
      msgtype: "m.text",
      body,
      "m.new_content": { msgtype: "m.text", body },
      "m.relates_to": { rel_type: "m.replace", event_id: event.event_id },
    };
    return scene.push(
      scene.homeserver.event({ room_id: room, type: "m.room.message", sender, content }),
    );
  };
  for (const sender of [eve, bot]) await change(sender, "theirs");
  scene.reopen();
  await scene.idle();
  assert.deepEqual(
    scene.network.sent.map(({ order }) => order.draft.plain),
    [`${ana}: mine`],
  );
});

test("what arrives while it is being told of is told to have arrived", async (t) => {
  const scene = await open(t);
  await scene.anaSays("one");
  scene.homeserver.before = ({ op, as }) => {
    if (op !== "send" || as !== scene.homeserver.bot) return;
    scene.homeserver.before = () => undefined;
    scene.reopen();
  };
  await scene.pass(30_000);
  await scene.idle();
  assert.deepEqual(scene.told().slice(0, 1), [late]);
  assert.match(scene.told()[1] ?? "", /^\* \u2713 It reached net after/);
  assert.equal(scene.told().length, 2);
});

test("a line whose answer was lost is known again, although the message has arrived meanwhile", async (t) => {
  const scene = await open(t);
  await scene.anaSays("one");
  scene.homeserver.after = ({ op, as }) => {
    if (op !== "send" || as !== scene.homeserver.bot) return;
    scene.homeserver.after = () => undefined;
    scene.reopen();
    const facts = { status: 0, reached: "unknown" } as const;
    throw new MatrixError("NETWORK", "The answer was lost.", facts);
  };
  await scene.pass(30_000);
  assert.equal(scene.network.sent.length, 1);
  await scene.pass(60_000);
  await scene.idle();
  assert.deepEqual(scene.told().slice(0, 1), [late]);
  assert.match(scene.told()[1] ?? "", /^\* \u2713 It reached net after/);
  assert.equal(scene.told().length, 2);
});

test("one of which nothing is left to do says so, to everybody who was told that it waits", async (t) => {
  const scene = await open(t, { statusEvents: true });
  const content = { pinned: ["$a-notice-of-the-bot"] };
  const type = "m.room.pinned_events";
  const pin = scene.homeserver.event({
    room_id: room,
    type,
    sender: ana,
    state_key: "",
    content,
  });
  await scene.push(pin);
  await scene.pass(30_000);
  scene.reopen();
  await scene.idle();
  assert.deepEqual(scene.told(), [
    late.replace("message", "pin"),
    "* \u2713 There was nothing left to do on net.",
  ]);
  const statuses = scene.homeserver.events.filter((event) => event.type === sendStatus);
  assert.deepEqual(
    statuses.map((event) => event.content["status"]),
    ["PENDING", "SUCCESS"],
  );
  const ends = scene.news.flatMap((one) =>
    one.what === "outcome" && one.outcome.origin === pin.event_id ? [one.outcome.state] : [],
  );
  assert.equal(ends.at(-1), "delivered");
});

/** The network comes back just before the next such line is in the room, and the message ends before it is. */
const raced = (scene: Closed, event: string): void => {
  scene.homeserver.before = async ({ op, what }) => {
    if (op !== "send" || !JSON.stringify(what).includes("has not reached")) return;
    scene.homeserver.before = () => undefined;
    scene.reopen();
    const ended = () =>
      scene.news.some(
        ({ what: news, ...rest }) =>
          news === "outcome" &&
          "outcome" in rest &&
          rest.outcome.origin === event &&
          rest.outcome.state !== "retrying",
      );
    await until("it ended", ended);
  };
};

test("what fails while it is being told of is told once, with all its words", async (t) => {
  const scene = await open(t);
  const event = await scene.anaSays("one");
  scene.network.send = () =>
    Promise.reject(
      new BridgeError("forbidden", "you are muted there.", { reached: "no", scope: "item" }),
    );
  raced(scene, event.event_id);
  await scene.pass(30_000);
  await scene.idle();
  assert.deepEqual(scene.told(), [
    late,
    "* Your message did not reach net: you are muted there. React to this with \u{1F501} to try it again.",
  ]);
});

test("what waited behind another is told how long it took since it came", async (t) => {
  const scene = await open(t);
  await scene.anaSays("one");
  const second = await scene.anaSays("two");
  await scene.pass(2 * 3_600_000);
  const { send } = scene.network;
  scene.network.send = (...call) => {
    scene.network.send = send;
    scene.shut();
    return send(...call);
  };
  raced(scene, second.event_id);
  scene.reopen();
  await scene.idle();
  const arrived = "* \u2713 It reached net after 2 h.";
  assert.deepEqual(scene.told(), [late, arrived, late, arrived]);
});

test("what people of another network say is not told of: nobody here waits for an answer", async (t) => {
  const other = new ScriptedNetwork({ id: "two" });
  const scene = await openEngine(t, { others: [other] });
  await scene.plumb(room);
  await scene.plumb(room, other.id);
  const login = scene.engine.works.box.networks.get(net)?.logins.get(loginId("net:relay"));
  login?.gate.close({ until: undefined, why });
  await other.accept([saying("bob", "hello from two")]);
  await scene.settle();
  const said = scene.homeserver.events.findLast(({ sender }) => sender === "@two_bob:hs.test");
  assert(said);
  await scene.push(said);
  await scene.settle();
  scene.clock.advance(31_000);
  await scene.settle();
  assert.equal(scene.homeserver.said(room).length, 1);
  login?.gate.open();
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
});
