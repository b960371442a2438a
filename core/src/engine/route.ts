import type { Json } from "../adapter/index.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Lane, NewItem, Portal, Repositories } from "../store/types.ts";
import { routeAnswer } from "./again/answer.ts";
import { withdraw } from "./again/act.ts";
import { clientTry } from "./again/client-try.ts";
import type { Confirm } from "./confirm.ts";
import { roomLane } from "./control.ts";
import type { Tell } from "./ending.ts";
import { afterPrefix } from "./prefix.ts";
import { guardLevels } from "./room-levels.ts";
import { isAwaited, saidEarly } from "./said-early.ts";
import { aboutOf, outPayload } from "./sent-row.ts";
import { replacementIn } from "./tombstone.ts";
import { queueUpgrade } from "./upgrade-item.ts";
import { object } from "./to-network/content.ts";
import { replacedBy } from "./to-network/edit.ts";
import { redactedBy } from "./to-network/remove.ts";
import { whileQueued } from "./while-queued.ts";
import type { Works } from "./works.ts";

interface Arrived {
  readonly event: MatrixEvent;
  readonly at: number;
  readonly own: Confirm | undefined;
  readonly tell: Tell;
}

/** What goes into a lane; an encrypted event goes too, so that its sender hears that it is not read. */
const kinds: ReadonlyMap<string, string> = new Map([
  ["m.room.message", "message"],
  ["m.room.redaction", "remove"],
  ["m.room.encrypted", "message"],
  ["m.sticker", "message"],
  ["m.reaction", "reaction"],
  ["m.call.invite", "message"],
  ...["m.poll.", "org.matrix.msc3381.poll."].flatMap((prefix): [string, string][] => [
    [`${prefix}start`, "message"],
    [`${prefix}response`, "vote"],
    [`${prefix}end`, "pollEnd"],
  ]),
]);

/** State that is passed on like what is said. */
const states: ReadonlyMap<string, string> = new Map([
  ["m.room.pinned_events", "pins"],
  ["m.room.name", "info"],
  ["m.room.topic", "info"],
  ["m.room.avatar", "info"],
  ["m.room.member", "member"],
  ["m.room.power_levels", "power"],
  ["m.beacon_info", "message"],
  ["org.matrix.msc3672.beacon_info", "message"],
]);

/** Of each of these a room has one, under the empty key (spec: Client-Server API, "m.room.power_levels"). */
const keyless: ReadonlySet<string> = new Set([
  "m.room.pinned_events",
  "m.room.name",
  "m.room.topic",
  "m.room.avatar",
  "m.room.power_levels",
]);

const isPassedOn = ({ type, state_key: key }: MatrixEvent): boolean =>
  key === undefined ? kinds.has(type) : states.has(type) && (key === "" || !keyless.has(type));

const isMessage = ({ type }: MatrixEvent): boolean =>
  type === "m.room.message" || type === "m.room.encrypted";

/** Decides, inside the inbox's commit, which lanes get an event. Makes no calls. */
export const route = async (
  works: Works,
  tx: Repositories,
  arrived: Arrived,
): Promise<readonly Lane[]> => {
  const { event } = arrived;
  if (event.type === "m.room.member") return membership(works, tx, arrived);
  if (event.type === "m.room.encryption") works.puppets.learnEncrypted(event.room_id);
  if (event.type === "m.room.tombstone" && event.state_key === "")
    return upgrade(works, tx, arrived);
  if (!isPassedOn(event)) return [];
  if (event.type === "m.room.message") works.originals.learn(event);
  if (event.type === "m.room.redaction")
    works.originals.forget(event.room_id, redactedBy(event) ?? "");
  const portals = (await works.portals.ofRoom(event.room_id)).filter((portal) => !portal.dead);
  if (arrived.own === undefined && isCommand(works, event, portals))
    return [await control(works, tx, "command", arrived)];
  if (arrived.own === undefined && event.type === "m.reaction") {
    const answer = await routeAnswer(works, tx, arrived);
    if (answer) return [answer];
  }
  if (portals.length === 0 && (await isHeld(works, tx, arrived)))
    return [await control(works, tx, "held", arrived)];
  return toPortals(works, tx, { arrived, portals });
};

/** Said where a chat may be in a moment. */
const isHeld = async (works: Works, tx: Repositories, { event, own }: Arrived): Promise<boolean> =>
  own === undefined && !works.isInNamespace(event.sender) && isAwaited(tx, event.room_id);

