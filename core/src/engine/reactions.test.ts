import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, messageId, partId, userId } from "../adapter/index.ts";
import type { ChatFeatures, Reaction, RemoteEvent } from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";
import { ana, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

const room = "!lobby:hs.test";
const bob = "@net_bob:hs.test";

const reaction = (user: string, emoji: string, on = true): Reaction => ({
  user: userId(user),
  emoji,
  on,
});

const reactions = (
  id: string,
  set: readonly Reaction[],
  complete: "all" | "user" | "delta" = "delta",
): RemoteEvent => ({ kind: "reactions", chat: lobby, at: 1, id: messageId(id), set, complete });

/** Bob said something; the id there, the event here. */
const said = async (scene: Scene) => {
  const message = saying("bob", "hello");
  await scene.network.accept([message]);
  await scene.idle();
  const event = scene.homeserver.events.findLast(({ type }) => type === "m.room.message");
  assert(event);
  return { id: message.id, event: event.event_id };
};

const anaReacts = async (scene: Scene, about: string, key: string, sender = ana) => {
  const relation = { rel_type: "m.annotation", event_id: about, key };
  const content = { "m.relates_to": relation };
  const event = scene.homeserver.event({ room_id: room, type: "m.reaction", sender, content });
  await scene.push(event);
  return event.event_id;
};

const redacts = async (scene: Scene, redacted: string) => {
  const redaction = { room_id: room, type: "m.room.redaction", redacts: redacted, content: {} };
  await scene.push(scene.homeserver.event({ ...redaction, sender: ana }));
  await scene.idle();
};

const limited = async (scene: Scene, reactions: NonNullable<ChatFeatures["reactions"]>) => {
  const features = { ...scriptedInfo.features, version: "2", reactions };
  await scene.network.accept([{ kind: "chat", chat: lobby, at: 1, info: { features } }]);
};

const ourSaid = (scene: Scene): readonly string[] => scene.homeserver.said(room).slice(1);

test("a remote reaction is shown once by its ghost, and goes when it is taken back", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { id, event } = await said(scene);
  await scene.network.accept([reactions(id, [reaction("bob", "\u2764")])]);
  await scene.network.accept([reactions(id, [reaction("bob", "\u2764\ufe0f")])]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), [`${bob} \u2764\ufe0f`]);
  await scene.network.accept([reactions(id, [reaction("bob", "\u2764", false)])]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), []);
  await scene.network.accept([reactions(id, [reaction("bob", "\u2764")])]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), [`${bob} \u2764\ufe0f`]);
  assert.equal(scene.homeserver.count("redact"), 1);
});

test("a whole list takes away what is not in it; one person's list only theirs", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { id, event } = await said(scene);
  const both = [reaction("bob", "👍"), reaction("eve", "🎉")];
  await scene.network.accept([reactions(id, both, "all")]);
  await scene.idle();
  await scene.network.accept([reactions(id, [reaction("bob", "👎")], "user")]);
  await scene.idle();
  const eve = "@net_eve:hs.test";
  assert.deepEqual(scene.homeserver.reactions(event).toSorted(), [`${bob} 👎`, `${eve} 🎉`]);
  await scene.network.accept([reactions(id, [], "all")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), []);
});

test("the newest of many changes wins, before any is shown", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { id, event } = await said(scene);
  await scene.network.accept([
    reactions(id, [reaction("bob", "👍")]),
    reactions(id, [reaction("bob", "👍", false)]),
    reactions(id, [reaction("bob", "👎")]),
  ]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), [`${bob} 👎`]);
  assert.equal(scene.homeserver.count("redact"), 0);
});

test("a reaction waits for its message, and is forgotten if that never comes", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const message = saying("bob", "late");
  await scene.network.accept([reactions(message.id, [reaction("bob", "👍")])]);
  await scene.settle();
  await scene.network.accept([message]);
  await scene.idle();
  const event = scene.homeserver.events.findLast(({ type }) => type === "m.room.message");
  assert.deepEqual(scene.homeserver.reactions(event?.event_id ?? ""), [`${bob} 👍`]);
  await scene.network.accept([reactions("never", [reaction("bob", "👍")])]);
  await scene.settle();
  scene.clock.advance(31_000);
  await scene.idle();
  assert.deepEqual(await scene.store.read.assertions.of(portal.id, messageId("never")), []);
});

test("a reaction whose answer was lost is found and not doubled", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { id, event } = await said(scene);
  let lost = 0;
  scene.homeserver.after = ({ op }) => {
    if (op !== "send" || lost > 0) return;
    lost += 1;
    throw refusal("NETWORK", 0);
  };
  await scene.network.accept([reactions(id, [reaction("bob", "👍")])]);
  await until("the answer is lost", () => lost === 1);
  await scene.settle();
  scene.clock.advance(60_000);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), [`${bob} 👍`]);
  await scene.network.accept([reactions(id, [], "all")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), []);
});

