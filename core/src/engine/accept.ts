import type {
  Batch,
  ChatRef,
  LoginId,
  NetworkId,
  RemoteEvent,
  Source,
  SourceId,
} from "../adapter/index.ts";
import { BridgeError } from "../adapter/index.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import { absorb } from "./absorb.ts";
import { overlaps } from "./ahead.ts";
import type { Happening, LiveNetwork } from "./box.ts";
import { isControl } from "./control.ts";
import { chatJudge, hold } from "./held-chat.ts";
import { hearersOf, noteHearing } from "./hearing.ts";
import { noteGap } from "./pending-gap.ts";
import type { Works } from "./works.ts";
import { isHeard, onePerChat } from "./primary.ts";

/** One event with the portal it belongs to. */
export interface Heard {
  readonly event: Exclude<RemoteEvent, { kind: "typing" | "presence" }>;
  /** Absent for events about a person, and for what was said to the box itself. */
  readonly portal: Portal | undefined;
  /** Seen by the login that is listened to there. */
  readonly counts: boolean;
}

/** A source of a network, or of one of its logins, with the positions it had when it was opened. */
export const openSource = (
  works: Works,
  {
    live,
    scope,
    name,
    cursors,
  }: { live: LiveNetwork; scope: SourceId; name: string; cursors: Map<string, string> },
): Source => ({
  id: scope,
  cursor: (position) => cursors.get(`${name}/${position}`),
  async accept(batch) {
    await refuseWhenFull(works);
    const heard = await locate(works, live, batch);
    const changes = Object.entries(batch.cursor ?? {});
    await works.box.failpoint("accept.before-commit");
    const durable = Promise.withResolvers<boolean>();
    const committing = works.box.store.commit(async (tx) => {
      const woken: Lane[] = [];
      const idle = await idleLanes(tx, heard);
      const told: Happening[] = [];
      const tell = (happening: Happening): void => void told.push(happening);
      for (const one of heard)
        woken.push(...(await absorb(works, tx, { live, batch, tell, ...one })));
      for (const lane of idle) await claimFirst(works, tx, { lane, durable: durable.promise });
      for (const [position, value] of changes)
        await tx.cursors.set(scope, `${name}/${position}`, value);
      return { woken, told };
    });
    committing.then(
      () => durable.resolve(true),
      () => durable.resolve(false),
    );
    const { woken: lanes, told } = await committing;
    for (const [position, value] of changes) {
      if (value === null) cursors.delete(`${name}/${position}`);
      else cursors.set(`${name}/${position}`, value);
    }
    for (const { event, portal } of heard) {
      if (portal && changing.has(event.kind)) works.portals.forget(portal);
      if (isMove(event)) await forgetMoved(works, live, event);
    }
    await works.box.failpoint("accept.committed");
    if (batch.catchUp === true) noteMissed(works, batch, lanes);
    for (const lane of lanes) {
      works.box.wake(lane);
      works.box.observe({ what: "depth", lane });
    }
    for (const happening of told) works.box.observe(happening);
    works.ephemeral.fromNetwork(live, batch);
  },
});

/** Before the lanes are woken, each of which says when it is through. */
const noteMissed = ({ catchUp }: Works, { seenBy }: Batch, lanes: readonly Lane[]): void => {
  const inward = lanes.filter((lane) => lane.direction === "in" && !isControl(lane));
  for (const login of seenBy) for (const lane of inward) catchUp.begin(login, lane);
};

/** The lanes towards the homeserver in which nothing waits and nothing is on its way. */
const idleLanes = async (tx: Repositories, heard: readonly Heard[]): Promise<readonly Lane[]> => {
  const portals = new Set(heard.flatMap(({ portal }) => (portal ? [portal.id] : [])));
  const idle: Lane[] = [];
  for (const portal of portals) {
    const lane: Lane = { portal, direction: "in" };
    if ((await tx.items.head(lane)) === undefined) idle.push(lane);
  }
  return idle;
};

/** What comes into an idle lane is claimed where it is stored: its call waits for one commit, not two. */
const claimFirst = async (
  works: Works,
  tx: Repositories,
  { lane, durable }: { lane: Lane; durable: Promise<boolean> },
): Promise<void> => {
  const first = await tx.items.head(lane);
  if (first?.state !== "ready" || !overlaps(first)) return;
  await tx.items.claim(first.id, works.box.clock.now());
  works.ahead.note(first.id, durable);
};

/** Both ends of a move are read anew, whatever was read of them while it was committed. */
const forgetMoved = async (works: Works, live: LiveNetwork, event: Move): Promise<void> => {
  for (const chat of [event.renamedFrom, event.chat]) {
    const row = await works.box.store.read.portals.find(live.settings.id, chat);
    if (row) works.portals.forget(row);
  }
};

/** Events that may change a portal's row: what was read while they were committed is read anew. */
const changing = new Set(["chat", "gone", "members"]);

