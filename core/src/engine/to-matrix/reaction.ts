import { keyField, MatrixError } from "../../matrix/types.ts";
import type { Homeserver, JsonObject, MatrixEvent } from "../../matrix/types.ts";
import { isObject } from "../../matrix/parse.ts";
import { fullEmoji } from "../../richtext/index.ts";
import type { Assertion } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import { pictureOf } from "../media/pictures.ts";
import { reactionFacts } from "../assertions.ts";
import type { Shower, Showing, Shown } from "../assertions.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { enter, look, sendBy } from "./send.ts";
import { takeOut } from "./take-out.ts";

/** A remote reaction is its ghost's annotation; one that is gone is redacted, whoever's it was. */
export const reactionInRoom: Shower = async (works, turn, showing) => {
  const { row } = showing;
  if (row.value === null) return takeAway(works, turn, showing);
  if (row.event !== undefined) return { event: row.event };
  return annotate(works, turn, showing);
};

const annotate = async (works: Works, turn: Turn, { row, target }: Showing): Promise<Shown> => {
  const { box, ghosts } = works;
  if (row.user === "") return { event: undefined };
  const ghost = await ghosts.ensure(turn.portal.network, row.user);
  const person = await works.puppets.personOf(box.store.read, turn.portal, row.user);
  const { key, more } = await lookOf(works, turn, row);
  const about: About = { room: target.room, event: target.event, key };
  const speakers = [...(person === undefined ? [] : [person]), ghost.mxid];
  const value = asJson({ ...reactionFacts(row), key });
  const known = turn.suspect
    ? ((await annotationOf(works, turn, { about, speakers })) ??
      (await byAnybody(works, turn, { row, target, person })))
    : undefined;
  if (known !== undefined) return { event: known, value };
  const relation = { rel_type: "m.annotation", event_id: target.event, key };
  const what = {
    room: target.room,
    as: ghost.mxid,
    person,
    type: "m.reaction",
    content: { "m.relates_to": relation, ...more },
    key: reactionKey(works, row),
  };
  const speaker = await enter(works, turn, what);
  await box.failpoint("in.before-call");
  const sending = sendBy(works, turn, { ...what, person: speaker }).then(({ event }) => event);
  const event = await sending.catch((error: unknown) => {
    if (isDouble(error)) return annotationOf(works, turn, { about, speakers });
    throw error;
  });
  await box.failpoint("in.after-call");
  return { event, value };
};

/** K of what shows a reaction. */
export const reactionKey = ({ box }: Works, { portal, seq }: Assertion): string =>
  box.keyOf(portal, `reaction:${seq}`, "");

type About = Omit<Parameters<Homeserver["findAnnotation"]>[0], "sender">;

