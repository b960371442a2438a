import { setImmediate as turn } from "node:timers/promises";
import type { TestContext } from "node:test";
import { networkId } from "../adapter/index.ts";
import type { Log, NetworkId } from "../adapter/index.ts";
import type { Engine, EngineParts, Happening, NetworkSettings } from "../engine/index.ts";
import { createEngine } from "../engine/index.ts";
import { Gate } from "../flow/gate.ts";
import { makeIntake } from "../matrix/intake.ts";
import { keyField } from "../matrix/types.ts";
import type { JsonObject, MatrixEvent } from "../matrix/types.ts";
import type { Portal, PortalId, Store } from "../store/index.ts";
import { ManualClock } from "./manual-clock.ts";
import { ScriptedHomeserver } from "./scripted-homeserver.ts";
import { lobby, ScriptedNetwork, scriptedInfo } from "./scripted-network.ts";
import { tempDir } from "./store-fixture.ts";
import { open, testBoxKey } from "./store-sqlite.ts";
import { until } from "./until.ts";

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
export const net = networkId("net");
export const ana = "@ana:hs.test";

type Overrides = Partial<Omit<EngineParts, "networks" | "settings">> & {
  readonly network?: ScriptedNetwork;
  /** More networks beside it. */
  readonly others?: readonly ScriptedNetwork[];
  /** Merged over the settings of every network. */
  readonly networkSettings?: Partial<NetworkSettings>;
  readonly homeserver?: ScriptedHomeserver;
  readonly members?: "lazy" | "capped" | "full";
  readonly settings?: Partial<EngineParts["settings"]>;
  readonly dir?: string;
  /** False: do not wait for the network to be open. */
  readonly opened?: boolean;
  /** A store that the test itself opened and closes. */
  readonly store?: Store;
};

/** A whole engine on a real store, between a homeserver and a network in memory. */
export interface Scene {
  readonly engine: Engine;
  readonly store: Store;
  readonly homeserver: ScriptedHomeserver;
  readonly network: ScriptedNetwork;
  readonly clock: ManualClock;
  readonly news: readonly Happening[];
  /** The room of `lobby`, already bound and with ana and the bot in it. */
  plumb(room?: string, network?: NetworkId): Promise<Portal>;
  /** Hands back what our own users did meanwhile, as the homeserver does, until nothing more comes of it. */
  readonly echo: () => Promise<void>;
  /** Hands events over as the homeserver would. */
  readonly push: (...events: MatrixEvent[]) => Promise<void>;
  /** Ana says something in that room; returns the event. */
  readonly anaSays: (
    text: string,
    more?: { room?: string; content?: JsonObject },
  ) => Promise<MatrixEvent>;
  /** Everything that is queued has been done. */
  readonly idle: () => Promise<void>;
  /** Lets everything run that waits for nothing but its turn. */
  readonly settle: () => Promise<void>;
  outcome(event: string, portal: PortalId): Promise<string | undefined>;
}