test("the homeserver's own double is taken for done", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const { id, event } = await said(scene);
  await scene.network.accept([reactions(id, [reaction("bob", "👍")])]);
  await scene.idle();
  await scene.store.commit((tx) => tx.assertions.forget(portal.id, id));
  await scene.network.accept([reactions(id, [reaction("bob", "👍")])]);
  await scene.idle();
  const [row] = await scene.store.read.assertions.of(portal.id, id);
  assert.notEqual(row?.event, undefined);
  assert.deepEqual(scene.homeserver.reactions(event), [`${bob} 👍`]);
});

test("a Matrix reaction reaches the network once, and is taken back by its redaction", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const { id, event } = await said(scene);
  const reacted = await anaReacts(scene, event, "👍");
  await scene.idle();
  assert.deepEqual(scene.network.did, [["react", { id, emoji: "👍", on: true, by: "relay" }]]);
  assert.equal(await scene.outcome(reacted, portal.id), "delivered");
  const echo = reactions(id, [reaction("relay", "👍")]);
  await scene.network.accept([echo]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), [`${ana} 👍`]);
  await redacts(scene, reacted);
  assert.deepEqual(scene.network.did.at(-1)?.[1], { id, emoji: "👍", on: false, by: "relay" });
  await scene.network.accept([reactions(id, [], "all")]);
  await scene.idle();
  assert.equal(scene.homeserver.count("redact"), 0);
  assert.deepEqual(await scene.store.read.assertions.of(portal.id, id), []);
});

test("the echo of our own reaction that comes before the answer is not shown again", async (t) => {
  const network = new ScriptedNetwork();
  network.more = {
    react: async (_chat, { id, emoji }) => {
      await network.accept([reactions(id, [reaction("relay", emoji)], "all")]);
    },
  };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  const { event } = await said(scene);
  await anaReacts(scene, event, "👍");
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), [`${ana} 👍`]);
});

test("what two people react with through one relay stays until both took it back", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { event } = await said(scene);
  const first = await anaReacts(scene, event, "👍");
  const second = await anaReacts(scene, event, "👍", "@ben:hs.test");
  await scene.idle();
  await redacts(scene, first);
  assert.equal(scene.network.did.length, 2, "still on");
  await redacts(scene, second);
  assert.equal(scene.network.did.length, 3, "off");
});

test("a reaction that the network takes away is redacted here, but not by a list that is too old", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { id, event } = await said(scene);
  await anaReacts(scene, event, "👍");
  await scene.idle();
  await scene.network.accept([reactions(id, [], "all")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), [`${ana} 👍`]);
  scene.clock.advance(11_000);
  await scene.network.accept([reactions(id, [], "all")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(event), []);
});

test("what the network took away does not go back to it, however early our redaction is pushed", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { homeserver, network } = scene;
  const { id, event } = await said(scene);
  const reacted = await anaReacts(scene, event, "👍");
  await scene.idle();
  scene.clock.advance(11_000);
  const echo = { room_id: room, type: "m.room.redaction", sender: homeserver.bot, content: {} };
  homeserver.after = async ({ op }) => {
    if (op === "redact") await scene.push(homeserver.event({ ...echo, redacts: reacted }));
  };
  await network.accept([reactions(id, [], "all")]);
  await scene.idle();
  assert.deepEqual(homeserver.reactions(event), []);
  assert.deepEqual(network.did, [["react", { id, emoji: "👍", on: true, by: "relay" }]]);
});

test("what the relay may not react with is said in words, to the author", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const { event, id } = await said(scene);
  await limited(scene, { allowed: ["👍", "\u2764"], perUser: 1, custom: false });
  const heart = await anaReacts(scene, event, "\u2764\ufe0f");
  await scene.idle();
  assert.equal(await scene.outcome(heart, portal.id), "delivered");
  assert.deepEqual(scene.network.did.at(-1)?.[1], { id, emoji: "\u2764", on: true, by: "relay" });
  const refused = [
    await anaReacts(scene, event, "👎"),
    await anaReacts(scene, event, "👍"),
    await anaReacts(scene, event, "mxc://hs.test/blob"),
  ];
  await scene.idle();
  for (const one of refused) assert.equal(await scene.outcome(one, portal.id), "delivered");
  assert.equal(scene.network.did.length, 1);
  assert.deepEqual(ourSaid(scene), []);
  assert.deepEqual(
    scene.network.texts.map((text) => /reacted with [^"]+/.exec(text)?.[0]),
    ["reacted with 👎", "reacted with 👍", "reacted with a picture"],
  );
});

test("a network without reactions gets those of its own people's messages in words", async (t) => {
  const network = new ScriptedNetwork();
  network.without = ["react"];
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  const { event } = await said(scene);
  const reacted = await anaReacts(scene, event, "👍");
  const lost = await anaReacts(scene, "$nothing", "👍");
  await scene.idle();
  assert.equal(await scene.outcome(reacted, portal.id), "delivered");
  assert.equal(await scene.outcome(lost, portal.id), "not_bridged");
  assert.match(scene.network.texts.join(), /reacted with 👍/);
  assert.deepEqual(ourSaid(scene), []);
});

test("a reaction taken back before it was sent never leaves", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { event } = await said(scene);
  const login = [...scene.engine.works.box.networks.values()][0];
  login?.gate.close({ until: undefined, why: "away" });
  const reacted = await anaReacts(scene, event, "👍");
  await scene.push(
    scene.homeserver.event({
      room_id: room,
      type: "m.room.redaction",
      sender: ana,
      redacts: reacted,
      content: {},
    }),
  );
  await scene.settle();
  assert.deepEqual(scene.network.did, []);
  login?.gate.open();
  await scene.idle();
  assert.deepEqual(scene.network.did, []);
});

