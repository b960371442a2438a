import type {
  Batch,
  ChatEvent,
  GoneEvent,
  Json,
  LogEvent,
  Member,
  MembersEvent,
  NetworkId,
  RemoteEvent,
} from "../adapter/index.ts";
import type { Item, Lane, NewItem, Portal, Repositories, RosterRow } from "../store/types.ts";
import type { LiveNetwork } from "./box.ts";
import { mergeInfo } from "./portals.ts";
import { noteGap, takeGap } from "./pending-gap.ts";
import { profileLane } from "./control.ts";
import { queueRoster } from "./roster-item.ts";
import { sentRow } from "./sent-row.ts";
import type { Works } from "./works.ts";

interface Found {
  readonly live: LiveNetwork;
  readonly batch: Batch;
  readonly event: Exclude<RemoteEvent, { kind: "typing" | "presence" }>;
  readonly portal: Portal | undefined;
}

/**
 * Turns one remote event into rows, inside the commit that also moves the cursor. Returns the lanes
 * that have something to do now. Makes no calls.
 */
export const absorb = async (
  works: Works,
  tx: Repositories,
  { live, batch, event, portal }: Found,
): Promise<readonly Lane[]> => {
  const network = live.settings.id;
  if (event.kind === "user") {
    const renamed = await works.ghosts.learn(tx, { network, user: event.user }, event.info);
    return renamed
      ? [await addProfile(works, tx, { network, user: event.user, at: event.at })]
      : [];
  }
  if (event.kind === "userRenamed") return renamed(works, tx, { live, event });
  if (portal === undefined) return [];
  switch (event.kind) {
    case "message":
    case "edit":
    case "delete":
    case "call":
    case "notice":
      return logged(works, tx, { event, portal, batch });
    case "members":
      return membersChanged(works, tx, { live, portal, event, batch });
    case "chat":
      return chatChanged(works, tx, { portal, event });
    case "gap":
      await noteGap(tx, portal, event);
      return [];
    case "gone":
      return gone(works, tx, { portal, event });
    case "reactions":
    case "votes":
    case "read":
    case "delivered":
    case "unread":
    case "mute":
    case "tag":
    case "location":
    case "pins":
    case "bans":
      return [];
    default:
      return event satisfies never;
  }
};

const logged = async (
  works: Works,
  tx: Repositories,
  { event, portal, batch }: { event: LogEvent; portal: Portal; batch: Batch },
): Promise<readonly Lane[]> => {
  if (!(await tx.seen.add(portal.id, `${event.kind}:${event.key}`, works.box.clock.now())))
    return [];
  if (event.kind === "message" && event.confirms !== undefined) {
    const sent = await tx.items.byKey(event.confirms);
    if (sent) return confirmSend(works, tx, { sent, portal, id: event.id });
  }
  const { seenBy, catchUp = false } = batch;
  const gap = await takeGap(tx, portal);
  if (gap) {
    const origin = `gap:${gap.since ?? ""}:${gap.at}`;
    await queue(works, tx, { portal, origin, event: gap, catchUp });
  }
  return queue(works, tx, { portal, origin: event.key, event, seenBy, catchUp });
};

/** The network shows us our own message: whoever sends it now is told, or the item ends here. */
const confirmSend = async (
  works: Works,
  tx: Repositories,
  { sent, portal, id }: { sent: Item; portal: Portal; id: Parameters<typeof sentRow>[2]["id"] },
): Promise<readonly Lane[]> => {
  if (works.inflight.confirm(sent.key, { by: "network", sent: { id } })) return [];
  await tx.messages.add(sentRow(sent, portal, { id }));
  await tx.items.done(sent.id);
  await tx.outcomes.put({
    origin: sent.origin,
    portal: portal.id,
    direction: "out",
    state: "delivered",
    code: undefined,
    sentence: undefined,
    at: works.box.clock.now(),
    room: portal.room,
    notice: undefined,
  });
  return [sent.lane];
};

interface Queued {
  readonly portal: Portal;
  readonly origin: string;
  readonly event: { readonly kind: string; readonly at: number };
  readonly seenBy?: readonly string[];
  readonly catchUp?: boolean;
}

