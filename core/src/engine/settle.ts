import type { ErrorCode, NetworkId } from "../adapter/index.ts";
import type { Item, Lane, NewItem, Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { endLate, tellIfLate } from "./late.ts";
import type { Parked } from "./parked.ts";
import { Gone } from "./turn.ts";
import { outPayload } from "./sent-row.ts";
import { deedOf } from "./sentences.ts";
import { addStatus } from "./status.ts";
import type { Settlement, Turn } from "./turn.ts";

interface Settling {
  readonly item: Item;
  readonly portal: Portal;
  readonly settlement: Settlement;
  readonly claimed: boolean;
}

/**
 * Writes the end of an item, its outcome and the notice about it in one commit.
 * @throws Gone when the item was settled or changed elsewhere since it was read.
 */
export const settle = async (
  box: Box,
  parked: Parked,
  { item, portal, settlement, claimed }: Settling,
): Promise<void> => {
  if (settlement.end === "parked") {
    const { key, until, still } = settlement;
    await box.store.commit(async (tx) => {
      await demandAsRead(tx, item, claimed);
      if ((await still?.(tx)) ?? true) await parked.park(tx, item.id, { key, until });
    });
    return;
  }
  if (settlement.end === "expanded") {
    await box.store.commit(async (tx) => {
      await demandAsRead(tx, item, claimed);
      const { into } = settlement;
      await tx.items.expand(item.id, typeof into === "function" ? await into(tx) : into);
    });
    box.observe({ what: "depth", lane: item.lane });
    return;
  }
  const told = await box.store.commit(async (tx) => {
    await demandAsRead(tx, item, claimed);
    await settlement.write?.(tx);
    if (settlement.end === "dropped" && (await settlement.keep?.(tx))) {
      await tx.items.wait(item.id, { until: box.clock.now(), why: "more to do", sure: true });
      return { outcome: undefined, notice: undefined, lanes: [] };
    }
    await tx.items.done(item.id);
    const outcome = await outcomeOf(box, tx, { item, portal, settlement });
    const status = outcome && (await addStatus(box, tx, portal, outcome));
    if (outcome) await putOutcome(tx, item, outcome);
    else if (settlement.end === "dropped") await endRetrying(tx, item);
    const quiet = "quiet" in settlement && settlement.quiet;
    const late = outcome && (await endLateOf(box, tx, { item, portal, outcome }));
    const fresh = outcome && !late && !quiet ? noticeOf(box, { item, portal, outcome }) : undefined;
    if (fresh) await tx.items.add(fresh);
    const notice = late ?? fresh;
    const lanes = await parked.wake(tx, wakesOf(item, settlement));
    const more = settlement.end === "delivered" ? await settlement.queue?.(tx) : undefined;
    return { outcome, notice, lanes: [...lanes, ...(more ?? []), ...(status ? [status] : [])] };
  });
  for (const lane of told.lanes) box.wake(lane);
  if (told.notice) box.wake(told.notice.lane);
  if (told.outcome)
    box.observe({ what: "outcome", outcome: told.outcome, took: box.clock.now() - item.at });
  else box.observe({ what: "depth", lane: item.lane });
};

/** What nobody waits for has no outcome; only that it was tried again was told, and is so no more. */
export const endRetrying = async (tx: Repositories, { origin, lane }: Item): Promise<void> => {
  const before = await tx.outcomes.get(origin, lane.portal);
  if (before?.state === "retrying")
    await tx.outcomes.put({ ...before, state: "delivered", code: undefined, sentence: undefined });
};

/** Of the event, and of the edits that it swallowed while it waited. */
export const putOutcome = async (tx: Repositories, item: Item, outcome: Outcome): Promise<void> => {
  const also = item.lane.direction === "out" ? (outPayload(item).also ?? []) : [];
  for (const origin of [item.origin, ...also]) await tx.outcomes.put({ ...outcome, origin });
};

/** An edit may have taken the place of what was read, or a deletion may have cancelled it. */
const demandAsRead = async (tx: Repositories, item: Item, claimed: boolean): Promise<void> => {
  const row = await tx.items.get(item.id);
  if (row === undefined) throw new Gone();
  if (claimed || item.lane.direction !== "out") return;
  if (JSON.stringify(row.payload) !== JSON.stringify(item.payload)) throw new Gone();
};

/** Whoever waits for a send of this portal to end, and whatever the settlement made. */
const wakesOf = (item: Item, settlement: Settlement): readonly string[] => [
  ...(item.lane.direction === "out" ? [afterSend(item.lane.portal)] : []),
  ...(settlement.end === "delivered" ? (settlement.wakes ?? []) : []),
];

/** The wait key of an own-account event that may be the echo of a running send. */
export const afterSend = (portal: number): string => `out:${portal}`;

/** Events have one outcome per portal: the last piece decides, and a failed piece is not forgotten. */
export const outcomeOf = async (
  box: Box,
  tx: Repositories,
  { item, portal, settlement }: Omit<Settling, "claimed">,
): Promise<Outcome | undefined> => {
  if (settlement.end === "dropped" || untold.has(item.kind) || item.lane.direction === "members")
    return undefined;
  if (settlement.end === "parked" || settlement.end === "expanded") return undefined;
  const bad = settlement.end !== "delivered";
  if (!bad) {
    const rest = await tx.items.ofOrigin(item.origin);
    if (rest.some((other) => sameLane(other, item))) return undefined;
    const before = await tx.outcomes.get(item.origin, portal.id);
    if (before && before.state !== "retrying") return undefined;
  }
  return {
    origin: item.origin,
    portal: portal.id,
    direction: item.lane.direction,
    state: settlement.end,
    code: bad ? settlement.code : undefined,
    sentence: bad ? settlement.sentence : undefined,
    at: box.clock.now(),
    room: portal.room,
    notice: undefined,
  };
};

/** What the box itself says about other events. */
const untold = new Set(["status", "sendStatus", "loginNotice"]);

const sameLane = (a: Item, b: Item): boolean =>
  a.id !== b.id && a.lane.portal === b.lane.portal && a.lane.direction === b.lane.direction;

/** Says how a message ended of which the room was told that it had not arrived. */
export const endLateOf = (
  box: Box,
  tx: Repositories,
  { item, portal, outcome }: { item: Item; portal: Portal; outcome: Outcome },
): Promise<NewItem | undefined> =>
  item.lane.direction === "out"
    ? endLate(box, tx, portal, {
        outcome,
        sentence: sentenceOf(portal.network, item.kind, outcome),
        since: item.at,
      })
    : Promise.resolve(undefined);

/** A line in the room about what did not go well; itself durable, so it comes through an outage. */
const noticeOf = (
  box: Box,
  { item, portal, outcome }: { item: Item; portal: Portal; outcome: Outcome },
): NewItem | undefined => {
  if (outcome.state === "delivered" || outcome.state === "retrying") return undefined;
  if (outcome.code === "cancelled" || portal.room === undefined) return undefined;
  const origin = `status:${item.origin}:${item.sub}`;
  return {
    lane: { portal: portal.id, direction: "in" },
    rank: 1,
    origin,
    kind: "status",
    at: outcome.at,
    key: box.keyOf(portal.id, origin, String(outcome.at)),
    payload: {
      about: item.lane.direction === "out" ? item.origin : null,
      text: sentenceOf(portal.network, item.kind, outcome),
    },
  };
};

const sentenceOf = (network: NetworkId, kind: string, outcome: Outcome): string => {
  const why = outcome.sentence ?? "";
  if (outcome.direction === "in") return `A message from ${network} is not shown here: ${why}`;
  const deed = deedOf(kind);
  return outcome.state === "doubtful"
    ? `Your ${deed} may not have been delivered to ${network}: ${why}`
    : `Your ${deed} did not reach ${network}: ${why}`;
};

/** How long an item is kept, and what is said about it. */
export interface Hold {
  readonly until: number;
  readonly why: string;
  readonly sure: boolean;
  readonly code: ErrorCode;
}

/** Keeps the item for later, and says so where somebody looks. */
export const postpone = async (box: Box, turn: Turn, hold: Hold): Promise<void> => {
  const outcome = retrying(box, turn, hold);
  const told = turn.item.lane.direction !== "members";
  const { kept, status } = await box.store.commit(async (tx) => {
    if ((await tx.items.get(turn.item.id)) === undefined) return { kept: false, status: undefined };
    await tx.items.wait(turn.item.id, hold);
    return { kept: true, status: told ? await putRetrying(box, tx, turn, outcome) : undefined };
  });
  if (status) box.wake(status);
  if (kept && told) box.observe({ what: "outcome", outcome, took: 0 });
  if (kept) await tellIfLate(box, turn, hold.why);
};

/** A message that waits at a gate says why, once. */
export const tellRetrying = async (box: Box, turn: Turn, why: string): Promise<void> => {
  if (turn.item.why === why) return;
  const outcome = retrying(box, turn, { why, code: "network" });
  const status = await box.store.commit((tx) => putRetrying(box, tx, turn, outcome));
  box.observe({ what: "outcome", outcome, took: 0 });
  if (status) box.wake(status);
};

const putRetrying = async (
  box: Box,
  tx: Repositories,
  { portal }: Turn,
  outcome: Outcome,
): Promise<Lane | undefined> => {
  const status = await addStatus(box, tx, portal, outcome);
  await tx.outcomes.put(outcome);
  return status;
};

const retrying = (
  box: Box,
  { item, portal }: Turn,
  { why, code }: Pick<Hold, "why" | "code">,
): Outcome => ({
  origin: item.origin,
  portal: portal.id,
  direction: item.lane.direction,
  state: "retrying",
  code,
  sentence: why,
  at: box.clock.now(),
  room: portal.room,
  notice: undefined,
});
