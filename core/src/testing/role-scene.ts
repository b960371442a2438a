import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { BridgeError, chatId, loginId, userId } from "../adapter/index.ts";
import type { Json, Member, Role } from "../adapter/index.ts";
import { object } from "../engine/to-network/content.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Store } from "../store/index.ts";
import { ana, openEngine } from "./engine-fixture.ts";
import type { Scene } from "./engine-fixture.ts";
import type { ScriptedHomeserver } from "./scripted-homeserver.ts";
import { lobby, loginOf, saying, scriptedInfo, ScriptedNetwork } from "./scripted-network.ts";

export const eve = "@eve:hs.test";
export const bob = "@net_bob:hs.test";
/** The event that has the levels. */
export const type = "m.room.power_levels";
/** What the network can give, where a test says nothing else. */
export const roles: readonly Role[] = ["owner", "admin", "moderator", "voice", "member"];

/** The levels of a new private room, as homeservers set them. */
export const atFirst: JsonObject = {
  users: { "@bot:hs.test": 100 },
  users_default: 0,
  events: { "m.room.name": 50, [type]: 100, "m.room.encryption": 100 },
  events_default: 0,
  state_default: 50,
  ban: 50,
  kick: 50,
};

export interface RoleScene extends Scene {
  readonly room: string;
  /** What was asked of the network. */
  readonly done: Json[];
  readonly levels: () => JsonObject;
  readonly of: (mxid: string) => Json | undefined;
  /** What the network tells of its people. */
  readonly told: (list: readonly Member[], by?: string) => Promise<void>;
  /** Somebody on Matrix sets the levels. */
  readonly sets: (
    sender: string,
    change: (before: JsonObject) => JsonObject,
    /** The homeserver does not tell what was before. */
    untold?: boolean,
  ) => Promise<void>;
  readonly says: () => readonly string[];
}

export const is = (user: string, role: Role): Member => ({
  user: userId(user),
  state: "join",
  role,
});

interface Given {
  readonly refuses?: (change: Member) => string | undefined;
  readonly store?: Store;
  readonly homeserver?: ScriptedHomeserver;
  readonly gives?: readonly Role[];
}

/** A room that the box made for a chat in which ana is, and bob. */
export const openRoleScene = async (
  t: TestContext,
  { refuses, gives = roles, ...more }: Given = {},
): Promise<RoleScene> => {
  const done: Json[] = [];
  const network = new ScriptedNetwork();
  network.more = {
    resolve: (name) => Promise.resolve({ name, chat: { id: chatId(name) } }),
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
  const sets: RoleScene["sets"] = async (sender, change, untold = false) => {
    const before = levels();
    const content = change(before);
    homeserver.state.set(place, content);
    homeserver.setters.set(place, sender);
    await scene.push({
      ...homeserver.event({ room_id: room, type, state_key: "", sender, content }),
      ...(untold ? {} : { unsigned: { prev_content: before } }),
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

export const withUser =
  (mxid: string, level: number) =>
  (before: JsonObject): JsonObject => ({
    ...before,
    users: { ...object(before["users"]), [mxid]: level },
  });

export const bobIsThere = async (story: RoleScene): Promise<void> => {
  await story.network.accept([
    { kind: "members", chat: lobby, at: 2, list: [is("bob", "member")], complete: false },
    saying("bob", "hello"),
  ]);
  await story.idle();
};
