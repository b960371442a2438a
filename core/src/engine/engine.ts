import type { Log, Millis, NetworkId } from "../adapter/index.ts";
import type { Clock, Gate } from "../flow/gate.ts";
import { Pace } from "../flow/pace.ts";
import { Gate as NewGate } from "../flow/gate.ts";
import type { Ephemeral, Homeserver, MatrixEvent, Queries, Straight } from "../matrix/types.ts";
import { messageKey } from "../store/vault.ts";
import { liveLogin } from "./box.ts";
import type { Lane, Store } from "../store/types.ts";
import { Ahead, overlaps } from "./ahead.ts";
import { bindConfigured } from "./configured.ts";
import type { BoundRoom } from "./configured.ts";
import type { Box, BoxSettings, Happening, LiveNetwork, NetworkSettings } from "./box.ts";
import { Burst } from "./burst.ts";
import { localBus } from "./bus.ts";
import { localConnections } from "./connections.ts";
import type { Called } from "./connections.ts";
import { CatchUp } from "./catch-up.ts";
import { ChatGates } from "./chat-gates.ts";
import { Echoes } from "./echoes.ts";
import { describeOlder } from "./described.ts";
import { ephemeralFlow } from "./ephemeral/index.ts";
import { Ghosts } from "./ghosts.ts";
import { handlersOf } from "./handlers.ts";
import { InboxPump } from "./inbox.ts";
import { HistorySlots } from "./history-slots.ts";
import { ReviewTimes } from "./review-times.ts";
import { Inflight } from "./inflight.ts";
import { Lanes } from "./lanes.ts";
import { listDue } from "./list-members.ts";
import { Load } from "./load.ts";
import { makeLinks } from "./media/links.ts";
import { Linked } from "./linked/linked.ts";
import { lookBehind } from "./look-behind.ts";
import { Looks } from "./looks.ts";
import { Names } from "./names.ts";
import { Originals } from "./originals.ts";
import { probeLogins } from "./probes.ts";
import { isSpent } from "./own-echo.ts";
import { Parked } from "./parked.ts";
import { Portals } from "./portals.ts";
import { Puppets } from "./puppets.ts";
import { makeQueries } from "./queries.ts";
import { Returns } from "./returns.ts";
import { Rooms } from "./rooms.ts";
import { makeStraight } from "./straight.ts";
import { watchLogins } from "./login-notice.ts";
import { closeOrphans, placeRooms, Spaces, watchLogouts } from "./spaces/index.ts";
import { receiptsOfBot } from "./status.ts";
import { syncChats } from "./sync-chats.ts";
import { Supervisor } from "./supervisor.ts";
import { laneIdle } from "./to-matrix/roster.ts";
import { messageKeys } from "./to-matrix/send.ts";
import type { Handler } from "./turn.ts";
import { followViews } from "./view-sync.ts";
import { makeWorker } from "./worker.ts";
import type { Works } from "./works.ts";

/** How long what is under way may take to end when the box stops, in milliseconds. */
const grace = 800;

/** What an engine is made of. */
export interface EngineParts {
  readonly store: Store;
  readonly homeserver: Homeserver;
  readonly homeserverGate: Gate;
  readonly boxKey: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  readonly networks: readonly NetworkSettings[];
  readonly rooms: readonly BoundRoom[];
  readonly settings: BoxSettings;
  /** Whether that MXID is the bot's or in a ghost namespace. */
  readonly isInNamespace: (mxid: string) => boolean;
  readonly failpoint?: (name: string) => Promise<void>;
  /** Told of what networks were asked. */
  readonly called?: Called;
  /** Does what people tell the bot. */
  readonly commands: (engine: Engine) => Handler;
}

