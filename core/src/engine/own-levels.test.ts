import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, loginId, userId } from "../adapter/index.ts";
import type { Json, Member, Role } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Store } from "../store/index.ts";
import { ana, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import type { ScriptedHomeserver } from "../testing/scripted-homeserver.ts";
import {
  lobby,
  loginOf,
  saying,
  scriptedInfo,
  ScriptedNetwork,
} from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { logOut } from "./log-out.ts";
import { object } from "./to-network/content.ts";

const eve = "@eve:hs.test";
const bob = "@net_bob:hs.test";
const type = "m.room.power_levels";
const roles: readonly Role[] = ["owner", "admin", "moderator", "voice", "member"];
const loginOfAnna = loginId("net:anna");

/** The levels of a new private room, as homeservers set them. */
const atFirst: JsonObject = {
  users: { "@bot:hs.test": 100 },
  users_default: 0,
  events: { "m.room.name": 50, [type]: 100, "m.room.encryption": 100 },
  events_default: 0,
  state_default: 50,
  ban: 50,
  kick: 50,
};

interface Story extends Scene {
  readonly room: string;
  /** What was asked of the network. */
  readonly done: Json[];
  readonly levels: () => JsonObject;
  readonly of: (mxid: string) => Json | undefined;
  /** What the network tells of its people. */
  readonly told: (list: readonly Member[], by?: string) => Promise<void>;
  /** Somebody on Matrix sets the levels. */
  readonly sets: (sender: string, change: (before: JsonObject) => JsonObject) => Promise<void>;
  readonly says: () => readonly string[];
}

const is = (user: string, role: Role): Member => ({ user: userId(user), state: "join", role });

interface Given {
  readonly refuses?: (change: Member) => string | undefined;
  readonly store?: Store;
  readonly homeserver?: ScriptedHomeserver;
  readonly gives?: readonly Role[];
}

/** A room that the box made for a chat in which ana is, and bob. */
const openStory = async (
  t: TestContext,
  { refuses, gives = roles, ...more }: Given = {},
): Promise<Story> => {
  const done: Json[] = [];
  const network = new ScriptedNetwork();
  network.more = {
    setMember: (_chat, change) => {
      done.push(JSON.parse(JSON.stringify(change)) as Json);
      const why = refuses?.(change);
      const facts = { reached: "no", scope: "item" } as const;
      return why === undefined
        ? Promise.resolve()
        : Promise.reject(new BridgeError("forbidden", why, facts));
    },
  };
  const scene = await openEngine(t, { network, ...more });
  const { homeserver, engine, store } = scene;
  const live = engine.works.box.networks.get(network.id);
  assert.ok(live);
  const logIn = async (name: string, owner: string): Promise<void> => {
    if (live.logins.has(loginId(`net:${name}`))) return;
    const row = { ...loginOf(name, "user"), id: loginId(`net:${name}`), network: network.id };
    const owned = { ...row, owner, accountVersion: 1, since: 1 };
    await store.commit((tx) => tx.logins.put(owned));
    await engine.supervisor.add(live, owned);
  };
  await logIn("anna", ana);
  await logIn("eve", eve);
  const portal = await engine.works.portals.ensure(network.id, lobby, "remote");
  const room = await engine.works.rooms.ensure(portal.id);
  const place = `${room} ${type} `;
  if (!homeserver.state.has(place)) homeserver.state.set(place, atFirst);
  const features = {
    ...scriptedInfo.features,
    version: "9",
    can: ["setMember"] as const,
    ...(gives.length > 0 ? { roles: gives } : {}),
  };
  await network.accept([{ kind: "chat", chat: lobby, at: 1, info: { features } }]);
  await scene.idle();
  const levels = () => homeserver.state.get(place) ?? {};
  const told = async (list: readonly Member[], by = "net:anna"): Promise<void> => {
    const event = { kind: "members", chat: lobby, at: 3, list, complete: false } as const;
    await network.accept([event], { seenBy: [loginId(by)] });
    await scene.idle();
  };
  const sets: Story["sets"] = async (sender, change) => {
    const before = levels();
    const content = change(before);
    homeserver.state.set(place, content);
    homeserver.setters.set(place, sender);
    await scene.push({
      ...homeserver.event({ room_id: room, type, state_key: "", sender, content }),
      unsigned: { prev_content: before },
    });
    await scene.idle();
  };
  return {
    ...scene,
    room,
    done,
    levels,
    of: (mxid) => object(levels()["users"])?.[mxid],
    told,
    sets,
    says: () => homeserver.said(room),
  };
};

const withUser =
  (mxid: string, level: number) =>
  (before: JsonObject): JsonObject => ({
    ...before,
    users: { ...object(before["users"]), [mxid]: level },
  });

const bobIsThere = async (story: Story): Promise<void> => {
  await story.network.accept([
    { kind: "members", chat: lobby, at: 2, list: [is("bob", "member")], complete: false },
    saying("bob", "hello"),
  ]);
  await story.idle();
};

test("whoever is logged in has the level of their own role, and who may give roles can", async (t) => {
  const story = await openStory(t);
  await story.told([is("anna", "voice")]);
  assert.equal(story.of(ana), 5);
  assert.equal(object(story.levels()["events"])?.[type], 100, "nobody there gives roles");
  await story.told([is("anna", "moderator")]);
  assert.equal(story.of(ana), 50);
  const { events, ...rest } = story.levels();
  assert.deepEqual(events, {
    ...object(atFirst["events"]),
    [type]: 50,
    "m.room.join_rules": 100,
    "m.room.guest_access": 100,
  });
  assert.deepEqual(rest["users"], { "@bot:hs.test": 100, [ana]: 50 });
  const writes = story.homeserver.count("setState");
  await story.told([is("anna", "moderator")]);
  assert.equal(story.homeserver.count("setState"), writes, "the same again is nothing");
  await story.told([is("anna", "muted")]);
  assert.equal(story.of(ana), undefined, "nobody is silenced here");
  await story.told([is("anna", "admin")]);
  await story.told([{ user: userId("anna"), state: "leave" }]);
  assert.equal(story.of(ana), undefined, "who left has none");
});

test("only what an account sees of itself counts, and the lower of two roles", async (t) => {
  const story = await openStory(t);
  await story.told([is("anna", "owner")], "net:relay");
  await story.told([is("anna", "owner")], "net:eve");
  assert.equal(story.of(ana), undefined);
  await story.told([is("anna", "voice"), is("anna", "owner")]);
  assert.equal(story.of(ana), 5);
});

test("a level that was given by hand stays, and whoever has as much as the bot keeps it", async (t) => {
  const story = await openStory(t);
  story.homeserver.state.set(`${story.room} ${type} `, {
    ...atFirst,
    users: { "@bot:hs.test": 100, [ana]: 100, [eve]: 40 },
  });
  await story.told([is("anna", "moderator")]);
  await story.told([is("anna", "member")]);
  assert.deepEqual(story.levels()["users"], { "@bot:hs.test": 100, [ana]: 100, [eve]: 40 });
});

test("a creator of the room has no level", async (t) => {
  const story = await openStory(t);
  const content = { room_version: "12", additional_creators: [ana] };
  story.homeserver.creations.set(story.room, { sender: "@bot:hs.test", content });
  await story.told([is("anna", "moderator")]);
  assert.equal(story.of(ana), undefined);
});

test("somebody of the chat is given a role by whoever is logged in there, and is told again as nothing", async (t) => {
  const story = await openStory(t);
  await bobIsThere(story);
  await story.told([is("anna", "moderator")]);
  await story.sets(ana, withUser(bob, 50));
  assert.deepEqual(story.done, [{ user: "bob", state: "join", role: "moderator" }]);
  const writes = story.homeserver.count("setState");
  await story.told([is("bob", "moderator")], "net:relay");
  assert.equal(story.homeserver.count("setState"), writes);
  assert.equal(story.of(bob), 50);
});

test("somebody of whom only their words are known is given a role, or keeps their level", async (t) => {
  let refuses: string | undefined;
  const story = await openStory(t, { refuses: () => refuses });
  await story.network.accept([saying("bob", "hello")]);
  await story.told([is("anna", "moderator")]);
  await story.sets(ana, withUser(bob, 50));
  assert.deepEqual(story.done, [{ user: "bob", state: "join", role: "moderator" }]);
  await story.network.accept([saying("carl", "hello")]);
  await story.idle();
  refuses = "You are no operator.";
  const carl = "@net_carl:hs.test";
  await story.sets(ana, withUser(carl, 50));
  assert.equal(story.of(carl), undefined);
});

test("a person who is logged in is given a role, exactly its level, and loses it again", async (t) => {
  const story = await openStory(t);
  await story.told([is("eve", "member")], "net:eve");
  await story.told([is("anna", "admin")]);
  await story.sets(ana, withUser(eve, 60));
  assert.deepEqual(story.done, [{ user: "eve", state: "join", role: "moderator" }]);
  assert.equal(story.of(eve), 50);
  await story.sets(ana, withUser(eve, 0));
  assert.deepEqual(story.done.slice(1), [{ user: "eve", state: "join", role: "member" }]);
  assert.equal(story.of(eve), undefined);
  await story.told([is("eve", "member")], "net:eve");
  assert.equal(story.done.length, 2);
});

test("a level of a role that cannot be given there is said to be none, and is as it was", async (t) => {
  const story = await openStory(t, { gives: ["admin", "member"] });
  await bobIsThere(story);
  await story.told([is("anna", "owner")]);
  await story.sets(ana, withUser(bob, 50));
  assert.deepEqual(story.done, []);
  assert.equal(story.of(bob), undefined);
  assert.match(story.says().at(-1) ?? "", /no role .* has that level.*admin \(75\), member \(0\)/);
  await story.sets(ana, withUser(bob, 80));
  assert.deepEqual(story.done, [{ user: "bob", state: "join", role: "admin" }]);
  await story.sets(ana, withUser(bob, 95));
  assert.equal(story.of(bob), 75, "nobody is made an owner");
});

test("what the network refuses is said, and the level is as it was", async (t) => {
  const story = await openStory(t, { refuses: () => "You are no operator." });
  await bobIsThere(story);
  await story.told([is("eve", "member")], "net:eve");
  await story.told([is("anna", "moderator")]);
  await story.sets(ana, withUser(eve, 50));
  assert.equal(story.of(eve), undefined);
  await story.sets(ana, withUser(bob, 50));
  assert.equal(story.of(bob), undefined);
  assert.equal(story.of(ana), 50);
  const refused = story.says().filter((line) => /change of power.*You are no operator/.test(line));
  assert.equal(refused.length, 2);
});

test("nobody rises by a role above what it is worth: all else is put back, and said", async (t) => {
  const story = await openStory(t);
  await story.told([is("anna", "moderator")]);
  const before = story.levels();
  const friend = "@friend:far.example";
  await story.sets(ana, withUser(friend, 50));
  assert.deepEqual(story.levels(), before);
  assert.match(
    story.says().at(-1) ?? "",
    /only who has an account .*@friend:far\.example has none/,
  );
  await story.sets(ana, (levels) => ({ ...levels, users_default: 50, kick: 0 }));
  assert.deepEqual(story.levels(), before);
  assert.match(story.says().at(-1) ?? "", /by a role you can change the roles of others only/);
  assert.deepEqual(story.done, []);
});

test("it is put back at once, also while the network is away", async (t) => {
  const story = await openStory(t);
  await story.told([is("anna", "moderator")]);
  const before = story.levels();
  const live = story.engine.works.box.networks.get(story.network.id);
  live?.gate.close({ why: "away", until: undefined });
  story.homeserver.setters.clear();
  const content = { ...before, users_default: 50 };
  const place = `${story.room} ${type} `;
  story.homeserver.state.set(place, content);
  story.homeserver.setters.set(place, ana);
  const { room: room_id } = story;
  await story.push(story.homeserver.event({ room_id, type, state_key: "", sender: ana, content }));
  await story.settle();
  assert.deepEqual(story.levels(), before);
});

test("whoever has as much as the bot may change all of it, and it is kept from then on", async (t) => {
  const story = await openStory(t);
  const boss = "@boss:hs.test";
  story.homeserver.state.set(`${story.room} ${type} `, withUser(boss, 100)(atFirst));
  await story.told([is("anna", "moderator")]);
  const friend = "@friend:far.example";
  await story.sets(boss, (levels) => ({ ...withUser(friend, 40)(levels), kick: 75 }));
  assert.equal(story.of(friend), 40);
  await story.sets(ana, (levels) => ({ ...withUser(friend, 30)(levels), kick: 0 }));
  assert.equal(story.of(friend), 40);
  assert.equal(story.levels()["kick"], 75);
});

test("where the network gives no roles that is said, and the level is as the network says", async (t) => {
  const story = await openStory(t, { gives: [] });
  await bobIsThere(story);
  const boss = "@boss:hs.test";
  story.homeserver.state.set(`${story.room} ${type} `, withUser(boss, 100)(atFirst));
  await story.told([is("anna", "admin")]);
  assert.equal(story.of(ana), 75);
  assert.equal(object(story.levels()["events"])?.[type], 100, "it would serve nobody");
  await story.sets(boss, withUser(bob, 50));
  assert.equal(story.of(bob), undefined);
  assert.match(story.says().at(-1) ?? "", /nobody's role can be changed there from here/);
});

test("whoever may give roles can as soon as the chat says that there are some", async (t) => {
  const story = await openStory(t, { gives: [] });
  await story.told([is("anna", "admin")]);
  const need = () => object(story.levels()["events"])?.[type];
  assert.equal(need(), 100);
  const features = { ...scriptedInfo.features, version: "10", roles };
  await story.network.accept([{ kind: "chat", chat: lobby, at: 9, info: { features } }]);
  await story.idle();
  assert.equal(need(), 50);
});

test("a restart with nothing changed writes nothing, and a log-out takes the level", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const first = await openStory(t, { store });
  await first.told([is("anna", "moderator"), is("eve", "member")]);
  const { homeserver } = first;
  await first.engine.stop();
  const before = homeserver.calls.length;
  const again = await openStory(t, { store, homeserver });
  await again.told([is("anna", "moderator"), is("eve", "member")]);
  assert.deepEqual(
    homeserver.calls.slice(before).filter(({ op }) => op === "setState"),
    [],
  );
  const { works, supervisor } = again.engine;
  await logOut(works, supervisor, { id: loginOfAnna, network: again.network.id, owner: ana });
  await again.idle();
  assert.equal(again.of(ana), undefined);
});
