import type { MatrixEvent } from "../../matrix/types.ts";
import type { Lane, Outcome, Portal, Repositories } from "../../store/types.ts";
import { putOutcomes } from "../ending.ts";
import type { Tell } from "../ending.ts";
import { outPayload } from "../sent-row.ts";
import { object } from "../to-network/content.ts";
import type { Works } from "../works.ts";
import { sendAgain } from "./act.ts";

const field = "com.beeper.message_send_retry";

/** The event that a client sends again by this one (mautrix: `message_send_retry`). */
const originalOf = ({ type, content }: MatrixEvent): string | undefined => {
  const retry = type === "m.room.message" ? object(content[field]) : undefined;
  const id = retry?.["original_event_id"];
  return typeof id === "string" ? id : undefined;
};

/**
 * In the commit that brings it: a client's own "try again" sends the first event once more, and ends as it
 * does; where that has arrived or is on its way, nothing is sent. Undefined: it is an event like any other.
 */
export const clientTry = async (
  { box }: Works,
  tx: Repositories,
  {
    event,
    portal,
    tell,
  }: { readonly event: MatrixEvent; readonly portal: Portal; readonly tell: Tell },
): Promise<readonly Lane[] | undefined> => {
  const origin = originalOf(event);
  if (origin === undefined) return undefined;
  const rows = await tx.retriables.of(origin, portal.id);
  const own = rows.length > 0 && rows.every((row) => isOf(row, event.sender));
  if (own) return sendAgain(box, tx, { portal, origin, rows, tell, by: event.event_id });
  const before = await tx.outcomes.get(origin, portal.id);
  if (before?.state !== "delivered" && before?.state !== "retrying") return undefined;
  const outcome: Outcome = {
    origin: event.event_id,
    portal: portal.id,
    direction: "out",
    state: "not_bridged",
    code: "cancelled",
    sentence: "what it tries again has arrived, or is on its way.",
    at: box.clock.now(),
    room: portal.room,
    notice: undefined,
  };
  const since = outcome.at;
  const ended = await putOutcomes(box, tx, { portal, outcomes: [outcome], since, event });
  for (const happening of ended.told) tell(happening);
  return ended.lanes;
};

const isOf = (row: Parameters<typeof outPayload>[0], sender: string): boolean =>
  outPayload(row).event.sender === sender;
