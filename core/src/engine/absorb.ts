import type {
  Batch,
  ChatEvent,
  ChatInfo,
  GoneEvent,
  LogEvent,
  NetworkId,
  RemoteEvent,
} from "../adapter/index.ts";
import type { Lane, NewItem, Portal, Repositories } from "../store/types.ts";
import { asJson } from "./as-json.ts";
import { shared, voted } from "./absorb-votes.ts";
import { membersChanged, renamed } from "./absorb-members.ts";
import { noteRoles, putRole } from "./account-roles.ts";
import { pinned } from "./absorb-pins.ts";
import { reacted } from "./absorb-reactions.ts";
import type { LiveNetwork } from "./box.ts";
import { toldOf } from "./described.ts";
import { confirmSend } from "./confirm-send.ts";
import { profileLane } from "./control.ts";
import type { Tell } from "./ending.ts";
import { hearAside } from "./linked/aside.ts";
import { isHealable, queueHealing, queueReview } from "./heal.ts";
import { listAgain } from "./list-item.ts";
import { noteUnlisted } from "./unlisted.ts";
import { noteGap, takeGap } from "./pending-gap.ts";
import { queuePicture } from "./picture-item.ts";
import { moveChat } from "./move-chat.ts";
import { bringAlong } from "./moving.ts";
import { mergeInfo } from "./portals.ts";
import { guardLevels } from "./room-levels.ts";
import { queuePlace, queueSpace } from "./spaces/item.ts";
import { leftChat } from "./spaces/leave.ts";
import type { Works } from "./works.ts";
import { ownChanged } from "./own-chat.ts";

interface Found {
  readonly live: LiveNetwork;
  readonly batch: Batch;
  readonly event: Exclude<RemoteEvent, { kind: "typing" | "presence" }>;
  readonly portal: Portal | undefined;
  /** Seen by the login that is listened to there. */
  readonly counts: boolean;
  readonly tell: Tell;
}

/**
 * Turns one remote event into rows, inside the commit that also moves the cursor. Returns the lanes
 * that have something to do now. Makes no calls.
 */
export const absorb = async (
  works: Works,
  tx: Repositories,
  { live, batch, event, portal: located, counts, tell }: Found,
): Promise<readonly Lane[]> => {
  const network = live.settings.id;
  if (event.kind === "user") {
    const { user, at } = event;
    const changed = await works.ghosts.learn(tx, { network, user }, event.info);
    const lanes: Lane[] = [];
    if (changed.name) lanes.push(await addProfile(works, tx, { network, user, at }));
    if (changed.picture) lanes.push(await queuePicture(works.box, tx, { network, user }));
    return lanes;
  }
  if (event.kind === "aside") return hearAside(works, tx, { live, batch, event, tell });
  if (event.kind === "userRenamed") return renamed(works, tx, { live, event });
  const portal = located && (await tx.portals.get(located.id));
  if (portal === undefined) return [];
  switch (event.kind) {
    case "message":
    case "edit":
    case "delete":
    case "call":
    case "notice":
      return logged(works, tx, { event, portal, batch, tell });
    case "members":
      await bringAlong(tx, portal.id, event);
      return membersChanged(works, tx, { live, portal, event, batch, counts });
    case "chat":
      return chatChanged(works, tx, { live, portal, event, batch });
    case "gap":
      if (isHealable(works, portal, { event, batch })) {
        const queueing = event.only === "changes" ? queueReview : queueHealing;
        const lanes = await queueing(works, tx, { portal, event, batch });
        return [...lanes, ...(await listAgain(works.box, tx, portal))];
      }
      if (event.only === undefined) await noteGap(tx, portal, event);
      return listAgain(works.box, tx, portal);
    case "gone":
      return gone(works, tx, { portal, event });
    case "reactions":
      return reacted(works, tx, { portal, event });
    case "votes":
      return voted(works, tx, { portal, event });
    case "pins":
      return pinned(works, tx, { portal, event });
    case "location":
      return shared(works, tx, { portal, event });
    case "unread":
    case "mute":
    case "tag":
      return ownChanged(works.box, tx, { portal, event });
    case "read":
    case "delivered":
    case "bans":
      return [];
    default:
      return event satisfies never;
  }
};

interface Logged {
  readonly event: LogEvent;
  readonly portal: Portal;
  readonly batch: Batch;
  readonly tell: Tell;
}