const queue = async (
  works: Works,
  tx: Repositories,
  { portal, origin, event, seenBy, catchUp = false }: Queued,
): Promise<readonly Lane[]> => {
  const lane: Lane = { portal: portal.id, direction: "in" };
  const key = works.box.keyOf(portal.id, `${event.kind}:${origin}`, "");
  if (await tx.items.byKey(key)) return [lane];
  const item: NewItem = {
    lane,
    rank: catchUp ? 0 : 1,
    origin,
    kind: event.kind,
    payload: asJson(seenBy ? { ...event, seenBy } : event),
    at: works.box.clock.now(),
    key,
  };
  await tx.items.add(item);
  works.load.queued += 1;
  return [lane];
};

/** Events are JSON by contract; this drops `undefined` fields. */
const asJson = (value: object): Json => JSON.parse(JSON.stringify(value));

const chatChanged = async (
  works: Works,
  tx: Repositories,
  { portal, event }: { portal: Portal; event: ChatEvent },
): Promise<readonly Lane[]> => {
  const old = event.renamedFrom && (await moved(works, tx, { portal, from: event.renamedFrom }));
  const info = mergeInfo(portal.info ?? old?.info, event.info);
  if (info === undefined || JSON.stringify(info) === JSON.stringify(portal.info)) return [];
  await works.portals.update(tx, portal, { info });
  if (portal.room === undefined || portal.info === undefined) return [];
  const { name, topic, visibility } = portal.info;
  if (info.name === name && info.topic === topic && info.visibility === visibility) return [];
  return queue(works, tx, {
    portal,
    origin: `chat:${event.at}:${hash(info)}`,
    event: { kind: "chat", at: event.at },
  });
};

const hash = (value: object): string => {
  let sum = 0;
  for (const char of JSON.stringify(value))
    sum = (Math.imul(sum, 31) + (char.codePointAt(0) ?? 0)) | 0;
  return (sum >>> 0).toString(36);
};

/** The old ref's room goes on under the new one, unless that has a room of its own already. */
const moved = async (
  works: Works,
  tx: Repositories,
  { portal, from }: { portal: Portal; from: NonNullable<ChatEvent["renamedFrom"]> },
): Promise<Portal | undefined> => {
  const old = await tx.portals.find(portal.network, from);
  if (!old || old.id === portal.id || old.dead) return undefined;
  await works.portals.update(tx, old, { dead: true });
  if (old.room !== undefined && portal.room === undefined)
    await works.portals.update(tx, portal, { room: old.room, origin: old.origin });
  for (const login of await tx.portals.logins(old.id))
    await tx.portals.addLogin(portal.id, login, works.box.clock.now());
  return old;
};

const gone = async (
  works: Works,
  tx: Repositories,
  { portal, event }: { portal: Portal; event: GoneEvent },
): Promise<readonly Lane[]> => {
  if (event.login !== undefined) await tx.portals.removeLogin(portal.id, event.login);
  works.portals.forget(portal);
  return queue(works, tx, { portal, origin: `gone:${event.login ?? ""}:${event.at}`, event });
};

const membersChanged = async (
  works: Works,
  tx: Repositories,
  {
    live,
    portal,
    event,
    batch,
  }: { live: LiveNetwork; portal: Portal; event: MembersEvent; batch: Batch },
): Promise<readonly Lane[]> => {
  const own = new Map([...live.logins.values()].map((login) => [login.row.user, login.row.id]));
  for (const member of event.list) {
    const login = own.get(member.user);
    if (login === undefined || !batch.seenBy.includes(login)) continue;
    if (member.state === "join") await tx.portals.addLogin(portal.id, login, event.at);
    else await tx.portals.removeLogin(portal.id, login);
  }
  const others = event.list.filter((member) => !own.has(member.user));
  const changes = event.complete ? [...others, ...(await vanished(tx, portal, others))] : others;
  let dirty = false;
  for (const member of changes) dirty = (await apply(works, tx, { live, portal, member })) || dirty;
  return dirty ? [await queueRoster(works.box, tx, portal.id)] : [];
};