/** The running engine, as main, commands and the HTTP surface see it. */
export interface Engine {
  readonly works: Works;
  readonly supervisor: Supervisor;
  readonly queries: Queries;
  /** Routes events in the commit that takes them from the homeserver. */
  readonly straight: Straight;
  /** Something was committed to the inbox. */
  inboxChanged(): void;
  /** What a transaction carried beside its events; `behind`: how old the newest thing in it is. */
  ephemeral(list: readonly Ephemeral[], behind: Millis): void;
  /** Whether one of our own events, pushed back, has told all that it can tell. */
  isSpent(event: MatrixEvent): Promise<boolean>;
  /** Resolves when more of our own events may have gathered at the homeserver; soon in any case. */
  gathered(): Promise<void>;
  subscribe(listener: (happening: Happening) => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Puts the parts together; nothing runs before `start`. */
export const createEngine = (parts: EngineParts): Engine => {
  const stopping = new AbortController();
  const bus = localBus();
  const box = boxOf(parts, {
    signal: stopping.signal,
    wake: (lane) => bus.publish("wake", lane),
    observe: (happening) => bus.publish("happening", happening),
  });
  const works = worksOf(box, parts);
  const supervisor = new Supervisor(works, (live, login) => {
    void syncChats(works, live, login).catch((error: unknown) => {
      if (!box.signal.aborted)
        box.log.error("The chats of a login were not bridged", { error: String(error) });
    });
    void placeRooms(works, live, login).catch((error: unknown) => {
      if (!box.signal.aborted)
        box.log.error("The rooms of a login were not put into spaces", { error: String(error) });
    });
    void listDue(works, live, login).catch((error: unknown) => {
      if (!box.signal.aborted)
        box.log.error("The members of a login's chats were not listed", { error: String(error) });
    });
    void bindConfigured(works, live, parts.rooms).catch((error: unknown) => {
      box.log.error("The rooms of the config were not bound", { error: String(error) });
    });
    probe(login);
  });
  const probe = probeLogins(works, (login, why) => supervisor.refused(login, why));
  const pump = new InboxPump(works);
  let following: Promise<void> | undefined;
  let looking: Promise<void> | undefined;
  const engine: Engine = {
    works,
    supervisor,
    queries: makeQueries(works),
    straight: makeStraight(works),
    inboxChanged: () => pump.nudge(),
    ephemeral: (list, behind) => works.ephemeral.fromHomeserver(list, behind),
    isSpent: (event) => isSpent(works, event),
    gathered: () => works.burst.gathered(),
    subscribe: (listener) => bus.subscribe("happening", listener),
    start: async () => {
      await works.parked.load(box.store);
      await works.parked.recall(box.store, messageKeys);
      await closeOrphans(works);
      await describeOlder(box);
      pump.nudge();
      supervisor.start();
      following = followViews(works);
      await lanes.start(0);
      looking = lookBehind(works).catch((error: unknown) => {
        if (!box.signal.aborted)
          box.log.warn("Rooms that were upgraded long ago are looked for at the next start", {
            why: String(error),
          });
      });
    },
    stop: async () => {
      lanes.pause();
      await works.inflight.finish(grace);
      stopping.abort(new Error("the box is stopping"));
      await supervisor.stopped();
      await following;
      await looking;
      await pump.stopped();
      await lanes.stopped();
      await giveBack(works);
    },
  };
  const lanes = new Lanes({
    store: box.store,
    clock: box.clock,
    log: box.log,
    signal: stopping.signal,
    overlaps,
    work: makeWorker(works, handlersOf(works, parts.commands(engine))),
    idle: (lane) => wakeIdle(works, lane),
  });
  bus.subscribe("wake", (lane) => lanes.wake(lane));
  bus.subscribe("happening", receiptsOfBot(box, works.portals));
  bus.subscribe("happening", watchLogins(works));
  bus.subscribe("happening", watchLogouts(works));
  bus.subscribe("happening", (news) => {
    if (news.what === "link") works.linked.changed(news);
  });
  return engine;
};

const boxOf = (parts: EngineParts, live: Pick<Box, "signal" | "wake" | "observe">): Box => {
  const box: Box = {
    store: parts.store,
    homeserver: parts.homeserver,
    homeserverGate: parts.homeserverGate,
    clock: parts.clock,
    log: parts.log,
    settings: parts.settings,
    networks: new Map(
      parts.networks.map((settings): [NetworkId, LiveNetwork] => {
        const gate = new NewGate();
        gate.close({ until: undefined, why: `${settings.id} is being opened.` });
        return [
          settings.id,
          { settings, gate, network: undefined, logins: new Map(), hearing: new Map() },
        ];
      }),
    ),
    keyOf: (portal, origin, part) => messageKey(parts.boxKey, portal, origin, part),
    failpoint: parts.failpoint ?? (() => Promise.resolve()),
    ...live,
    connections: localConnections((login) => liveLogin(box, login), parts.called),
  };
  return box;
};

const worksOf = (box: Box, parts: EngineParts): Works => {
  const portals = new Portals(box.store);
  const ghosts = new Ghosts(box);
  const linked = new Linked(box);
  const ahead = new Ahead();
  const works: Works = {
    box,
    portals,
    ghosts,
    puppets: new Puppets(box, { isInNamespace: parts.isInNamespace, linked }),
    linked,
    looks: new Looks(box, ghosts),
    rooms: new Rooms(box, portals),
    spaces: new Spaces(box),
    names: new Names(box),
    originals: new Originals(box),
    inflight: new Inflight(),
    began: box.clock.now(),
    echoes: new Echoes(box.clock),
    historySlots: new HistorySlots(),
    listSlots: new HistorySlots(),
    reviewTimes: new ReviewTimes(),
    catchUp: new CatchUp(box),
    ahead,
    burst: new Burst({ ahead, clock: box.clock, signal: box.signal }),
    parked: new Parked(),
    chatGates: new ChatGates(),
    rosterPace: new Pace(box.clock, () => box.settings.rosterPace),
    isInNamespace: parts.isInNamespace,
    load: new Load(),
    links: makeLinks(parts.boxKey, box.settings.publicAddress),
    returns: new Returns(box.settings.publicAddress, box.clock),
    get ephemeral() {
      return ephemeral;
    },
  };
  const ephemeral = ephemeralFlow(works);
  return works;
};

/** What was claimed ahead and has not begun is not suspect at the next start. */
const giveBack = async ({ ahead, box: { store, clock, log } }: Works): Promise<void> => {
  const ids = ahead.waiting;
  if (ids.length === 0) return;
  const hold = { until: clock.now(), why: "the box was stopped", sure: true };
  await store
    .commit(async (tx) => {
      for (const id of ids) await tx.items.wait(id, hold);
    })
    .catch((error: unknown) => {
      log.warn("What had not begun is looked for at the next start", { why: String(error) });
    });
};

/** What was missed there is shown, and a roster that waited for the last message of a leaver goes on. */
const wakeIdle = (works: Works, lane: Lane): void => {
  if (lane.direction !== "in") return;
  works.catchUp.end(lane);
  if (!works.parked.has(laneIdle(lane.portal))) return;
  const { store } = works.box;
  const wake = async (): Promise<void> => {
    const lanes = await store.commit((tx) => works.parked.wake(tx, [laneIdle(lane.portal)]));
    for (const woken of lanes) works.box.wake(woken);
  };
  void wake().catch((error: unknown) =>
    works.box.log.warn("A roster was not woken", { error: String(error) }),
  );
};
