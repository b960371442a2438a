import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, loginId } from "../adapter/index.ts";
import type { ListedChat } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { loginOf, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { until } from "../testing/until.ts";
import { isWanted } from "./chat-filter.ts";
import type { NetworkSettings } from "./index.ts";

const day = 86_400_000;

const listed = (name: string, more: Partial<ListedChat> = {}): ListedChat => ({
  ref: { id: chatId(name) },
  info: { ...scriptedInfo, name },
  ...more,
});

interface Opened extends Scene {
  readonly lists: () => number;
  /** Ana logs in, or comes back. */
  readonly logIn: () => Promise<void>;
}

const openWith = async (
  t: TestContext,
  chats: readonly ListedChat[],
  options: {
    readonly sync?: Partial<NetworkSettings["sync"]>;
    readonly store?: Scene["store"];
    readonly homeserver?: Scene["homeserver"];
    readonly permits?: (who: string, what: string) => boolean;
  } = {},
): Promise<Opened> => {
  let lists = 0;
  const network = new ScriptedNetwork();
  network.more = {
    async *chats() {
      lists += 1;
      for (let at = 0; at < chats.length; at += 2) yield chats.slice(at, at + 2);
    },
  };
  const { store, homeserver, permits } = options;
  const sync = { most: 10, ofBox: false, filter: { only: [], never: [] } };
  const scene = await openEngine(t, {
    network,
    networkSettings: { sync: { ...sync, ...options.sync } },
    ...(store ? { store } : {}),
    ...(homeserver ? { homeserver } : {}),
    ...(permits ? { settings: { permits } } : {}),
  });
  const live = scene.engine.works.box.networks.get(net);
  assert.ok(live);
  const logIn = async (): Promise<void> => {
    const row = {
      ...loginOf("net:anna", "user"),
      network: net,
      owner: ana,
      accountVersion: 1,
      since: 1,
    };
    await scene.store.commit((tx) => tx.logins.put(row));
    await scene.engine.supervisor.add(live, row);
    await scene.idle();
  };
  return { ...scene, lists: () => lists, logIn };
};

const made = ({ homeserver }: Scene): readonly unknown[] =>
  homeserver.calls.flatMap(({ op, what }) => (op === "createRoom" ? [what["name"]] : []));

test("a login's chats have rooms at once, newest first, up to so many, with its owner invited", async (t) => {
  const scene = await openWith(
    t,
    ["a", "b", "c", "d"].map((name) => listed(name)),
    {
      sync: { most: 3 },
    },
  );
  assert.equal(scene.lists(), 0, "an account of the box brings no rooms");
  await scene.logIn();
  assert.deepEqual(made(scene), ["a", "b", "c"]);
  const [first] = scene.homeserver.calls.filter(({ op }) => op === "createRoom");
  assert.deepEqual(first?.what["invite"], [ana]);
});

test("old chats, spaces and those that the config leaves out have none, until it changes its mind", async (t) => {
  const chats = [
    listed("fresh", { lastAt: Date.now() }),
    listed("secret plans", { lastAt: Date.now() }),
    listed("stale", { lastAt: 0 }),
    listed("a place", { info: { ...scriptedInfo, kind: "space" } }),
  ];
  const filter = { only: [], never: ["secret*"] };
  const scene = await openWith(t, chats, { sync: { maxAge: 365 * day, filter } });
  scene.clock.advance(Date.now() - scene.clock.now());
  await scene.logIn();
  assert.deepEqual(made(scene), ["fresh"]);
  const { chat } = saying("bob", "");
  for (const id of ["secret", "secret plans", "open"])
    await scene.network.accept([saying("bob", `in ${id}`, { chat: { ...chat, id: chatId(id) } })], {
      seenBy: [loginOf("net:anna").id],
    });
  await scene.idle();
  assert.equal(made(scene).length, 2);
});

test("once it came to the end, a restart asks nobody anything", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const chats = ["a", "b"].map((name) => listed(name));
  const first = await openWith(t, chats, { store });
  await first.logIn();
  await first.engine.stop();
  const { homeserver } = first;
  const before = homeserver.calls.length;
  const second = await openWith(t, chats, { store, homeserver });
  await second.idle();
  await second.settle();
  assert.equal(second.lists(), 0);
  assert.equal(homeserver.calls.length, before);
  await second.engine.stop();
  const third = await openWith(t, [...chats, listed("c")], {
    store,
    homeserver,
    sync: { most: 11 },
  });
  await third.idle();
  await third.settle();
  assert.deepEqual(made(third), ["a", "b", "c"]);
});

