import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loginId } from "../adapter/index.ts";
import type { RemoteEvent } from "../adapter/index.ts";
import type { Homeserver } from "../matrix/types.ts";
import { ana } from "../testing/engine-fixture.ts";
import { openPuppet, room } from "../testing/puppet-scene.ts";
import type { PuppetScene } from "../testing/puppet-scene.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, scriptedInfo } from "../testing/scripted-network.ts";
import { keep } from "./given.ts";
import { takeToken } from "./matrix-login.ts";

const login = loginId("net:anna0");
const base = { chat: lobby, at: 1, login } as const;
const mute = (until: number | "ever" | null): RemoteEvent => ({ ...base, kind: "mute", until });
const tag = (name: "favourite" | "low" | "archive", on: boolean): RemoteEvent => ({
  ...base,
  kind: "tag",
  tag: name,
  on,
});
const unread = (marked: boolean): RemoteEvent => ({ ...base, kind: "unread", marked });

const writes = new Set<keyof Homeserver>(["setMuted", "setTag", "setAccountData"]);

const wrote = ({ homeserver }: PuppetScene): readonly string[] =>
  homeserver.calls
    .filter(({ op }) => writes.has(op))
    .map(({ op, as, what }) => {
      assert.equal(as, ana);
      return [op, what["tag"] ?? what["type"], what["on"]]
        .flatMap((it) => (it === undefined ? [] : [JSON.stringify(it).replaceAll('"', "")]))
        .join(" ");
    });

const open = (t: TestContext, chats: "creation" | "always" | "never" = "always") =>
  openPuppet(t, { people: { servers: {}, discovery: false, chats } });

test("what her account mutes, pins, archives and marks is so on Matrix, each once", async (t) => {
  const scene = await open(t);
  await scene.told(mute("ever"), tag("favourite", true), tag("archive", true), unread(true));
  const all = [
    "setMuted true",
    "setTag m.favourite true",
    "setTag m.lowpriority true",
    "setAccountData m.marked_unread",
    "setAccountData com.famedly.marked_unread",
  ];
  assert.deepEqual(wrote(scene), all);
  await scene.told(mute("ever"), tag("favourite", true), unread(true));
  assert.deepEqual(wrote(scene), all, "nothing new was said");
  await scene.told(mute(null), tag("favourite", false), unread(false));
  assert.deepEqual(wrote(scene).slice(all.length), [
    "setMuted false",
    "setTag m.favourite false",
    "setAccountData m.marked_unread",
    "setAccountData com.famedly.marked_unread",
  ]);
});

test("what is so already is not set, and what was never so is not taken away", async (t) => {
  const scene = await open(t);
  const call = { class: "live", as: ana } as const;
  await scene.homeserver.setMuted(room, true, call);
  await scene.homeserver.setTag(room, "m.favourite", true, call);
  const before = wrote(scene).length;
  await scene.told(mute("ever"), tag("favourite", false), tag("low", false), unread(false));
  assert.deepEqual(wrote(scene).slice(before), []);
});

test("at creation: the first word of the network counts, her own choice after that", async (t) => {
  const scene = await open(t, "creation");
  await scene.told(mute("ever"), tag("low", false), unread(true));
  await scene.told(mute(null), tag("low", true), unread(false));
  assert.deepEqual(wrote(scene), [
    "setMuted true",
    ...["m", "com.famedly", "m", "com.famedly"].map((it) => `setAccountData ${it}.marked_unread`),
  ]);
});

test("never: nothing is touched, and nothing without a double puppet", async (t) => {
  const never = await open(t, "never");
  await never.told(mute("ever"), unread(true));
  assert.deepEqual(wrote(never), []);
  const off = await openPuppet(t, { on: false });
  await off.told(mute("ever"), unread(true));
  assert.deepEqual(wrote(off), []);
});

test("a mute with an end ends, also when it was changed meanwhile", async (t) => {
  const scene = await open(t);
  const { clock } = scene;
  const start = clock.now();
  await scene.network.accept([mute(start + 60_000)]);
  await scene.settle();
  await scene.network.accept([mute(start + 120_000)]);
  await scene.settle();
  assert.deepEqual(wrote(scene), ["setMuted true"]);
  clock.advance(60_001);
  await scene.settle();
  assert.deepEqual(wrote(scene), ["setMuted true"]);
  clock.advance(60_001);
  await scene.idle();
  assert.deepEqual(wrote(scene), ["setMuted true", "setMuted false"]);
});

test("a private chat is among her private chats, beside what was there, and once", async (t) => {
  const scene = await openPuppet(t, { on: false });
  const { homeserver, store, engine, portal } = scene;
  const peer = "bob" as NonNullable<typeof scriptedInfo.peer>;
  await store.commit((tx) =>
    engine.works.portals.update(tx, portal, { info: { ...scriptedInfo, kind: "dm", peer } }),
  );
  engine.works.portals.forget(portal);
  await store.commit((tx) => tx.portals.addLogin(portal.id, login, 1));
  const before = { "@eve:hs.test": ["!other:hs.test"], odd: 5 };
  homeserver.kept.set(`${ana} m.direct `, before);
  homeserver.tokens.set("mine", { user: ana });
  const give = async (): Promise<void> => {
    const signal = new AbortController().signal;
    await takeToken(engine.works, { person: ana, token: "mine", signal });
    await scene.idle();
  };
  await give();
  const direct = { ...before, "@net_bob:hs.test": [room] };
  assert.deepEqual(homeserver.kept.get(`${ana} m.direct `), direct);
  homeserver.kept.set(`${ana} m.direct `, before);
  await store.commit((tx) => keep(tx, ana, undefined));
  await give();
  assert.deepEqual(homeserver.kept.get(`${ana} m.direct `), before, "she took it out herself");
});

test("where her homeserver refuses, it is left as it is, and the next word is tried", async (t) => {
  const scene = await open(t);
  scene.homeserver.before = ({ op }) => {
    if (op === "setMuted") throw refusal("M_FORBIDDEN");
  };
  await scene.told(mute("ever"));
  scene.homeserver.before = () => undefined;
  await scene.told(unread(true));
  assert.deepEqual(wrote(scene).slice(0, 2), ["setMuted true", "setMuted true"]);
});
