import type { JsonObject } from "../matrix/types.ts";
import type { Lane, NewItem, Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { roomLane } from "./control.ts";
import { isMuted } from "./mute.ts";
import { endedStatus, sendStatus } from "./status.ts";
import { say } from "./to-matrix/send.ts";
import type { Handler } from "./turn.ts";
import type { Works } from "./works.ts";

/** What the bot says in a room for a portal that is there no more. */
interface LastWord {
  readonly room: string;
  readonly type: string;
  readonly content: JsonObject;
}

/**
 * In the commit that ends a portal: its room is told of what people said and nobody will try again. It is
 * said before anything else that is to be done with the room, so that the bot is still in it.
 */
export const queueLastWords = async (
  box: Box,
  tx: Repositories,
  { portal, outcomes }: { readonly portal: Portal; readonly outcomes: readonly Outcome[] },
): Promise<readonly Lane[]> => {
  const { room } = portal;
  const said = outcomes.filter(({ origin }) => origin.startsWith("$"));
  if (room === undefined || said.length === 0) return [];
  const lane = roomLane(room);
  const body = lineOf(portal, said);
  const line = { type: "m.room.message", content: { msgtype: "m.notice", body } };
  const words: readonly Omit<LastWord, "room">[] = [
    ...((await isMuted(tx, { room })) ? [] : [line]),
    ...(box.settings.statusEvents ? said : []).map((outcome) => ({
      type: sendStatus,
      content: endedStatus(outcome, portal.network),
    })),
  ];
  const at = box.clock.now();
  for (const [index, word] of words.entries()) {
    const origin = `last:${portal.id}:${index}`;
    const payload = { room, ...word } satisfies LastWord;
    const key = box.keyOf(lane.portal, origin, "");
    const item: NewItem = { lane, rank: 0, origin, kind: "lastWord", payload, at, key };
    await tx.items.add(item);
  }
  return [lane];
};

const lineOf = ({ network }: Portal, outcomes: readonly Outcome[]): string => {
  const open = outcomes.filter(({ state }) => state === "doubtful").length;
  const lost = outcomes.length - open;
  const said = "of your last messages";
  const parts = [
    ...(lost > 0 ? [`${lost} ${said} did not reach ${network}`] : []),
    ...(open > 0 ? [`${open}${lost > 0 ? "" : ` ${said}`} may not have reached ${network}`] : []),
  ];
  return `${parts.join(", and ")}: this chat is not bridged any more. Look there, and say it there if it is missing.`;
};

export const lastWord =
  (works: Works): Handler =>
  async (turn) => {
    const { room, type, content } = turn.item.payload as unknown as LastWord;
    await say(works, turn, { room, as: works.box.homeserver.bot, type, content });
    return { end: "dropped" };
  };