test("a box that dies in the middle goes on and doubles nothing", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const chats = ["a", "b", "c"].map((name) => listed(name));
  const first = await openWith(t, chats, { store });
  let rooms = 0;
  first.homeserver.before = ({ op }) => {
    if (op !== "createRoom") return undefined;
    rooms += 1;
    return rooms === 2 ? new Promise<void>(() => undefined) : undefined;
  };
  await first.logIn();
  await first.engine.stop();
  const { homeserver } = first;
  homeserver.before = () => undefined;
  const second = await openWith(t, chats, { store, homeserver });
  await second.idle();
  await second.settle();
  assert.equal(homeserver.aliases.size, 3);
});

test("a network that fails while it lists is asked again", async (t) => {
  const scene = await openWith(t, []);
  let asked = 0;
  scene.network.more = {
    // oxlint-disable-next-line require-yield
    async *chats() {
      asked += 1;
      if (asked === 1)
        throw new BridgeError("rate_limit", "Later.", {
          reached: "no",
          scope: "login",
          retryAfter: 5000,
        });
      yield [listed("a")];
    },
  };
  await scene.logIn();
  assert.equal(made(scene).length, 0);
  scene.clock.advance(5000);
  await scene.idle();
  assert.deepEqual(made(scene), ["a"]);
});

test("the owner is invited to a room that is there for somebody else", async (t) => {
  const scene = await openWith(t, [listed("lobby")]);
  const portal = await scene.plumb();
  scene.homeserver.members.get(portal.room ?? "")?.delete(ana);
  await scene.logIn();
  await scene.logIn();
  assert.equal(made(scene).length, 0);
  assert.equal(scene.homeserver.count("invite"), 1);
});

test("nobody is invited by their login into a room that people made and keep closed", async (t) => {
  const scene = await openWith(t, [listed("lobby")], { permits: (_, what) => what !== "admin" });
  const portal = await scene.plumb("!closed:hs.test");
  scene.homeserver.members.get("!closed:hs.test")?.delete(ana);
  await scene.logIn();
  assert.equal(scene.homeserver.count("invite"), 0);
  assert.ok((await scene.store.read.portals.logins(portal.id)).includes(loginId("net:anna")));
});

test("patterns", () => {
  const only = (pattern: string) => ({ only: [pattern], never: [] });
  for (const [pattern, name, fits] of [
    ["*", "anything", true],
    ["dev-*", "dev-core", true],
    ["dev-*", "my dev-core", false],
    ["*news*", "The News of today", true],
    ["a*b*c", "a-b-c", true],
    ["a*b*c", "acb", false],
    ["ab*ba", "aba", false],
    ["#Lobby", "#lobby", true],
    ["", "x", false],
  ] as const)
    assert.equal(isWanted(only(pattern), [name]), fits, pattern);
  assert.equal(isWanted({ only: ["a*"], never: ["ab"] }, ["ab", "a"]), false);
});

test("a login whose chats are gone through catches up until the last of them has its room", async (t) => {
  const scene = await openWith(t, [listed("one"), listed("two"), listed("three")]);
  const { catchUp } = scene.engine.works;
  const during: boolean[] = [];
  scene.homeserver.before = ({ op }) => {
    if (op === "createRoom") during.push(catchUp.isRunning(loginOf("net:anna").id));
  };
  await scene.logIn();
  await until("all are made", () => made(scene).length === 3);
  assert.deepEqual(during, [true, true, true]);
  await until("that is told", () => !catchUp.isRunning(loginOf("net:anna").id));
});
