import type { EditEvent, Part } from "../../adapter/index.ts";
import type { MessageRow } from "../../store/types.ts";
import { wordsHash, wordsIn } from "../own-words.ts";
import type { Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { ownLogin, sendingUntil, untilSent } from "./echo.ts";

/**
 * Our own edit, as another login or the same one sees it on the network: it is there on Matrix
 * already. By an account of the box nobody else edits; a person may also have edited on another
 * device, which the words tell. What was shown as said by the person they can edit in both places.
 */
export const ownEdit = async (
  works: Works,
  turn: Turn,
  { event, row, part }: { event: EditEvent; row: MessageRow; part: Part },
): Promise<Settlement | undefined> => {
  const own = await ownLogin(works, turn.portal, event.sender);
  if (own === undefined) return undefined;
  if (row.from === "matrix" && own.owner === undefined) return { end: "dropped" };
  if (row.from !== "matrix" && row.sender !== own.owner) return undefined;
  const until = await sendingUntil(works, turn);
  if (until !== undefined) return untilSent(turn, until);
  // Read again: an edit of ours that ended before that question has written its words down.
  const rows = await works.box.store.read.messages.byRemote(turn.portal.id, event.id);
  const now = rows.find((one) => one.event === row.event) ?? row;
  return now.content === wordsHash(wordsIn(part)) ? { end: "dropped" } : undefined;
};
