import { MatrixError } from "../../matrix/types.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { fullEmoji } from "../../richtext/index.ts";
import type { Assertion } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import { pictureOf } from "../media/pictures.ts";
import { reactionFacts } from "../assertions.ts";
import type { Shower, Showing, Shown } from "../assertions.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { put } from "./send.ts";

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
  const { key, more } = await lookOf(works, turn, row);
  const call = { class: "live", as: ghost.mxid, signal: turn.signal } as const;
  const about = { room: target.room, event: target.event, sender: ghost.mxid, key };
  const value = asJson({ ...reactionFacts(row), key });
  const known = turn.suspect ? await box.homeserver.findAnnotation(about, call) : undefined;
  if (known !== undefined) return { event: known, value };
  await ghosts.ensureJoined(target.room, ghost.mxid, "live");
  const relation = { rel_type: "m.annotation", event_id: target.event, key };
  await box.failpoint("in.before-call");
  const sending = put(works, turn, {
    room: target.room,
    as: ghost.mxid,
    type: "m.reaction",
    content: { "m.relates_to": relation, ...more },
    key: box.keyOf(row.portal, `reaction:${row.seq}`, ""),
  });
  const event = await sending.catch((error: unknown) => {
    if (isDouble(error)) return box.homeserver.findAnnotation(about, call);
    throw error;
  });
  await box.failpoint("in.after-call");
  return { event, value };
};

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
  const { box, ghosts } = works;
  const { event = await lost(works, turn, showing), room = target.room } = row;
  if (event === undefined || (await isShared(works, row))) return { event: undefined };
  const as =
    row.by === undefined && row.user !== ""
      ? (await ghosts.get(turn.portal.network, row.user)).mxid
      : undefined;
  const call = { class: "live", as, signal: turn.signal } as const;
  if (turn.suspect && (await box.homeserver.isRedacted(room, event, call)))
    return { event: undefined };
  const txn = box.keyOf(row.portal, `reaction:${row.seq}`, "redaction");
  await box.failpoint("in.before-call");
  await box.homeserver.redact({ room, event, txn }, call);
  await box.failpoint("in.after-call");
  return { event: undefined };
};

/** What an attempt may have sent whose end nobody saw, and which is not wanted any more. */
const lost = async (
  works: Works,
  turn: Turn,
  { row, target }: Showing,
): Promise<string | undefined> => {
  if (!turn.suspect || row.by !== undefined || row.user === "") return undefined;
  const { mxid } = await works.ghosts.get(turn.portal.network, row.user);
  const call = { class: "live", as: mxid, signal: turn.signal } as const;
  for (const key of [fullEmoji(row.name), shortcodeOf(row)]) {
    const about = { room: target.room, event: target.event, sender: mxid, key };
    const found = await works.box.homeserver.findAnnotation(about, call);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The same event shows the reaction to another piece of what was one message here. */
const isShared = async (works: Works, row: Assertion): Promise<boolean> => {
  const rows = await works.box.store.read.assertions.byEvent(row.portal, row.event ?? "");
  return rows.some((one) => one.seq !== row.seq && one.value !== null);
};
