import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { chatId, loginId } from "../adapter/index.ts";
import type { ChatInfo, ChatRef, LoginId, MessageEvent } from "../adapter/index.ts";
import { ana, openEngine } from "./engine-fixture.ts";
import type { Scene } from "./engine-fixture.ts";
import { logIn } from "./log-in.ts";
import { saying, scriptedInfo, ScriptedNetwork } from "./scripted-network.ts";

export const ref = (id: string): ChatRef => ({ id: chatId(id) });

const inside = (above: string, more: Partial<ChatInfo> = {}): ChatInfo => ({
  ...scriptedInfo,
  visibility: "secret",
  parent: ref(above),
  ...more,
});

/** A server with a channel and a forum, a group with topics of its own, and a private chat. */
const chats: Readonly<Record<string, ChatInfo>> = {
  club: { ...scriptedInfo, kind: "space", name: "The club", visibility: "secret" },
  lounge: inside("club", { name: "lounge" }),
  ideas: inside("club", { kind: "space", name: "Ideas" }),
  idea: inside("ideas", { kind: "topic", name: "An idea" }),
  band: { ...scriptedInfo, kind: "group", name: "The band", visibility: "secret" },
  tour: inside("band", { kind: "topic", name: "Tour" }),
  bob: { ...scriptedInfo, kind: "dm", name: "Bob", visibility: "secret" },
};

export interface SpaceScene extends Scene {
  /** What the network tells of a chat when it is asked; a test may change it. */
  readonly told: Map<string, ChatInfo>;
  /** What it was asked of. */
  readonly asked: readonly string[];
  /** Somebody logs in, or comes back. */
  readonly logIn: (who?: string, owner?: string) => Promise<LoginId>;
  /** Bob says something there, heard by that login. */
  readonly says: (chat: string, who?: string) => Promise<void>;
  /** Which rooms stand in which space now, by their names. */
  readonly spaces: () => Readonly<Record<string, readonly string[]>>;
  /** The room that was made with that name. */
  readonly roomOf: (name: string) => string;
}

export const openSpaces = async (
  t: TestContext,
  overrides: Parameters<typeof openEngine>[1] = {},
): Promise<SpaceScene> => {
  const { network = new ScriptedNetwork() } = overrides;
  const told = new Map(Object.entries(chats));
  const asked: string[] = [];
  network.more = {
    describe: ({ id }) => {
      asked.push(id);
      return Promise.resolve(told.get(id) ?? { ...scriptedInfo, name: id });
    },
  };
  const scene = await openEngine(t, {
    ...overrides,
    network,
    networkSettings: { spaces: true, ...overrides.networkSettings },
  });
  const { homeserver } = scene;
  const names = new Map<string, string>();
  const nameOf = (room: string): string => names.get(room) ?? room;
  const learn = (): void => {
    for (const { op, what } of homeserver.calls) {
      if (op !== "createRoom") continue;
      const { room_alias_name: alias, name } = what;
      if (typeof alias !== "string" || typeof name !== "string") continue;
      names.set(homeserver.aliases.get(`#${alias}:${homeserver.domain}`) ?? "", name);
    }
  };
  return {
    ...scene,
    told,
    asked,
    async logIn(who = "anna", owner = ana) {
      const { row } = await logIn(scene, who, { owner });
      await scene.idle();
      return row.id;
    },
    async says(chat, who = "anna") {
      const event: MessageEvent = saying("bob", `in ${chat}`, { chat: ref(chat) });
      await network.accept([event], { seenBy: [loginId(`net:${who}`)] });
      await scene.idle();
    },
    spaces() {
      learn();
      const found: Record<string, string[]> = {};
      for (const [place, content] of homeserver.state) {
        const [space = "", type, room = ""] = place.split(" ");
        if (type === "m.space.child" && "via" in content)
          (found[nameOf(space)] ??= []).push(nameOf(room));
      }
      for (const list of Object.values(found)) list.sort();
      return found;
    },
    roomOf(name) {
      learn();
      const room = [...names].find(([, known]) => known === name)?.[0];
      assert.ok(room, `no room is called ${name}`);
      return room;
    },
  };
};
