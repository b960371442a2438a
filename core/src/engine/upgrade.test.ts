import assert from "node:assert/strict";
import { test } from "node:test";
import { userId } from "../adapter/index.ts";
import type { Member } from "../adapter/index.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import { next, old, openUpgrade as open } from "../testing/upgrade-scene.ts";
import { isMuted, setMuted } from "./mute.ts";
import { rememberTalk } from "./onboard.ts";
import { outPayload } from "./sent-row.ts";

test("a room that is upgraded takes its chats with it, both ways, and says whose it is", async (t) => {
  const scene = await open(t);
  await scene.store.commit((tx) => setMuted(tx, { room: old }, true));
  await scene.upgrade();
  assert.equal(await scene.room(), next);
  const muted = [old, next].map((room) => isMuted(scene.store.read, { room }));
  assert.deepEqual(await Promise.all(muted), [false, true]);
  await scene.network.accept([saying("bob", "still here")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(next), ["still here"]);
  await scene.anaSays("me too", { room: next });
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
  await scene.anaSays("in the old room", { room: old });
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
  const told = scene.homeserver.calls.filter(({ op }) => op === "setState");
  assert.deepEqual(
    told.map(({ what }) => [what["room"], what["type"]]),
    [
      [next, "m.bridge"],
      [next, "uk.half-shot.bridge"],
      [next, "com.beeper.room_features"],
    ],
  );
});

test("the alias of a chat leads to where it goes on, unless people gave it to another room", async (t) => {
  const alias = "#net_lobby:hs.test";
  for (const [at, leads] of [
    [old, next],
    ["!theirs:hs.test", "!theirs:hs.test"],
    [undefined, undefined],
  ] as const) {
    const scene = await open(t);
    if (at !== undefined) scene.homeserver.aliases.set(alias, at);
    await scene.upgrade();
    assert.equal(scene.homeserver.aliases.get(alias), leads);
  }
});

test("a room that does not say that it came from here is left, and nothing moves", async (t) => {
  const scene = await open(t);
  for (const from of ["", "!elsewhere:hs.test"]) {
    await scene.upgrade({ from });
    assert.equal(await scene.room(), old);
    assert.equal(scene.homeserver.members.get(next)?.get(scene.homeserver.bot), "leave");
  }
});

test("what is no tombstone of the room is none: another key, nonsense, a circle", async (t) => {
  const scene = await open(t);
  await scene.upgrade({ stateKey: "x" });
  await scene.upgrade({ to: "#alias:hs.test" });
  await scene.upgrade({ to: old });
  assert.equal(await scene.room(), old);
  assert.equal(scene.homeserver.count("join"), 0);
});

test("it is the room's state that says where it goes on, whatever an event says", async (t) => {
  const scene = await open(t);
  const content = { body: "on we go", replacement_room: next };
  scene.homeserver.creations.set(next, { sender: ana, content: { predecessor: { room_id: old } } });
  const forged = { room_id: old, type: "m.room.tombstone", state_key: "", sender: ana, content };
  await scene.push(scene.homeserver.event(forged));
  await scene.idle();
  assert.equal(await scene.room(), old);
  const other = scene.homeserver.makeRoom("!other:hs.test", [ana]);
  scene.homeserver.creations.set(other, {
    sender: ana,
    content: { predecessor: { room_id: old } },
  });
  const state = { ...content, replacement_room: other };
  scene.homeserver.state.set(`${old} m.room.tombstone `, state);
  await scene.push(scene.homeserver.event(forged));
  await scene.idle();
  assert.equal(await scene.room(), other);
});

test("a room that was upgraded twice is followed to the last, and a circle of rooms is not followed round", async (t) => {
  const scene = await open(t);
  const last = "!last:hs.test";
  scene.homeserver.makeRoom(last, [ana]);
  scene.homeserver.state.set(`${next} m.room.tombstone `, { replacement_room: last });
  scene.homeserver.creations.set(last, {
    sender: ana,
    content: { predecessor: { room_id: next, event_id: "$x" } },
  });
  scene.homeserver.state.set(`${last} m.room.tombstone `, { replacement_room: old });
  await scene.upgrade();
  assert.equal(await scene.room(), last);
});

test("a room that we may not enter is asked for, and followed once we are invited", async (t) => {
  const scene = await open(t);
  scene.homeserver.closed.add(next);
  await scene.upgrade();
  assert.equal(await scene.room(), old);
  assert.match(scene.homeserver.said(old).at(-1) ?? "", /^This room is not bridged any further/);
  const { bot } = scene.homeserver;
  scene.homeserver.members.get(next)?.set(bot, "invite");
  await scene.push(
    scene.homeserver.event({
      room_id: next,
      type: "m.room.member",
      state_key: bot,
      sender: ana,
      content: { membership: "invite" },
    }),
  );
  await scene.idle();
  assert.equal(await scene.room(), next);
});

/** From now on only whoever has power may speak in the old room, as after an upgrade. */
const silence = ({ homeserver }: Scene): void => {
  homeserver.before = ({ op, what }) => {
    if (op === "send" && what["room"] === old) throw refusal("M_FORBIDDEN");
  };
};

test("what comes from the network while the room is upgraded waits, and is shown where it goes on", async (t) => {
  const scene = await open(t);
  silence(scene);
  scene.homeserver.state.set(`${old} m.room.tombstone `, { replacement_room: next });
  scene.homeserver.creations.set(next, { sender: ana, content: { predecessor: { room_id: old } } });
  await scene.network.accept([saying("bob", "one"), saying("cy", "two"), saying("bob", "three")]);
  await until("all of it is shown", () => {
    scene.clock.advance(1000);
    return scene.homeserver.said(next).length === 3;
  });
  assert.deepEqual(scene.homeserver.said(next), ["one", "two", "three"]);
  assert.deepEqual(await scene.store.read.outcomes.recent(10, "failed"), []);
});

test("what has waited for long already waits for the upgrade too", async (t) => {
  const scene = await open(t);
  scene.homeserver.before = ({ op }) => {
    if (op === "send") throw refusal("M_UNKNOWN", 502);
  };
  await scene.network.accept([saying("bob", "one")]);
  await until("it was tried", () => scene.homeserver.count("send") > 0);
  await scene.settle();
  scene.clock.advance(2 * 3_600_000);
  silence(scene);
  scene.homeserver.state.set(`${old} m.room.tombstone `, { replacement_room: next });
  scene.homeserver.creations.set(next, { sender: ana, content: { predecessor: { room_id: old } } });
  await until("it is shown", () => {
    scene.clock.advance(1000);
    return scene.homeserver.said(next).length > 0;
  });
  assert.deepEqual(scene.homeserver.said(next), ["one"]);
});

test("what was shown in the old room, though nobody saw it, is not shown again in the new one", async (t) => {
  const scene = await open(t);
  let lost = 1;
  scene.homeserver.after = ({ op }) => {
    if (op === "send" && lost-- > 0) throw refusal("M_UNKNOWN", 502);
  };
  await scene.network.accept([saying("bob", "one")]);
  await until("it was sent", () => lost === 0);
  await scene.settle();
  await scene.upgrade();
  await scene.network.accept([saying("bob", "two")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(old), ["one"]);
  assert.deepEqual(scene.homeserver.said(next), ["two"]);
});

test("what a room refuses that goes on nowhere fails as ever", async (t) => {
  const scene = await open(t);
  silence(scene);
  await scene.network.accept([saying("bob", "nobody may speak here")]);
  await scene.idle();
  const [failed] = await scene.store.read.outcomes.recent(10, "failed");
  assert.equal(failed?.code, "forbidden");
});

const member = (name: string): Member => ({ user: userId(name), state: "join" });
const ghost = (name: string): string => `@net_${name}:hs.test`;

test("who was in the old room comes into the new one, also those who say nothing, and nobody else", async (t) => {
  for (const members of ["full", "lazy"] as const) {
    const scene = await open(t, { members });
    const list = [member("silent"), member("bob")];
    await scene.network.accept([{ kind: "members", chat: lobby, at: 1, list, complete: true }]);
    await scene.network.accept([saying("bob", "I speak")]);
    await scene.idle();
    await scene.upgrade();
    const here = scene.homeserver.members.get(next);
    assert.equal(here?.get(ghost("bob")), "join");
    assert.equal(here?.get(ghost("silent")), members === "full" ? "join" : undefined);
  }
});

test("what an error kept from being said in the new room is said yet", async (t) => {
  const scene = await open(t);
  let refusals = 2;
  scene.homeserver.before = ({ op }) => {
    if (op === "setState" && refusals-- > 0) throw refusal("M_UNKNOWN", 502);
  };
  await scene.begin();
  await until("it is whole", () => {
    scene.clock.advance(1000);
    return [...scene.homeserver.state.keys()].some((key) => key.startsWith(`${next} m.bridge`));
  });
  await scene.idle();
  assert.equal(await scene.room(), next);
});

test("a room on another homeserver is entered through that of whoever names it, at each step", async (t) => {
  const scene = await open(t);
  const { homeserver } = scene;
  const last = "!last";
  homeserver.makeRoom(last, [ana]);
  homeserver.state.set(`${next} m.room.tombstone `, { replacement_room: last });
  homeserver.creations.set(last, { sender: ana, content: { predecessor: { room_id: next } } });
  homeserver.setters.set(`${old} m.room.tombstone `, "@eve:far.test:8448");
  homeserver.setters.set(`${next} m.room.tombstone `, "@zoe:farther.test");
  await scene.upgrade();
  assert.equal(await scene.room(), last);
  const joins = homeserver.calls.filter(({ op }) => op === "join").map(({ what }) => what);
  assert.deepEqual(joins, [
    { room: next, via: ["far.test:8448"] },
    { room: last, via: ["farther.test"] },
  ]);
});

test("a room that cannot be found now is tried again, and holds up nothing else", async (t) => {
  const scene = await open(t);
  let lost = 1;
  scene.homeserver.before = ({ op }) => {
    if (op === "join" && lost-- > 0) throw refusal("M_UNKNOWN", 502);
  };
  await scene.begin();
  await until("it was tried", () => scene.homeserver.count("join") > 0);
  await until("it waits aside", () => scene.engine.works.parked.has(`upgrade:${old}`));
  await until("it is followed", () => {
    scene.clock.advance(1000);
    return scene.homeserver.count("join") > 1;
  });
  await scene.idle();
  assert.equal(await scene.room(), next);
});

test("where the old room lets nobody say that it ends, the people behind its chats are told, once", async (t) => {
  const admin = "@boss:hs.test";
  const scene = await open(t, { settings: { admins: [admin] } });
  const { homeserver } = scene;
  homeserver.makeRoom("!talk:hs.test", [admin, homeserver.bot]);
  await scene.store.commit((tx) => rememberTalk(tx, admin, "!talk:hs.test"));
  homeserver.members.delete(next);
  silence(scene);
  await scene.upgrade();
  await scene.upgrade();
  assert.equal(await scene.room(), old);
  const told = homeserver.said("!talk:hs.test");
  assert.equal(told.length, 1, told.join());
  assert.match(told[0] ?? "", /is not shown .* any more.*@bot:hs\.test.*!next:hs\.test/);
});

test("what cannot be shown anywhere waits for an invitation, then it fails and says so", async (t) => {
  const scene = await open(t);
  scene.homeserver.closed.add(next);
  silence(scene);
  await scene.network.accept([saying("bob", "one")]);
  await scene.begin();
  const state = async (): Promise<string | undefined> =>
    (await scene.store.read.outcomes.recent(1))[0]?.state;
  await until("it was refused", () => scene.homeserver.count("send") > 1);
  await scene.settle();
  assert.equal(await state(), "retrying");
  await until("it is given up", () => {
    scene.clock.advance(60_000);
    return scene.news.some((one) => one.what === "outcome" && one.outcome.state === "failed");
  });
  assert.equal(await state(), "failed");
});

test("in a room that the box made the bot is no member to count, beside others that are none; else that is left alone", async (t) => {
  const at = { room: next, type: "io.element.functional_members", key: "" };
  const call = { class: "live" } as const;
  for (const origin of ["remote", "plumbed"] as const) {
    const scene = await open(t);
    const { homeserver, store, engine } = scene;
    const portal = await store.read.portals.find(net, lobby);
    assert.ok(portal);
    await store.commit((tx) => engine.works.portals.update(tx, portal, { origin }));
    engine.works.portals.forget(portal);
    const others = { service_members: ["@other:hs.test"], else: 1 };
    homeserver.state.set(`${next} ${at.type} `, others);
    await scene.upgrade();
    const { bot } = homeserver;
    const both = { ...others, service_members: ["@other:hs.test", bot] };
    assert.deepEqual(await homeserver.getState(at, call), origin === "remote" ? both : others);
  }
});

/** The bot's next join is done, and its answer is there once the returned is called. */
const joinHangs = ({ homeserver }: Scene): (() => void) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  homeserver.after = ({ op }) => (op === "join" ? promise : undefined);
  return resolve;
};

test("what is said in the new room before the chats are there is theirs, in order, not the bot's", async (t) => {
  for (const way of ["tombstone", "invitation"] as const) {
    const commands: string[] = [];
    const scene = await open(t, {
      commands: () => (turn) => {
        commands.push(JSON.stringify(outPayload(turn.item).event.content["body"]));
        return Promise.resolve({ end: "dropped" });
      },
    });
    const { homeserver, network } = scene;
    if (way === "invitation") {
      homeserver.closed.add(next);
      await scene.upgrade();
    }
    const joined = homeserver.count("join");
    const answer = joinHangs(scene);
    if (way === "tombstone") await scene.begin();
    else {
      const { bot } = homeserver;
      homeserver.members.get(next)?.set(bot, "invite");
      const content = { membership: "invite" };
      const type = "m.room.member";
      const event = { room_id: next, type, state_key: bot, sender: ana, content };
      await scene.push(homeserver.event(event));
    }
    await until("the bot joins", () => homeserver.count("join") > joined);
    const room = next;
    const first = await scene.anaSays("one", { room });
    await scene.anaSays("two", { room });
    await scene.anaSays("!bridgebox help", { room });
    const key = "👍";
    const relation = { rel_type: "m.annotation", event_id: first.event_id, key };
    await scene.push(
      homeserver.event({
        room_id: room,
        type: "m.reaction",
        sender: ana,
        content: { "m.relates_to": relation },
      }),
    );
    assert.deepEqual(network.sent, []);
    answer();
    await until("the chats are there", () => network.sent.length > 0);
    await scene.anaSays("three", { room });
    await scene.idle();
    assert.deepEqual(
      network.texts.map((text) => /one|two|three/.exec(text)?.[0]),
      ["one", "two", "three"],
    );
    assert.deepEqual(
      network.did.map(([method]) => method),
      ["react"],
    );
    assert.deepEqual(commands, ['"!bridgebox help"']);
  }
});
