import { mayPlumb } from "../../matrix/rooms.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import { isRefusal } from "../refusal.ts";
import type { Lane, NewItem, Repositories } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import { outPayload } from "../sent-row.ts";
import { reactionOf } from "../to-network/reaction.ts";
import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";
import { act } from "./act.ts";
import { redact } from "./offers.ts";
import { answerOf } from "./worth.ts";
import type { Answer } from "./worth.ts";

interface Answered {
  readonly event: MatrixEvent;
  readonly about: string;
  readonly answer: Answer;
}

/**
 * In the commit that brings a reaction: one that answers the bot's line about a message is for us, not for
 * the network. Undefined: it is none.
 */
export const routeAnswer = async (
  works: Works,
  tx: Repositories,
  { event, at }: { readonly event: MatrixEvent; readonly at: number },
): Promise<Lane | undefined> => {
  const said = reactionOf(event);
  const answer = said && answerOf(said.key);
  if (said === undefined || answer === undefined || works.isInNamespace(event.sender))
    return undefined;
  const outcome = await tx.outcomes.byNotice(said.about);
  if (outcome === undefined || outcome.room !== event.room_id) return undefined;
  const lane: Lane = { portal: outcome.portal, direction: "in" };
  const origin = `answer:${event.event_id}`;
  const payload: Answered = { event, about: outcome.origin, answer };
  const key = works.box.keyOf(outcome.portal, origin, "");
  const item: NewItem = {
    lane,
    rank: 1,
    origin,
    kind: "answer",
    payload: asJson(payload),
    at,
    key,
  };
  await tx.items.add(item);
  return lane;
};

/** Does what was answered, if whoever did may; the answer itself is taken out, so that it can be given again. */
export const answered =
  (works: Works): Handler =>
  async (turn) => {
    const { event, about, answer } = turn.item.payload as unknown as Answered;
    const { portal, signal } = turn;
    const asked = { room: event.room_id, who: event.sender, origin: about, signal };
    if (!(await mayAnswer(works, asked))) return { end: "dropped" };
    await redact(works, turn, { room: event.room_id, event: event.event_id });
    await act(works, { portal, origin: about, answer, by: event.event_id });
    return { end: "dropped" };
  };

/** Only whoever said it, an admin of the box, or who may change the room's settings answers for a message. */
export const mayAnswer = async (
  works: Works,
  {
    room,
    who,
    origin,
    signal,
  }: {
    readonly room: string;
    readonly who: string;
    readonly origin: string;
    readonly signal: AbortSignal;
  },
): Promise<boolean> => {
  const { box } = works;
  const rows = await box.store.read.retriables.of(origin);
  if (rows.some((row) => outPayload(row).event.sender === who)) return true;
  if (rows.length === 0) return false;
  if (box.settings.permits(who, "admin")) return true;
  const call = { class: "live", signal } as const;
  try {
    const levels = await box.homeserver.getState(
      { room, type: "m.room.power_levels", key: "" },
      call,
    );
    return mayPlumb(who, levels, await box.homeserver.getCreation(room, call));
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
};