/** Keeps what concerns a portal that somebody wants, in order. */
const locate = async (works: Works, live: LiveNetwork, batch: Batch): Promise<readonly Heard[]> => {
  const heard: Heard[] = [];
  const { seenBy } = batch;
  const judge = chatJudge(works, live, seenBy);
  for (const event of batch.events) {
    if (event.kind === "typing" || event.kind === "presence") continue;
    if (event.kind === "user" || event.kind === "userRenamed" || event.kind === "aside") {
      heard.push({ event, portal: undefined, counts: true });
      continue;
    }
    const portal = await portalFor(works, live, { event, seenBy, judge });
    if (portal === undefined || (portal.dead && !isMove(event))) continue;
    const before = new Set(hearersOf(live, portal.id));
    if (onePerChat(live, portal)) noteHearing(live, portal.id, { event, seenBy });
    const { heard: counts, primary } = await isHeard(works.box, portal, { event, seenBy });
    if (!counts && event.kind !== "members" && event.kind !== "gone") continue;
    const current = await takeOver(works, portal, { live, primary, before });
    if (event.kind === "gap" && current.relieved) continue;
    heard.push({ event, portal: current.portal, counts });
  }
  return heard;
};

type InChat = Extract<RemoteEvent, { chat: ChatRef }>;
type Move = Extract<RemoteEvent, { kind: "chat" }> & { readonly renamedFrom: ChatRef };

/** The chat goes on under another ref, known by whoever was in the old one. */
const isMove = (event: RemoteEvent): event is Move =>
  event.kind === "chat" && event.renamedFrom !== undefined;

/** The portal of that chat: an existing one, or a new one if a person's login is in the chat. */
const portalFor = async (
  works: Works,
  live: LiveNetwork,
  {
    event,
    seenBy,
    judge,
  }: { event: InChat; seenBy: readonly LoginId[]; judge: ReturnType<typeof chatJudge> },
): Promise<Portal | undefined> => {
  const network: NetworkId = live.settings.id;
  const known = await works.portals.find(network, event.chat);
  if (known) return known;
  const personal = seenBy.some((id) => live.logins.get(id)?.row.owner !== undefined);
  const name = event.kind === "chat" ? event.info.name : undefined;
  if (!personal && isMove(event) && (await works.portals.find(network, event.renamedFrom)))
    return works.portals.ensure(network, event.chat, "remote");
  if (!personal || event.kind === "gone") return undefined;
  const verdict = await judge(event.chat, name);
  if (verdict === "no") return undefined;
  const since = works.box.clock.now();
  return works.box.store.commit(async (tx) => {
    const portal = await tx.portals.ensure(network, event.chat, "remote");
    if (verdict === "held") await hold(tx, portal.id);
    for (const id of seenBy)
      if (live.logins.get(id)?.row.owner !== undefined)
        await tx.portals.addLogin(portal.id, id, since);
    return portal;
  });
};

interface Taken {
  readonly portal: Portal;
  /** The former one was listening till now: it heard what the new one missed. */
  readonly relieved: boolean;
}

/**
 * Another login is listened to from now on; what fell between the two is marked, if neither heard it. Two logins that come
 * back at once may both want to tell of it: the row decides, so that it is told once.
 */
const takeOver = async (
  works: Works,
  portal: Portal,
  {
    live,
    primary,
    before: hearers,
  }: { live: LiveNetwork; primary: LoginId | undefined; before: ReadonlySet<LoginId> },
): Promise<Taken> => {
  if (primary === undefined || primary === portal.primary) return { portal, relieved: false };
  const { box, portals } = works;
  const at = box.clock.now();
  const former = portal.primary === undefined ? undefined : live.logins.get(portal.primary);
  const relieved = former?.state === "connected";
  const isWhole =
    relieved && (hearers.has(primary) || hearersOf(live, portal.id).has(former.row.id));
  const since = relieved ? live.logins.get(primary)?.since : former?.since;
  await box.store.commit(async (tx) => {
    const before = (await tx.portals.get(portal.id))?.primary;
    if (before === primary) return;
    await portals.update(tx, portal, { primary });
    const known = since === undefined ? {} : { since };
    const gap = { kind: "gap", chat: portal.chat, at, healable: false, ...known } as const;
    if (before !== undefined && !isWhole) await noteGap(tx, portal, gap);
  });
  portals.forget(portal);
  return { portal: (await portals.get(portal.id)) ?? portal, relieved };
};

const refuseWhenFull = async (works: Works): Promise<void> => {
  const { quota } = works.box.settings;
  if (!(await works.load.isFull(works.box.store, quota))) return;
  throw new BridgeError(
    "full",
    `New messages are not taken in: ${quota} are waiting already. They are fetched when the queue is shorter.`,
    { reached: "no", scope: "login" },
  );
};