/** Whose ever of them it is; a ghost looks for its own, the bot for a person's. */
const annotationOf = async (
  works: Works,
  { signal }: Turn,
  { about, speakers }: { readonly about: About; readonly speakers: readonly string[] },
): Promise<string | undefined> => {
  for (const sender of speakers) {
    const as = works.isInNamespace(sender) ? sender : undefined;
    const call = { class: "live", as, signal } as const;
    const found = await works.box.homeserver.findAnnotation({ ...about, sender }, call);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** A person may have reacted who cannot any more: they took back their token, or their account. */
const byAnybody = (
  works: Works,
  turn: Turn,
  { row, target, person }: Pick<Showing, "row" | "target"> & { person: string | undefined },
): Promise<string | undefined> =>
  person === undefined
    ? look(works, turn, { room: target.room, as: undefined, key: reactionKey(works, row) })
    : Promise.resolve(undefined);

/** The homeserver has that reaction of that ghost already: it is done. */
const isDouble = (error: unknown): boolean =>
  error instanceof MatrixError && error.errcode === "M_DUPLICATE_ANNOTATION";

/** How clients write it, and what they show for a picture of the network's own. */
const lookOf = async (
  works: Works,
  turn: Turn,
  row: Assertion,
): Promise<{ readonly key: string; readonly more: JsonObject }> => {
  const { custom } = reactionFacts(row);
  if (custom === undefined) return { key: fullEmoji(row.name), more: {} };
  const shortcode = shortcodeOf(row);
  const mxc = await pictureOf(works, turn.portal, { ref: custom, signal: turn.signal });
  return { key: mxc ?? shortcode, more: { shortcode, "com.beeper.reaction.shortcode": shortcode } };
};

const shortcodeOf = (row: Assertion): string => `:${row.name.replaceAll(":", "")}:`;

const takeAway = async (works: Works, turn: Turn, showing: Showing): Promise<Shown> => {
  const { row, target } = showing;
  const { box } = works;
  const { event = await lost(works, turn, showing), room = target.room } = row;
  if (event === undefined || (await isShared(works, row))) return { event: undefined };
  const speakers = await takersOf(works, turn, { row, room });
  const call = { class: "live", as: speakers[0], signal: turn.signal } as const;
  if (turn.suspect && (await box.homeserver.isRedacted(room, event, call)))
    return { event: undefined };
  const txn = box.keyOf(row.portal, `reaction:${row.seq}`, "redaction");
  await box.failpoint("in.before-call");
  const isMeant = await proofOf(works, turn, showing);
  await takeOut(works, turn, { room, event, txn, as: speakers, isMeant });
  await box.failpoint("in.after-call");
  return { event: undefined };
};

const isAbout = ({ content }: MatrixEvent, target: string): boolean => {
  const relation = content["m.relates_to"];
  return isObject(relation) && relation["event_id"] === target;
};

/** A person of this homeserver is taken at its word; of others it has to be their reaction to that, or bear our key. */
const proofOf = async (
  works: Works,
  { portal }: Turn,
  { row, target }: Showing,
): Promise<((event: MatrixEvent) => boolean) | undefined> => {
  if (row.by !== undefined || row.user === "") return undefined;
  const { box, ghosts, puppets } = works;
  const owner = await puppets.ownerOf(box.store.read, portal, row.user);
  if (owner !== undefined && !puppets.isAbroad(owner)) return undefined;
  const { mxid } = await ghosts.get(portal.network, row.user);
  return (event) =>
    isAbout(event, target.event) &&
    (event.sender === mxid ||
      event.sender === owner ||
      event.content[keyField] === reactionKey(works, row));
};

/**
 * A ghost its own; where a person may have reacted as themselves, the bot, or whoever of them did. The bot too
 * in a room in which the chat was before, which the ghosts have left.
 */
const takersOf = async (
  { box, ghosts, puppets }: Works,
  { portal }: Turn,
  { row, room }: { readonly row: Assertion; readonly room: string },
): Promise<readonly (string | undefined)[]> => {
  if (row.by !== undefined || row.user === "") return [undefined];
  const { mxid } = await ghosts.get(portal.network, row.user);
  const person = await puppets.personOf(box.store.read, portal, row.user);
  if (person !== undefined) return [undefined, mxid, person];
  return room === portal.room ? [mxid, undefined] : [undefined, mxid];
};

/** What an attempt may have sent whose end nobody saw, and which is not wanted any more. */
const lost = async (
  works: Works,
  turn: Turn,
  { row, target }: Showing,
): Promise<string | undefined> => {
  if (!turn.suspect || row.by !== undefined || row.user === "") return undefined;
  const { mxid } = await works.ghosts.get(turn.portal.network, row.user);
  const person = await works.puppets.personOf(works.box.store.read, turn.portal, row.user);
  const speakers = [...(person === undefined ? [] : [person]), mxid];
  for (const key of [fullEmoji(row.name), shortcodeOf(row)]) {
    const about = { room: target.room, event: target.event, key };
    const found = await annotationOf(works, turn, { about, speakers });
    if (found !== undefined) return found;
  }
  return byAnybody(works, turn, { row, target, person });
};

/** The same event shows the reaction to another piece of what was one message here. */
const isShared = async (works: Works, row: Assertion): Promise<boolean> => {
  const rows = await works.box.store.read.assertions.byEvent(row.portal, row.event ?? "");
  return rows.some((one) => one.seq !== row.seq && one.value !== null);
};