/** Whoever was there and is not in the whole list has left. */
const vanished = async (
  tx: Repositories,
  portal: Portal,
  list: readonly Member[],
): Promise<readonly Member[]> => {
  const named = new Set(list.map((member) => member.user));
  const rows = await tx.roster.of(portal.id);
  return rows
    .filter((row) => row.state === "join" && !named.has(row.user))
    .map((row) => ({ user: row.user, state: "leave" as const }));
};

const same = (row: RosterRow | undefined, member: Member): boolean =>
  row !== undefined &&
  row.state === member.state &&
  (row.role ?? "member") ===
    (member.role ?? (member.state === "join" ? row.role : "member") ?? "member");

/** True: the homeserver may have to be told. */
const apply = async (
  works: Works,
  tx: Repositories,
  { live, portal, member }: { live: LiveNetwork; portal: Portal; member: Member },
): Promise<boolean> => {
  const row = await tx.roster.get(portal.id, member.user);
  if (same(row, member)) return false;
  const role = member.role ?? (member.state === "join" ? row?.role : undefined);
  const next: Member = role === undefined ? member : { ...member, role };
  const shown = await isShown(works, tx, { network: live.settings.id, portal, member });
  const due =
    member.state === "join" ? await wanted(tx, live, portal) : await mayComeYet(tx, portal);
  const dirty = shown || due || row?.dirty === true;
  await tx.roster.put(portal.id, next, dirty);
  return dirty;
};

const isShown = async (
  works: Works,
  tx: Repositories,
  { network, portal, member }: { network: NetworkId; portal: Portal; member: Member },
): Promise<boolean> => {
  if (portal.room === undefined) return false;
  const ghost = await works.ghosts.get(network, member.user);
  return (await tx.members.get(portal.room, ghost.mxid)) === "join";
};

/** Whoever leaves may be let into the room yet by a message of theirs that is still queued. */
const mayComeYet = async (tx: Repositories, portal: Portal): Promise<boolean> =>
  (await tx.items.list({ portal: portal.id, direction: "in" }, 1)).length > 0;

/** Whether somebody who has said nothing is shown in the room. */
const wanted = async (tx: Repositories, live: LiveNetwork, portal: Portal): Promise<boolean> => {
  const { members, memberCap } = live.settings;
  if (members === "lazy") return false;
  return members === "full" || (await tx.roster.count(portal.id)) < memberCap;
};

/** A new name is another ghost: the old one leaves and the new one comes where the old one was seen. */
const renamed = async (
  works: Works,
  tx: Repositories,
  { live, event }: { live: LiveNetwork; event: Extract<RemoteEvent, { kind: "userRenamed" }> },
): Promise<readonly Lane[]> => {
  const network = live.settings.id;
  const lanes: Lane[] = [];
  for (const id of await tx.roster.portalsWith(network, event.from)) {
    const portal = await tx.portals.get(id);
    const before = await tx.roster.get(id, event.from);
    if (!portal || !before) continue;
    const leaves: Member = { user: event.from, state: "leave", reason: `is now ${event.to}` };
    const comes: Member = {
      user: event.to,
      state: "join",
      ...(before.role === undefined ? {} : { role: before.role }),
    };
    const shown = await isShown(works, tx, { network, portal, member: leaves });
    const leaving = shown || before.dirty || (await mayComeYet(tx, portal));
    await tx.roster.put(id, leaves, leaving);
    await tx.roster.put(id, comes, shown);
    if (leaving) lanes.push(await queueRoster(works.box, tx, portal.id));
  }
  return lanes;
};

const addProfile = async (
  works: Works,
  tx: Repositories,
  { network, user, at }: { network: NetworkId; user: string; at: number },
): Promise<Lane> => {
  const lane = profileLane(network, user);
  const origin = `profile:${network}:${user}:${at}`;
  const key = works.box.keyOf(lane.portal, origin, "");
  if (!(await tx.items.byKey(key)))
    await tx.items.add({
      lane,
      rank: 1,
      origin,
      kind: "profile",
      payload: { network, user },
      at: works.box.clock.now(),
      key,
    });
  return lane;
};
