import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, loginId } from "../adapter/index.ts";
import type { Connection } from "../adapter/index.ts";
import type { RoomView, Views } from "../matrix/types.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { openPuppet, room } from "../testing/puppet-scene.ts";
import type { PuppetScene } from "../testing/puppet-scene.ts";
import { lobby } from "../testing/scripted-network.ts";

const login = loginId("net:anna0");
const every = 30_000;

interface Follow extends PuppetScene {
  /** What the network was told. */
  readonly heard: readonly string[];
  /** The homeserver has that to tell at the next look. */
  look(next: string, view: RoomView, muted?: readonly string[]): Promise<void>;
}

const open = async (
  t: TestContext,
  options: {
    follow?: boolean;
    on?: boolean;
    owners?: readonly string[];
    fail?: (chat: string) => BridgeError | Promise<never> | undefined;
  } = {},
): Promise<Follow> => {
  const heard: string[] = [];
  const { follow = true, on = true, owners = [ana], fail } = options;
  const own: Connection["own"] = (chat, change) => {
    const error = fail?.(chat.id);
    if (error) return error instanceof Promise ? error : Promise.reject(error);
    heard.push(JSON.stringify(change));
    return Promise.resolve();
  };
  const people = { servers: {}, discovery: false, chats: "always", follow } as const;
  const scene = await openPuppet(t, { on, people, owners, able: { own } });
  await scene.store.commit((tx) => tx.portals.addLogin(scene.portal.id, login, 1));
  return {
    ...scene,
    heard,
    look: async (next, view, muted) => {
      const rooms = new Map(Object.keys(view).length === 0 ? [] : [[room, view]]);
      const views: Views = { next, rooms, ...(muted ? { muted: new Set(muted) } : {}) };
      scene.homeserver.seen.push(views);
      scene.clock.advance(every);
      await scene.idle();
    },
  };
};

const attic = "!attic:hs.test";

/** A second chat, in which that login is. */
const addAttic = ({ store }: PuppetScene, whose: string): Promise<void> =>
  store.commit(async (tx) => {
    const { id } = await tx.portals.ensure(net, { id: chatId("attic") }, "remote");
    await tx.portals.update(id, { room: attic });
    await tx.portals.addLogin(id, loginId(whose), 1);
  });

const asked = ({ homeserver }: PuppetScene): readonly unknown[] =>
  homeserver.calls.filter(({ op }) => op === "readViews").map(({ what }) => what["since"]);

test("what was so at first stays; what she changes then is so on the network, each once", async (t) => {
  const scene = await open(t);
  await scene.look("s1", { tags: ["m.favourite"], unread: false }, ["!else:hs.test"]);
  assert.deepEqual(scene.heard, []);
  await scene.look("s2", { tags: ["m.lowpriority"], unread: true }, [room]);
  assert.deepEqual(scene.heard, [
    '{"muted":"ever"}',
    '{"tagged":{"tag":"favourite","on":false}}',
    '{"tagged":{"tag":"low","on":true}}',
    '{"unread":true}',
  ]);
  await scene.look("s3", { tags: ["m.lowpriority", "u.mine"] });
  assert.equal(scene.heard.length, 4);
  await scene.look("s4", {}, []);
  assert.deepEqual(scene.heard.slice(4), ['{"muted":null}']);
  assert.deepEqual(asked(scene), ["", "s1", "s2", "s3"]);
  assert.equal(await scene.store.read.keys.get("views", ana), "s4");
});

test("what the box set itself, and what the network says next, goes no way twice", async (t) => {
  const scene = await open(t);
  const told = { kind: "tag", chat: lobby, at: 1, login, tag: "favourite" } as const;
  await scene.look("s1", {});
  await scene.told({ ...told, on: true });
  await scene.look("s2", { tags: ["m.favourite"] });
  assert.deepEqual(scene.heard, []);
  await scene.look("s3", { tags: [] });
  assert.deepEqual(scene.heard, ['{"tagged":{"tag":"favourite","on":false}}']);
  const before = scene.homeserver.count("setTag");
  await scene.told({ ...told, on: false });
  assert.equal(scene.homeserver.count("setTag"), before);
});

test("what the network cannot be told now is told later, what it never takes is let be", async (t) => {
  const errors: BridgeError[] = [];
  const facts = { reached: "no", scope: "login" } as const;
  const scene = await open(t, { fail: () => errors.shift() });
  await scene.look("s1", {});
  errors.push(new BridgeError("network", "Away.", facts));
  await scene.look("s2", { unread: true });
  assert.deepEqual(scene.heard, []);
  await scene.look("s2", { unread: true });
  assert.deepEqual(scene.heard, ['{"unread":true}']);
  errors.push(new BridgeError("forbidden", "Too many.", facts));
  await scene.look("s3", { unread: false });
  await scene.look("s4", { unread: false });
  assert.equal(scene.heard.length, 1);
  assert.deepEqual(asked(scene).slice(0, 3), ["", "s1", "s1"]);
});

test("nobody is asked about where it is off, or there is no registration", async (t) => {
  for (const options of [{ follow: false }, { on: false }]) {
    const scene = await open(t, options);
    await scene.look("s1", { unread: true });
    assert.deepEqual(asked(scene), []);
  }
});

test("a chat of which the network cannot be told now holds up no other, and is told later", async (t) => {
  let away = true;
  const facts = { reached: "no", scope: "chat" } as const;
  const fail = (chat: string) =>
    away && chat === lobby.id ? new BridgeError("network", "Away.", facts) : undefined;
  const scene = await open(t, { fail });
  await addAttic(scene, login);
  await scene.look("s1", {});
  await scene.look("s2", {}, [room, attic]);
  assert.deepEqual(scene.heard, ['{"muted":"ever"}']);
  away = false;
  await scene.look("s2", {}, [room, attic]);
  assert.deepEqual(scene.heard, ['{"muted":"ever"}', '{"muted":"ever"}']);
  await scene.look("s3", {}, [room, attic]);
  assert.deepEqual([scene.heard.length, asked(scene).at(-1)], [2, "s2"]);
});

test("a person whose network does not answer holds up nobody else", async (t) => {
  const hold = Promise.withResolvers<never>();
  const owners = [ana, "@ben:hs.test"];
  const scene = await open(t, {
    owners,
    fail: (chat) => (chat === lobby.id ? hold.promise : undefined),
  });
  await addAttic(scene, "net:anna1");
  const views = (next: string, muted: readonly string[]): Views => ({
    next,
    rooms: new Map(),
    muted: new Set(muted),
  });
  for (const [next, muted] of [
    ["s1", []],
    ["s2", [room, attic]],
  ] as const) {
    scene.homeserver.seen.push(views(next, muted), views(next, muted));
    scene.clock.advance(every);
    await scene.settle();
  }
  assert.deepEqual(scene.heard, ['{"muted":"ever"}']);
  hold.reject(new Error("the test is over"));
});