test("a reaction that failed for sure leaves nothing behind; one in doubt is told again", async (t) => {
  const network = new ScriptedNetwork();
  let calls = 0;
  network.more = {
    react: () => {
      calls += 1;
      const facts = { reached: calls === 1 ? "unknown" : "no", scope: "item" } as const;
      const code = calls === 1 ? "network" : "forbidden";
      return Promise.reject(new BridgeError(code, "You are not allowed to.", facts));
    },
  };
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  const { event, id } = await said(scene);
  const reacted = await anaReacts(scene, event, "👍");
  await until("it was tried", () => calls === 1);
  await scene.settle();
  scene.clock.advance(60_000);
  await scene.idle();
  assert.equal(calls, 2);
  assert.equal(await scene.outcome(reacted, portal.id), "failed");
  assert.deepEqual(await scene.store.read.assertions.of(portal.id, id), []);
});

test("a reaction of which the network cannot tell whether it arrived is doubtful, and ends", async (t) => {
  const network = new ScriptedNetwork();
  let calls = 0;
  network.more = {
    react: () => {
      calls += 1;
      const facts = { reached: "unknown", scope: "item" } as const;
      return Promise.reject(new BridgeError("doubtful", "Nobody knows. Look there.", facts));
    },
  };
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  const { event } = await said(scene);
  const reacted = await anaReacts(scene, event, "👍");
  await until("it was tried", () => calls === 1);
  await scene.settle();
  scene.clock.advance(60_000);
  await scene.idle();
  assert.equal(calls, 2);
  assert.equal(await scene.outcome(reacted, portal.id), "doubtful");
});

test("a picture that stands at the message already is reacted with by its own name", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { id, event } = await said(scene);
  const custom = { locator: { emoji: "42" }, name: "blob" };
  await scene.network.accept([reactions(id, [{ ...reaction("bob", "blob:42"), custom }])]);
  await scene.idle();
  const [shown = ""] = scene.homeserver.reactions(event);
  await limited(scene, { perUser: 20, custom: true });
  await anaReacts(scene, event, shown.split(" ")[1] ?? "");
  await scene.idle();
  assert.deepEqual(scene.network.did.at(-1)?.[1], {
    id,
    emoji: "blob:42",
    on: true,
    custom,
    by: "relay",
  });
});

test("what ana reacts with to a later piece is the network's reaction to the message", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const message = saying("bob", "");
  const parts = ["one", "two"].map((text, index) => ({
    id: partId(`F${index}`),
    kind: "text" as const,
    text: fromPlain(text),
  }));
  await scene.network.accept([{ ...message, content: { parts } }]);
  await scene.idle();
  const [one, two] = scene.homeserver.events.filter(({ type }) => type === "m.room.message");
  const first = await anaReacts(scene, two?.event_id ?? "", "👍");
  await anaReacts(scene, one?.event_id ?? "", "👍");
  await scene.idle();
  await scene.network.accept([reactions(message.id, [reaction("relay", "👍")], "all")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.reactions(two?.event_id ?? ""), [`${ana} 👍`]);
  assert.deepEqual(scene.homeserver.reactions(one?.event_id ?? ""), [`${ana} 👍`]);
  await redacts(scene, first);
  assert.equal(scene.network.did.length, 2, "the other one still stands");
});

test("a removed message takes what was said of it along", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const { id } = await said(scene);
  await scene.network.accept([
    reactions(id, [reaction("bob", "👍")]),
    { kind: "delete", chat: lobby, at: 1, key: "d", ids: [id], for: "all" },
  ]);
  await scene.idle();
  assert.deepEqual(await scene.store.read.assertions.of(portal.id, id), []);
});
