import type { Json, MessageEvent, Millis } from "../../adapter/index.ts";
import { toPlain } from "../../richtext/index.ts";
import { pictureOf } from "../media/pictures.ts";
import type { NewItem, Portal } from "../../store/types.ts";
import { notBridged } from "../turn.ts";
import { asJson } from "../as-json.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { queueExpiry, timerOf } from "../expiry.ts";
import { decideHeld } from "../held-chat.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { quoted } from "./content.ts";
import { ownEcho, sendingUntil, untilSent } from "./echo.ts";
import { shownParts } from "./parts.ts";
import { asProfile } from "./profile.ts";
import { showRole } from "../roster-item.ts";
import { classOf, eventKeyOf, messageKeyOf, sayBy, shownRow } from "./send.ts";
import { dressed } from "./dress.ts";
import { shownAs } from "./shown.ts";
import { relationOf } from "./thread.ts";

/** Older than this, an event carries its own time (`ts`). */
const live = 60_000;

/** A remote message becomes one event per part, sent by its author's ghost. */
export const messageToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as MessageEvent;
    if (classOf(turn) !== "history") works.catchUp.end(turn.item.lane);
    const held = await decideHeld(works, turn);
    if (held) return held;
    const echo = await ownEcho(works, turn, event);
    if (echo) return echo;
    if (isOurs(works, turn, event)) return { ...notBridged("cancelled", broughtBack), quiet: true };
    if (isPrivate(turn, event)) return onlyForSome(event);
    const [content, ...more] = shownParts(event.content);
    if (content === undefined)
      return notBridged("unsupported", "it has nothing in it that can be shown.");
    if (more.length > 0)
      return { end: "expanded", into: pieces(works, turn, event, [content, ...more]) };
    const until = await targetOnItsWay(works, turn, event);
    if (until !== undefined) return untilSent(turn, until);
    return show(works, turn, { ...event, content });
  };

const broughtBack = "this box said it there itself; another bridge in that chat brought it back.";

/** Somebody else says word for word, with the speaker's name, what we have just said there. */
const isOurs = (works: Works, { portal }: Turn, { content }: MessageEvent): boolean => {
  const [part] = content.parts;
  if (part?.kind !== "text") return false;
  return works.echoes.isOurs(portal.id, toPlain(part.text));
};

/** What only some logins see is not for a room that others are in. */
const isPrivate = (turn: Turn, { only }: MessageEvent): boolean =>
  only !== undefined && turn.portal.chat.receiver === undefined;

const onlyForSome = ({ only = [] }: MessageEvent): Settlement =>
  notBridged(
    "forbidden",
    `only ${only.join(", ")} may see it, and this room has others in it. Look for it on the network itself.`,
  );

/** A name for one message may have a picture of its own; without it the message is whole too. */
const faceOf = async (
  works: Works,
  { signal }: Turn,
  { profile, portal }: Pick<MessageEvent, "profile"> & { readonly portal: Portal },
): Promise<string | undefined> =>
  profile?.avatar && pictureOf(works, portal, { ref: profile.avatar, signal });

const show = async (works: Works, turn: Turn, event: MessageEvent): Promise<Settlement> => {
  const { box, ghosts, rooms } = works;
  const [part] = event.content.parts;
  if (part === undefined) return { end: "dropped" };
  const room = await rooms.ensure(turn.portal.id);
  const ghost = await ghosts.ensure(turn.portal.network, event.sender);
  const portal = { ...turn.portal, room };
  const { relation, thread, lost } = await relationOf(works, portal, event.content);
  const said = lost === undefined ? part : quoted(part, lost);
  const { type, content, hash } = await shownAs(works, turn, {
    portal,
    part: said,
    as: ghost.mxid,
  });
  const there = await ghosts.isIn(room, ghost.mxid);
  const named =
    event.profile === undefined
      ? content
      : asProfile(
          content,
          { name: ghosts.asShown(portal.network, event.profile.name) },
          await faceOf(works, turn, { ...event, portal }),
        );
  const { event: sent, as } = await sayBy(works, turn, {
    room,
    as: ghost.mxid,
    person: await speakerOf(works, turn, event),
    type,
    content: { ...named, ...relation, ...metaOf(event), ...timed(event) },
    ts: classOf(turn) === "history" || box.clock.now() - event.at > live ? event.at : undefined,
  });
  if (!there && as === ghost.mxid) await showRole(box, { portal: portal.id, user: event.sender });
  const row = shownRow(turn, {
    event: sent,
    room,
    as,
    remote: event.id,
    part: part.id,
    author: event.sender,
    at: event.at,
    content: dressed(hash, { quoted: said !== part, profile: event.profile !== undefined }),
    thread,
  });
  return {
    end: "delivered",
    write: async (tx) => {
      await tx.messages.add(row);
      const { id: remote, at, content: of } = event;
      await queueExpiry(works, tx, { portal, remote, at, expires: of.expires });
    },
    wakes: [messageKeyOf(portal.id, event.id), eventKeyOf(sent)],
  };
};

const timed = ({ content }: MessageEvent): JsonObject => {
  const timer = timerOf(content.expires);
  return timer === undefined ? {} : { "com.beeper.disappearing_timer": timer };
};

/**
 * The person themselves, where it is their own account that speaks: not under another name, and not
 * what the box keeps changing, which it does as ghosts only.
 */
const speakerOf = async (
  works: Works,
  { portal }: Turn,
  { sender, account, profile, content }: MessageEvent,
): Promise<string | undefined> => {
  const moves = content.parts.some((part) => part.kind === "location" && part.live !== undefined);
  if (profile !== undefined || moves) return undefined;
  return works.puppets.personOf(works.box.store.read, portal, { sender, account });
};

const longestMeta = 4000;

/**
 * What else the network says of it, for bots and clients that know that network. Homeservers refuse an
 * event with a number that is no safe integer (specification, appendices, "Canonical JSON").
 */
const metaOf = ({ meta }: MessageEvent): { readonly "dev.bridgebox.meta"?: typeof meta } =>
  meta === undefined || meta === null || !isCanonical(meta) || tooLong(meta)
    ? {}
    : { "dev.bridgebox.meta": meta };

const tooLong = (meta: Json): boolean => JSON.stringify(meta).length > longestMeta;

const isCanonical = (value: Json): boolean => {
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values<Json>(value).every(isCanonical);
};

/** An answer to what we are just sending waits until that has an id. */
const targetOnItsWay = async (
  works: Works,
  turn: Turn,
  { content }: MessageEvent,
): Promise<Millis | undefined> => {
  const target = content.replyTo?.id ?? content.thread?.root.id;
  if (target === undefined) return undefined;
  // Asked first: what ends between the two questions has written its row before the second.
  const until = await sendingUntil(works, turn);
  const rows = await works.box.store.read.messages.byRemote(turn.portal.id, target);
  return rows.length === 0 ? until : undefined;
};

const pieces = (
  works: Works,
  turn: Turn,
  event: MessageEvent,
  contents: readonly MessageEvent["content"][],
): readonly NewItem[] =>
  contents.map((content, sub) => ({
    lane: turn.item.lane,
    rank: turn.item.rank,
    origin: turn.item.origin,
    kind: "message",
    at: turn.item.at,
    sub,
    key: works.box.keyOf(turn.portal.id, `message:${event.key}`, `part:${content.parts[0]?.id}`),
    payload: asJson({ ...event, content }),
  }));
