import type { ErrorCode } from "../adapter/index.ts";
import type { Item, Lane, NewItem, Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { keepRetriable } from "./again/keep.ts";
import { endRetrying, isUntold, nothingTold, outcomeOf, writeEnd } from "./ending.ts";
import type { Ending } from "./ending.ts";
import { tellIfLate } from "./late.ts";
import { takeBack } from "./take-back.ts";
import type { Parked } from "./parked.ts";
import { aboutItem } from "./sent-row.ts";
import { Gone } from "./turn.ts";
import { endSentence } from "./sentences.ts";
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
    const { key, until, still, isBounded } = settlement;
    await box.store.commit(async (tx) => {
      await demandAsRead(tx, item, claimed);
      parked.note(key);
      if ((await still?.(tx)) ?? true) await parked.park(tx, item.id, { key, until });
    });
    if (isBounded) parked.waits(portal.network, item.id, until);
    await parked.tidy(box.store);
    return;
  }
  parked.waitsNoMore(portal.network, item.id);
  if (settlement.end === "expanded") {
    await box.store.commit(async (tx) => {
      await demandAsRead(tx, item, claimed);
      const { into } = settlement;
      await tx.items.expand(item.id, typeof into === "function" ? await into(tx) : into);
    });
    box.observe({ what: "depth", lane: item.lane });
    return;
  }
  const done = await box.store.commit(async (tx) => {
    const row = await demandAsRead(tx, item, claimed);
    await settlement.write?.(tx);
    if (settlement.end === "dropped" && (await settlement.keep?.(tx))) {
      await tx.items.goOn(item.id);
      return { told: [], lanes: [] };
    }
    await tx.items.done(item.id);
    const outcome = await outcomeOf(box, tx, { item, portal, settlement });
    const ending = await ended(box, tx, { item, portal, settlement, outcome });
    const quiet = "quiet" in settlement && settlement.quiet;
    const again = "again" in settlement && settlement.again;
    if (outcome && !quiet) await keepRetriable(box, tx, { item: row, portal, outcome, again });
    const fresh = outcome && !ending.late && !quiet;
    const notice = fresh ? noticeOf(box, { item, portal, outcome }) : undefined;
    if (notice) await tx.items.add(notice);
    const undone = await takeBack(box, tx, { item, portal, outcome });
    const woken = await parked.wake(tx, wakesOf(item, settlement));
    const more = "queue" in settlement ? await settlement.queue?.(tx) : undefined;
    const lanes = [...woken, ...(more ?? []), ...ending.lanes, ...undone];
    return { told: ending.told, lanes: notice ? [...lanes, notice.lane] : lanes };
  });
  for (const lane of done.lanes) box.wake(lane);
  for (const happening of done.told) box.observe(happening);
  if (done.told.length === 0) box.observe({ what: "depth", lane: item.lane });
};

const ended = async (
  box: Box,
  tx: Repositories,
  { outcome, settlement, ...of }: Omit<Settling, "claimed"> & { outcome: Outcome | undefined },
): Promise<Ending> => {
  if (outcome) return writeEnd(box, tx, { ...of, outcome });
  return settlement.end === "dropped" ? endRetrying(box, tx, of) : nothingTold;
};

/** An edit may have taken the place of what was read, or a deletion may have cancelled it. */
const demandAsRead = async (tx: Repositories, item: Item, claimed: boolean): Promise<Item> => {
  const row = await tx.items.get(item.id);
  if (row === undefined) throw new Gone();
  if (claimed || item.lane.direction !== "out") return row;
  if (JSON.stringify(row.payload) !== JSON.stringify(item.payload)) throw new Gone();
  return row;
};

/** Whoever waits for a send of this portal to end, and whatever the settlement made. */
const wakesOf = (item: Item, settlement: Settlement): readonly string[] => [
  ...(item.lane.direction === "out" ? [afterSend(item.lane.portal)] : []),
  ...(settlement.end === "delivered" ? (settlement.wakes ?? []) : []),
];

/** The wait key of an own-account event that may be the echo of a running send. */
export const afterSend = (portal: number): string => `out:${portal}`;

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
      text: endSentence(portal.network, item.kind, outcome),
    },
  };
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
  const told = !isUntold(turn.item);
  const { kept, status } = await box.store.commit(async (tx) => {
    if ((await tx.items.get(turn.item.id)) === undefined) return { kept: false, status: undefined };
    await tx.items.wait(turn.item.id, hold);
    return { kept: true, status: told ? await putRetrying(box, tx, turn, outcome) : undefined };
  });
  if (status) box.wake(status);
  if (kept && told) box.observe({ what: "outcome", outcome, took: 0, about: aboutItem(turn.item) });
  if (kept) await tellIfLate(box, turn, hold.why);
};

/** A message that waits at a gate says why, once. */
export const tellRetrying = async (box: Box, turn: Turn, why: string): Promise<void> => {
  if (turn.item.why === why) return;
  const outcome = retrying(box, turn, { why, code: "network" });
  const status = await box.store.commit((tx) => putRetrying(box, tx, turn, outcome));
  box.observe({ what: "outcome", outcome, took: 0, about: aboutItem(turn.item) });
  if (status) box.wake(status);
};

const putRetrying = async (
  box: Box,
  tx: Repositories,
  { portal }: Turn,
  outcome: Outcome,
): Promise<Lane | undefined> => {
  const status = await addStatus(box, tx, portal, { outcome });
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