export const openEngine = async (t: TestContext, overrides: Overrides = {}): Promise<Scene> => {
  const {
    network = new ScriptedNetwork(),
    homeserver = new ScriptedHomeserver(),
    others = [],
    networkSettings = {},
    members = "lazy",
    settings = {},
    dir,
    opened = true,
    ...parts
  } = overrides;
  const store = overrides.store ?? (await open(dir ?? (await tempDir(t))));
  const clock = new ManualClock();
  const engine = createEngine({
    store,
    homeserver,
    homeserverGate: new Gate(),
    boxKey: testBoxKey,
    clock,
    log: quiet,
    rooms: [],
    isInNamespace: (mxid) => mxid === homeserver.bot || /^@(?:net|two)_/.test(mxid),
    commands: () => () => Promise.resolve({ end: "dropped" }),
    ...parts,
    networks: [network, ...others].map(({ id, adapter }) => ({
      id,
      adapter,
      config: {},
      ghostPrefix: `${id}_`,
      aliasPrefix: `${id}_`,
      ghostName: "{name}",
      members,
      memberCap: 100,
      relay: "on",
      relayNote: false,
      spaces: false,
      sync: { most: 0, ofBox: false, filter: { only: [], never: [] } },
      cleanup: { alone: "nothing", shared: "nothing" },
      maxAge: undefined,
      ...networkSettings,
    })),
    settings: {
      botName: "Bridge",
      admins: [],
      quota: 1000,
      deadline: { homeserver: 5000, network: 5000, media: 20_000 },
      loginsMost: 20,
      mediaMost: 50 * 1024 * 1024,
      receipts: false,
      loginNotices: false,
      rosterPace: 10,
      statusEvents: false,
      permits: () => true,
      ...settings,
    },
  });
  const news: Happening[] = [];
  engine.subscribe((happening) => news.push(happening));
  await engine.start();
  t.after(async () => {
    await engine.stop();
    if (!overrides.store) await store.close();
  });
  const isOpen = (): boolean =>
    [...engine.works.box.networks.values()].every((live) => !live.gate.closure);
  if (opened) await until("the network is open", isOpen);
  return sceneOf({ engine, store, homeserver, network, clock, news });
};

const sceneOf = (
  parts: Pick<Scene, "engine" | "store" | "homeserver" | "network" | "clock" | "news">,
): Scene => {
  const { engine, store, homeserver } = parts;
  const settle = async (): Promise<void> => {
    for (let rounds = 0; rounds < 30; rounds += 1) await turn();
  };
  const { straight } = engine;
  const intake = makeIntake({ store, straight, now: () => parts.clock.now(), log: quiet });
  const push = async (...events: MatrixEvent[]): Promise<void> => {
    const { routed } = await intake(events, undefined);
    if (routed) routed();
    else engine.inboxChanged();
    await drained(store);
  };
  const idle = async (): Promise<void> => {
    for (let tries = 0; ; tries += 1) {
      await settle();
      const left = await store.read.items.depth();
      if (left.length === 0 && (await store.read.inbox.count()) === 0) return;
      if (tries > 200) throw new Error(`It never came to rest: ${JSON.stringify(left)}`);
    }
  };
  const echoed = new Set<string>();
  const echo = async (): Promise<void> => {
    for (;;) {
      await idle();
      const ours = homeserver.events.filter(
        ({ event_id: id, sender, content }) =>
          (sender === homeserver.bot ||
            keyField in content ||
            engine.works.isInNamespace(sender)) &&
          !echoed.has(id),
      );
      if (ours.length === 0) return;
      for (const { event_id: id } of ours) echoed.add(id);
      await push(...ours);
    }
  };
  return {
    ...parts,
    push,
    settle,
    echo,
    async plumb(room = "!lobby:hs.test", network = net) {
      if (!homeserver.members.has(room)) homeserver.makeRoom(room, [ana, homeserver.bot]);
      const portal = await engine.works.portals.ensure(network, lobby, "plumbed");
      await store.commit((tx) =>
        engine.works.portals.update(tx, portal, { room, info: scriptedInfo }),
      );
      engine.works.portals.forget({ ...portal, room });
      await store.commit((tx) => tx.members.set(room, homeserver.bot, "join"));
      return { ...portal, room };
    },
    async anaSays(text, { room = "!lobby:hs.test", content = {} } = {}) {
      const said = { msgtype: "m.text", body: text, ...content };
      const event = homeserver.event({
        room_id: room,
        type: "m.room.message",
        sender: ana,
        content: said,
      });
      await push(event);
      return event;
    },
    idle,
    outcome: async (event, portal) => (await store.read.outcomes.get(event, portal))?.state,
  };
};

/** Everything that was handed over has been routed. */
const drained = async (store: Store): Promise<void> => {
  while ((await store.read.inbox.count()) > 0) await turn();
};