const logged = async (
  works: Works,
  tx: Repositories,
  { event, portal, batch, tell }: Logged,
): Promise<readonly Lane[]> => {
  const origin = identityOf(event);
  if (!(await tx.seen.add(portal.id, `${event.kind}:${origin}`, works.box.clock.now()))) return [];
  if ((event.kind === "message" || event.kind === "edit") && event.confirms !== undefined) {
    const lanes = await confirmSend(works, tx, { portal, event, tell });
    if (lanes) return lanes;
    if (event.kind === "edit") return [];
  }
  if (event.kind === "message" && event.only !== undefined)
    await noteUnlisted(works.box, tx, portal, event.id);
  const { seenBy, catchUp = false } = batch;
  const gap = await takeGap(tx, portal);
  if (gap) {
    const missing = `gap:${gap.since ?? ""}:${gap.at}`;
    await queue(works, tx, { portal, origin: missing, event: gap, catchUp });
  }
  return queue(works, tx, { portal, origin, event, seenBy, catchUp });
};

/** Every version of a message is an event of its own. */
const identityOf = (event: LogEvent): string =>
  event.kind === "edit" ? `${event.key}@${event.version}` : event.key;

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
    rank: 1,
    origin,
    kind: event.kind,
    payload: asJson({ ...event, ...(seenBy && { seenBy }), ...(catchUp && { missed: true }) }),
    at: works.box.clock.now(),
    key,
  };
  await tx.items.add(item);
  works.load.added();
  return [lane];
};

const chatChanged = async (
  works: Works,
  tx: Repositories,
  {
    live,
    portal,
    event,
    batch: { seenBy },
  }: Pick<Found, "live" | "batch"> & { portal: Portal; event: ChatEvent },
): Promise<readonly Lane[]> => {
  if (portal.dead && event.renamedFrom === undefined) return [];
  const from = event.renamedFrom;
  const moved = from && (await moveChat(works, tx, { live, portal, from, at: event.at }));
  const { members: list = [] } = event.info;
  const placed = [
    ...(moved?.lanes ?? []),
    ...(await noteRoles(works.box, tx, { live, portal, list, seenBy })),
  ];
  const info = mergeInfo(portal.info ?? moved?.old.info, event.info);
  if (info === undefined || JSON.stringify(info) === JSON.stringify(portal.info)) return placed;
  await works.portals.update(tx, portal, { info });
  const given = [info, portal.info].map((one) => JSON.stringify(one?.features.roles));
  const lanes = [
    ...placed,
    ...(await spacesChanged(works, tx, { portal, info })),
    ...(given[0] === given[1] ? [] : await guardLevels(works.box, tx, portal)),
  ];
  if (portal.room === undefined || portal.info === undefined) return lanes;
  const { name, topic, visibility, avatar } = portal.info;
  if (JSON.stringify(info.avatar) !== JSON.stringify(avatar))
    lanes.push(await queuePicture(works.box, tx, { portal: portal.id }));
  const same = info.name === name && info.topic === topic && info.visibility === visibility;
  if (same && toldOf(info) === toldOf(portal.info)) return lanes;
  const told = await queue(works, tx, {
    portal,
    origin: `chat:${event.at}:${hash(info)}`,
    event: { kind: "chat", at: event.at },
  });
  return [...lanes, ...told];
};

/** Where it stands may be another place now, and the space of what is inside of it look otherwise. */
const spacesChanged = async (
  { box }: Works,
  tx: Repositories,
  { portal, info }: { portal: Portal; info: ChatInfo },
): Promise<Lane[]> => {
  const { network, id } = portal;
  const space = await tx.spaces.get(network, { chat: id });
  const moved =
    JSON.stringify([info.parent, info.kind]) !==
    JSON.stringify([portal.info?.parent, portal.info?.kind]);
  return [
    ...(space ? [await queueSpace(box, tx, space.room)] : []),
    ...(moved ? await queuePlace(box, tx, portal) : []),
    ...(moved && space ? await queuePlace(box, tx, space) : []),
  ];
};

const hash = (value: object): string => {
  let sum = 0;
  for (const char of JSON.stringify(value))
    sum = (Math.imul(sum, 31) + (char.codePointAt(0) ?? 0)) | 0;
  return (sum >>> 0).toString(36);
};

const gone = async (
  works: Works,
  tx: Repositories,
  { portal, event }: { portal: Portal; event: GoneEvent },
): Promise<readonly Lane[]> => {
  const { login } = event;
  if (login !== undefined) {
    await tx.portals.removeLogin(portal.id, login);
    await putRole(tx, { portal: portal.id, login }, undefined);
  }
  works.portals.forget(portal);
  const placed = [
    ...(await (login === undefined
      ? queuePlace(works.box, tx, portal)
      : leftChat(works.box, tx, { portal, login }))),
    ...(await guardLevels(works.box, tx, portal)),
  ];
  if (event.login !== undefined && (await tx.portals.logins(portal.id)).length > 0) return placed;
  const origin = `gone:${event.login ?? ""}:${event.at}`;
  return [...placed, ...(await queue(works, tx, { portal, origin, event }))];
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
