import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { loginId, networkId, userId } from "../adapter/index.ts";
import type { Connection, MessageEvent, RemoteEvent } from "../adapter/index.ts";
import type { PeopleSettings } from "../engine/index.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { fromPlain } from "../richtext/index.ts";
import type { Portal } from "../store/index.ts";
import { ana, net, openEngine } from "./engine-fixture.ts";
import type { Scene } from "./engine-fixture.ts";
import { lobby, loginOf, saying, ScriptedNetwork } from "./scripted-network.ts";
import { until } from "./until.ts";

export const room = "!lobby:hs.test";
export const ghost = "@net_anna:hs.test";
const two = networkId("two");

export interface PuppetScene extends Scene {
  readonly other: ScriptedNetwork;
  readonly portal: Portal;
  /** What was edited, deleted and read, by network. */
  readonly did: readonly string[];
  /** From her telephone. */
  readonly phone: (text: string, more?: Partial<MessageEvent>) => Promise<MessageEvent>;
  readonly told: (...events: RemoteEvent[]) => Promise<void>;
}

interface Options {
  readonly owners?: readonly string[];
  readonly on?: boolean;
  readonly ids?: "shared" | "none";
  readonly members?: "full";
  /** More that both networks can do. */
  readonly able?: Partial<Connection>;
  readonly permits?: (who: string, what: string) => boolean;
  readonly people?: Omit<PeopleSettings, "chats"> & Partial<Pick<PeopleSettings, "chats">>;
}

/** Ana is logged in to `net` as anna, in a room of two networks. */
export const openPuppet = async (t: TestContext, options: Options = {}): Promise<PuppetScene> => {
  const did: string[] = [];
  const able = (network: ScriptedNetwork): ScriptedNetwork => {
    const more: Partial<Connection> = {
      edit: (id, { draft }) => {
        did.push(`${network.id} edit ${id} ${draft.plain}`);
        return Promise.resolve({ state: "sent", sent: { id } });
      },
      remove: (_chat, id) => {
        did.push(`${network.id} remove ${id}`);
        return Promise.resolve();
      },
      markRead: (_chat, id) => {
        did.push(`${network.id} read ${id}`);
        return Promise.resolve();
      },
    };
    network.more = { ...more, ...options.able };
    return network;
  };
  const network = able(new ScriptedNetwork({ ids: options.ids ?? "shared" }));
  const other = able(new ScriptedNetwork({ id: "two" }));
  const scene = await openEngine(t, {
    network,
    others: [other],
    members: options.members ?? "lazy",
    settings: {
      doublePuppet: options.on ?? true,
      ...(options.permits && { permits: options.permits }),
      ...(options.people ? { people: { chats: "always", ...options.people } } : {}),
    },
  });
  const portal = await scene.plumb(room);
  await scene.plumb(room, two);
  const live = scene.engine.works.box.networks.get(net);
  assert(live);
  for (const [index, owner] of (options.owners ?? [ana]).entries()) {
    const row = {
      ...loginOf("anna", "user"),
      id: loginId(`net:anna${index}`),
      network: net,
      owner,
    };
    const owned = { ...row, accountVersion: 1, since: 1 };
    await scene.store.commit((tx) => tx.logins.put(owned));
    const login = await scene.engine.supervisor.add(live, owned);
    await until("it is connected", () => login.state === "connected");
  }
  const told = async (...events: RemoteEvent[]): Promise<void> => {
    await network.accept(events);
    await scene.echo();
  };
  return {
    ...scene,
    other,
    portal,
    did,
    told,
    phone: async (text, more) => {
      const event = saying("anna", text, more);
      await told(event);
      return event;
    },
  };
};

export const from = ({ homeserver }: Scene, sender: string): readonly MatrixEvent[] =>
  homeserver.events.filter((event) => event.sender === sender);

export const one = (events: readonly MatrixEvent[]): MatrixEvent => {
  const [event, ...more] = events;
  assert(event && more.length === 0, JSON.stringify(events));
  return event;
};

export const bodies = (network: ScriptedNetwork): readonly string[] =>
  network.sent.map(({ order }) => order.draft.plain);

export const edit = (event: MessageEvent, text: string, version = "2"): RemoteEvent => ({
  kind: "edit",
  chat: lobby,
  key: event.key,
  id: event.id,
  sender: event.sender,
  at: event.at,
  version,
  content: {
    parts: [
      { id: event.content.parts[0]?.id ?? assert.fail(), kind: "text", text: fromPlain(text) },
    ],
  },
});

export const reacts = (event: MessageEvent, on: boolean): RemoteEvent => ({
  kind: "reactions",
  chat: lobby,
  at: event.at,
  id: event.id,
  complete: "delta",
  set: [{ user: userId("anna"), emoji: "👍", on }],
});