const toPortals = async (
  works: Works,
  tx: Repositories,
  { arrived, portals }: { readonly arrived: Arrived; readonly portals: readonly Portal[] },
): Promise<readonly Lane[]> => {
  const lanes: Lane[] = [];
  for (const portal of portals) lanes.push(...(await toPortal(works, tx, { ...arrived, portal })));
  return lanes;
};

interface SaidEarly extends Pick<Arrived, "tell"> {
  readonly room: string;
  readonly portals: readonly Portal[];
}

/** In the commit that brings chats into a room: what was said there before is for them, not for the bot. */
export const routeSaidEarly = async (
  works: Works,
  tx: Repositories,
  { room, portals, tell }: SaidEarly,
): Promise<readonly Lane[]> => {
  const lanes: Lane[] = [];
  for (const item of await saidEarly(tx, room)) {
    const { event } = outPayload(item);
    if (portals.length === 0 || isCommand(works, event, portals)) continue;
    await tx.items.done(item.id);
    const arrived = { event, at: item.at, own: undefined, tell };
    lanes.push(...(await toPortals(works, tx, { arrived, portals })));
  }
  return lanes;
};

/** What an event says by itself: without the quotation that old clients put before an answer. */
export const wordsOf = ({ content }: MatrixEvent): string => {
  const { body } = content;
  if (typeof body !== "string") return "";
  const isAnswer = object(object(content["m.relates_to"])?.["m.in_reply_to"]) !== undefined;
  return isAnswer ? body.replace(/^(?:> [^\n]*\n)+\n?/, "") : body;
};

/** A message to the bot: in a room that is no portal, or with the bot's prefix. */
const isCommand = (works: Works, event: MatrixEvent, portals: readonly Portal[]): boolean => {
  if (event.sender === works.box.homeserver.bot || !isMessage(event)) return false;
  if (portals.length === 0) return !works.isInNamespace(event.sender);
  return afterPrefix(wordsOf(event), works.box.networks) !== undefined;
};

const toPortal = async (
  works: Works,
  tx: Repositories,
  { event, at, own, portal, tell }: Arrived & { portal: Portal },
): Promise<readonly Lane[]> => {
  if (own?.portal === portal.id) return [];
  const bot = event.sender === works.box.homeserver.bot;
  const ours = own !== undefined && (own.portal === undefined || bot);
  if (ours && !(await isForeignDelete(works, tx, { event, portal }))) return [];
  const lane: Lane = { portal: portal.id, direction: "out" };
  const redacted = event.type === "m.room.redaction" ? redactedBy(event) : undefined;
  const replaced = event.type === "m.room.message" ? replacedBy(event) : undefined;
  const about = redacted ?? replaced;
  if (event.type === "m.room.redaction" && redacted === undefined) return [];
  if (about !== undefined) {
    const done = await whileQueued(works.box, tx, { event, portal, about, redacted: !!redacted });
    for (const happening of done?.told ?? []) tell(happening);
    if (done) return [lane, ...done.lanes];
    if (redacted && own && !bot && (await ownDelete(tx, { event, portal, about }))) return [];
  }
  const origin = event.event_id;
  const tried = own ? undefined : await clientTry(works, tx, { event, portal, tell });
  if (tried) return tried;
  const withdrawn =
    redacted === undefined ? [] : await withdraw(works.box, tx, { portal, origin: redacted });
  const kind = kindOf(event, { redacted, replaced });
  await tx.items.add(itemOf(works, { lane, event, at, kind }));
  tell({ what: "queued", lane, origin, room: event.room_id, about: aboutOf(event) });
  const guarded = kind === "power" ? await guardLevels(works.box, tx, portal, event) : [];
  return [lane, ...withdrawn, ...guarded];
};

/**
 * The bot redacts what a Matrix user said when one network deleted it: so that the others delete it
 * too, and not the one that did.
 */
const isForeignDelete = async (
  { box }: Works,
  tx: Repositories,
  { event, portal }: { event: MatrixEvent; portal: Portal },
): Promise<boolean> => {
  const about = redactedBy(event);
  if (event.type !== "m.room.redaction" || about === undefined) return false;
  if (event.sender !== box.homeserver.bot) return false;
  const doing = await tx.items.head({ portal: portal.id, direction: "in" });
  if (doing?.state === "trying" && doing.kind === "delete") return false;
  if ((await tx.messages.byEvent(portal.id, about)).some((row) => row.from === "matrix"))
    return true;
  const shown = await tx.assertions.byEvent(portal.id, about);
  if (shown.some((row) => row.by !== undefined && row.value !== null)) return true;
  return (await tx.items.ofOrigin(about)).some((item) => item.lane.portal === portal.id);
};

