import type { Millis, NetworkId } from "../adapter/index.ts";
import type { NewItem, Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { outPayload } from "./sent-row.ts";
import { deedOf, duration } from "./sentences.ts";
import type { Turn } from "./turn.ts";

/** Longer than that nobody is left to wonder, in milliseconds. */
const lateAfter: Millis = 30_000;

/** What the bot says about a message: a line of its own, or another text for the line it said before. */
export interface Said {
  readonly about: string | null;
  readonly text: string;
  /** The line that this one takes the place of. */
  readonly instead?: string;
  /** Only as long as the message has not arrived: when it came, and the kind of its item. */
  readonly late?: { readonly since: Millis; readonly kind: string };
}

/**
 * Tells the room of a message of a Matrix user that has not arrived yet, once it has waited for long; the
 * first of its lane only, because those behind it wait for it. Ends without a word when `signal` aborts.
 */
export const tellWhenLate = async (
  box: Box,
  turn: Turn,
  { why, signal }: { readonly why: string; readonly signal: AbortSignal },
): Promise<void> => {
  await box.clock.sleep(Math.max(0, turn.item.at + lateAfter - box.clock.now()), signal);
  if (!signal.aborted) await tellLate(box, turn, why);
};

/** The same, for one that failed and is tried again: only if it has waited for that long already. */
export const tellIfLate = async (box: Box, turn: Turn, why: string): Promise<void> => {
  if (box.clock.now() - turn.item.at >= lateAfter) await tellLate(box, turn, why);
};

const tellLate = async (box: Box, { item, portal }: Turn, why: string): Promise<void> => {
  if (item.lane.direction !== "out" || portal.room === undefined) return;
  const origin = `late:${item.origin}`;
  const key = box.keyOf(portal.id, origin, "");
  const wake = await box.store.commit(async (tx) => {
    const outcome = await tx.outcomes.get(item.origin, portal.id);
    if (outcome?.state !== "retrying" || outcome.notice !== undefined) return false;
    if (await tx.items.byKey(key)) return false;
    if (await tx.ghosts.byMxid(outPayload(item).event.sender)) return false;
    const reason = /[.!?]$/.test(why) ? why : `${why}.`;
    const deed = deedOf(item.kind);
    const text = `Your ${deed} has not reached ${portal.network} yet: ${reason} It is sent as soon as it can be.`;
    const payload: Said = { about: item.origin, text, late: { since: item.at, kind: item.kind } };
    await tx.items.add({
      ...lineIn(portal),
      origin,
      at: box.clock.now(),
      key,
      payload: { ...payload },
    });
    return true;
  });
  if (wake) box.wake({ portal: portal.id, direction: "in" });
};

const lineIn = ({ id }: Portal): Pick<NewItem, "lane" | "rank" | "kind"> => ({
  lane: { portal: id, direction: "in" },
  rank: 1,
  kind: "status",
});

interface Ended {
  readonly outcome: Pick<Outcome, "origin" | "state" | "at">;
  /** What is said where it did not arrive. */
  readonly sentence: string;
  /** When the message came. */
  readonly since: Millis;
  /** There was nothing to do in the end. */
  readonly idle?: true | undefined;
  /** Somebody asked for it to be sent again, so the room was told of it before. */
  readonly again?: boolean | undefined;
}

/** In the commit that ends a message: the line that says it had not arrived says how it ended. */
export const endLate = async (
  box: Box,
  tx: Repositories,
  portal: Portal,
  ended: Ended,
): Promise<NewItem | undefined> => {
  if (!ended.again && ended.outcome.at - ended.since < lateAfter) return undefined;
  const notice = (await tx.outcomes.get(ended.outcome.origin, portal.id))?.notice;
  if (notice === undefined && !ended.again) return undefined;
  const line = endedLine(box, portal, { ...ended, notice });
  await tx.items.add(line);
  return line;
};

/** The line about a message that had not arrived, as it is said at last. */
export const endedLine = (
  box: Box,
  portal: Portal,
  ended: Ended & { readonly notice: string | undefined },
): NewItem => {
  const { outcome, notice } = ended;
  const origin = `late-end:${outcome.origin}`;
  const payload: Said = {
    about: outcome.origin,
    text: endText(portal.network, ended),
    ...(notice === undefined ? {} : { instead: notice }),
  };
  return {
    ...lineIn(portal),
    origin,
    at: outcome.at,
    key: box.keyOf(portal.id, origin, String(outcome.at)),
    payload: { ...payload },
  };
};

const endText = (network: NetworkId, { outcome, sentence, since, idle, again }: Ended): string => {
  if (outcome.state !== "delivered") return sentence;
  if (again && !idle) return `\u2713 It was sent again and reached ${network}.`;
  if (idle) return `\u2713 There was nothing left to do on ${network}.`;
  return `\u2713 It reached ${network} after ${duration(Math.max(0, outcome.at - since))}.`;
};
