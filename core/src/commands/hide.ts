import type { Engine, Turn } from "../engine/index.ts";
import type { Field } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";

/** Said where a secret stands in a room that is not ours to clean. */
export const deleteIt = "I may not delete messages here: delete the one with the secret yourself.";

const secretTypes: readonly Field["type"][] = ["password", "code", "token"];

/** Whether what answers that question is nobody else's to read. */
export const isSecret = ({ secret, type }: Field): boolean =>
  secret === true || secretTypes.includes(type);

/** Long, without a space, of letters and digits: a token that was pasted where none was asked for. */
export const looksSecret = (word: string): boolean =>
  word.length >= 24 && /^[\w.:=+/-]+$/.test(word) && /\d/.test(word) && /[A-Za-z]/.test(word);

/** Secrets that a person typed do not stay in the room. False: we may not take it out. */
export const hide = async (engine: Engine, turn: Turn, event: MatrixEvent): Promise<boolean> => {
  const { box } = engine.works;
  const txn = box.keyOf(turn.item.lane.portal, event.event_id, "secret");
  const target = { room: event.room_id, event: event.event_id, txn, reason: "a secret" };
  try {
    await box.homeserver.redact(target, { class: "live", signal: turn.signal });
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status !== 403) throw error;
    return false;
  }
};