const kindOf = (
  event: MatrixEvent,
  { redacted, replaced }: { redacted: string | undefined; replaced: string | undefined },
): string => {
  if (redacted !== undefined) return "remove";
  if (replaced !== undefined) return "edit";
  if (event.type === "m.room.member" && event.content["membership"] === "invite")
    return "invitation";
  return kinds.get(event.type) ?? states.get(event.type) ?? "message";
};

/** A remote person's own delete comes back as the ghost's redaction: there is nothing to pass on. */
const ownDelete = async (
  tx: Repositories,
  { event, portal, about }: { event: MatrixEvent; portal: Portal; about: string },
): Promise<boolean> => {
  if ((await tx.assertions.byEvent(portal.id, about)).length > 0) return false;
  const rows = await tx.messages.byEvent(portal.id, about);
  if (rows.length > 0)
    return rows.some((row) => row.from === "remote" && row.sender === event.sender);
  const queued = await tx.items.ofOrigin(about);
  return !queued.some((item) => item.lane.portal === portal.id);
};

const itemOf = (
  works: Works,
  { lane, event, at, kind }: { lane: Lane; event: MatrixEvent; at: number; kind: string },
): NewItem => ({
  lane,
  rank: 1,
  origin: event.event_id,
  kind,
  payload: { event: event as unknown as Json },
  at,
  key: works.box.keyOf(lane.portal, event.event_id, ""),
});

/** Memberships of our own users are remembered; an invitation of one of them is work. */
const membership = async (
  works: Works,
  tx: Repositories,
  arrived: Arrived,
): Promise<readonly Lane[]> => {
  const { event } = arrived;
  const who = event.state_key;
  const state = event.content["membership"];
  if (who === undefined || typeof state !== "string") return [];
  works.names.learn(event.room_id, who, event.content);
  works.looks.changed(event.room_id);
  works.puppets.learn(event.room_id, who, state);
  const bot = who === works.box.homeserver.bot;
  if (!bot && !works.isInNamespace(who)) return [];
  if (state === "leave") await tx.members.forget(event.room_id, who);
  else await tx.members.set(event.room_id, who, state);
  if (state !== "join") works.ghosts.membershipChanged(event.room_id, who);
  if (state === "invite") return invited(works, tx, arrived);
  return isRemoval(works, event) ? removed(works, tx, arrived) : [];
};

/** Into the room of a group or channel of its own network a ghost is invited to take part there. */
const invited = async (
  works: Works,
  tx: Repositories,
  arrived: Arrived,
): Promise<readonly Lane[]> => {
  const { event } = arrived;
  if (event.sender === works.box.homeserver.bot) return [];
  const ghost = works.isInNamespace(event.sender)
    ? undefined
    : await works.ghosts.byMxid(event.state_key ?? "");
  const portals = (await works.portals.ofRoom(event.room_id)).filter(
    ({ dead, network, info }) => !dead && network === ghost?.network && info?.kind !== "dm",
  );
  return portals.length === 0
    ? [await control(works, tx, "invite", arrived)]
    : toPortals(works, tx, { arrived, portals });
};

/** Somebody else's doing: ghosts leave by themselves too. */
const isRemoval = (works: Works, { sender, content }: MatrixEvent): boolean =>
  !works.isInNamespace(sender) &&
  (content["membership"] === "leave" || content["membership"] === "ban");

const removed = async (
  works: Works,
  tx: Repositories,
  arrived: Arrived,
): Promise<readonly Lane[]> => {
  const portals = (await works.portals.ofRoom(arrived.event.room_id)).filter(({ dead }) => !dead);
  return toPortals(works, tx, { arrived, portals });
};

const upgrade = async (
  works: Works,
  tx: Repositories,
  { event }: Arrived,
): Promise<readonly Lane[]> => {
  const old = event.room_id;
  const next = replacementIn(event.content);
  if (next === undefined || next === old) return [];
  const portals = await works.portals.ofRoom(old);
  const isOurs = portals.some((portal) => !portal.dead) || (await tx.spaces.ofRoom(old));
  if (!isOurs) return [];
  return [await queueUpgrade(works.box, tx, { old, next })];
};

const control = async (
  works: Works,
  tx: Repositories,
  kind: string,
  { event, at }: Arrived,
): Promise<Lane> => {
  const lane = roomLane(event.room_id);
  await tx.items.add(itemOf(works, { lane, event, at, kind }));
  return lane;
};
