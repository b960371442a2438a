import type { DeleteEvent } from "../../adapter/index.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import type { MessageRow } from "../../store/types.ts";
import { awaitTarget } from "../await-target.ts";
import { forgetPiece } from "../gone.ts";
import type { Handler, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { sendingUntil, untilSent } from "./echo.ts";
import { isOfPart } from "./parts.ts";
import { takeOut } from "./take-out.ts";

/** What of ours deletes messages of a network: an edit may leave pieces over. */
const deleting = ["remove", "edit"];

/**
 * A remote delete redacts every piece of the message; a redaction is checked before it is repeated.
 * It may be the echo of a delete of ours that is under way, and waits for that to end.
 */
export const deleteToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as DeleteEvent;
    if (event.for === "me") return { end: "dropped" };
    const { suspect } = turn;
    // Asked first: what of ours ends between the two questions has taken the rows away before the second.
    const until = await sendingUntil(works, turn, deleting);
    const rows = await piecesOf(works, turn, event);
    const [id] = event.ids;
    // The last attempt came to its end, and was not written down.
    if (rows.length === 0 && suspect) return { end: "delivered" };
    if (rows.length === 0) {
      return id === undefined ? { end: "dropped" } : awaitTarget(works, turn, id);
    }
    if (until !== undefined) return untilSent(turn, until, deleting);
    await works.box.failpoint("in.before-claim");
    await turn.claim();
    await works.box.failpoint("in.before-call");
    for (const row of rows) await redact(works, turn, { row, suspect });
    return { end: "delivered" };
  };

const piecesOf = async (
  works: Works,
  turn: Turn,
  event: DeleteEvent,
): Promise<readonly MessageRow[]> => {
  const rows: MessageRow[] = [];
  for (const id of event.ids)
    rows.push(...(await works.box.store.read.messages.byRemote(turn.portal.id, id)));
  const { parts } = event;
  return rows.filter((row) => parts?.some((part) => isOfPart(row.part, part)) ?? true);
};

/**
 * A ghost takes back what it said, or the bot once it is out; in a room in which the chat was before the bot
 * first, who stayed there. Of what a real user said the bot does, or they do where it may not.
 */
const speakersOf = async (
  works: Works,
  { portal }: Turn,
  { from, room, sender }: MessageRow,
): Promise<readonly (string | undefined)[]> => {
  if (from === "matrix") return [undefined];
  if (works.isInNamespace(sender))
    return room === portal.room ? [sender, undefined] : [undefined, sender];
  return (await works.puppets.isPuppet(works.box.store.read, sender))
    ? [undefined, sender]
    : [undefined];
};

const redact = async (
  works: Works,
  turn: Turn,
  { row, suspect }: { row: MessageRow; suspect: boolean },
): Promise<void> => {
  const { box } = works;
  const [first, ...more] = await speakersOf(works, turn, row);
  const call = { class: "live", as: first, signal: turn.signal } as const;
  if (!suspect || !(await box.homeserver.isRedacted(row.room, row.event, call))) {
    const txn = box.keyOf(turn.portal.id, `${turn.item.origin}:${row.event}`, "redaction");
    const { room, event, sender } = row;
    const isForeign = row.from === "remote" && works.puppets.isAbroad(sender);
    const isMeant = isForeign ? (one: MatrixEvent) => one.sender === sender : undefined;
    await takeOut(works, turn, { room, event, txn, as: [first, ...more], isMeant });
  }
  await box.failpoint("in.after-call");
  await box.store.commit((tx) => forgetPiece(box, tx, row));
};
