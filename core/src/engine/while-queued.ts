import type { ErrorCode } from "../adapter/index.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Item, Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { nothingTold, putOutcomes } from "./ending.ts";
import type { Ending } from "./ending.ts";
import { endLate } from "./late.ts";
import { outPayload } from "./sent-row.ts";

/** An edit or a redaction of something that may still be queued. */
export interface Change {
  readonly event: MatrixEvent;
  readonly portal: Portal;
  /** The event that it changes. */
  readonly about: string;
  readonly redacted: boolean;
}

/**
 * What changes a message that is still queued: an edit takes its place, a redaction cancels it. One
 * that is being tried is left alone; the change stands behind it in the lane. Undefined: nothing was done.
 */
export const whileQueued = async (
  box: Box,
  tx: Repositories,
  change: Change,
): Promise<Ending | undefined> => {
  const { event, portal, about, redacted } = change;
  const queued = (await tx.items.ofOrigin(about)).filter(
    (item) =>
      item.lane.portal === portal.id &&
      item.lane.direction === "out" &&
      (item.kind === "message" || (redacted && item.kind === "reaction")),
  );
  const [first] = queued;
  if (first === undefined || queued.some(isTried)) return undefined;
  const payload = outPayload(first);
  if (redacted) {
    for (const item of queued) await tx.items.done(item.id);
    const why = { code: "cancelled", sentence: "it was deleted before it was sent." } as const;
    const outcome = ended(box, portal, { origin: about, why });
    const swallowed = (payload.also ?? []).map((origin) => ({ ...outcome, origin }));
    const outcomes = [outcome, ...swallowed];
    const of = { portal, outcomes, since: first.at, event: payload.event };
    const cancelled = await putOutcomes(box, tx, of);
    const done = [ended(box, portal, { origin: event.event_id })];
    const deleted = await putOutcomes(box, tx, {
      portal,
      outcomes: done,
      since: outcome.at,
      event,
    });
    const sentence = `It was deleted before it was sent to ${portal.network}.`;
    const late = await endLate(box, tx, portal, { outcome, sentence, since: first.at });
    return {
      told: [...cancelled.told, ...deleted.told],
      lanes: [...cancelled.lanes, ...deleted.lanes, ...(late ? [late.lane] : [])],
      late: late !== undefined,
    };
  }
  if (payload.event.sender !== event.sender) {
    const why = { code: "forbidden", sentence: "only its author can change a message." } as const;
    const outcomes = [ended(box, portal, { origin: event.event_id, why })];
    return putOutcomes(box, tx, { portal, outcomes, since: box.clock.now(), event });
  }
  if (queued.length > 1 || first.draft !== undefined) return undefined;
  const content = newContent(event) ?? payload.event.content;
  const changed = {
    event: { ...payload.event, content: { ...content } },
    also: [...(payload.also ?? []), event.event_id],
  };
  await tx.items.replacePayload(first.id, changed);
  return nothingTold;
};

const isTried = (item: Item): boolean => item.state === "trying" || item.sub > 0;

const newContent = (event: MatrixEvent): MatrixEvent["content"] | undefined => {
  const content = event.content["m.new_content"];
  return content !== null && typeof content === "object" && !Array.isArray(content)
    ? (content as MatrixEvent["content"])
    : undefined;
};

/** How something ended that never was an item of its own; without a reason it was done. */
const ended = (
  box: Box,
  portal: Portal,
  { origin, why }: { origin: string; why?: { code: ErrorCode; sentence: string } },
): Outcome => ({
  origin,
  portal: portal.id,
  direction: "out",
  state: why === undefined ? "delivered" : "not_bridged",
  code: why?.code,
  sentence: why?.sentence,
  at: box.clock.now(),
  room: portal.room,
  notice: undefined,
});
