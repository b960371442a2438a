import type { Millis } from "../adapter/index.ts";
import type { Item, Lane, NewItem, Outcome, Portal, Repositories } from "../store/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Box, Happening } from "./box.ts";
import { endLate } from "./late.ts";
import { endSentence } from "./sentences.ts";
import { aboutOf, outPayload } from "./sent-row.ts";
import { addStatus } from "./status.ts";
import type { Settlement } from "./turn.ts";

/** Events have one outcome per portal: the last piece decides, and a failed piece is not forgotten. */
export const outcomeOf = async (
  box: Box,
  tx: Repositories,
  { item, portal, settlement }: { item: Item; portal: Portal; settlement: Settlement },
): Promise<Outcome | undefined> => {
  if (settlement.end === "dropped" || isUntold(item)) return undefined;
  if (settlement.end === "parked" || settlement.end === "expanded") return undefined;
  const bad = settlement.end !== "delivered";
  if (!bad) {
    if (await hasMore(tx, item)) return undefined;
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

/** What the box itself says about other events, and what it brings a room to by itself. */
export const isUntold = ({ kind, lane }: Item): boolean =>
  untold.has(kind) || lane.direction === "members";

const untold = new Set(["status", "sendStatus", "loginNotice", "offer", "answer"]);

/** Whether other pieces of the same event are still to be done. */
const hasMore = async (tx: Repositories, { id, origin, lane }: Item): Promise<boolean> =>
  (await tx.items.ofOrigin(origin)).some(
    (other) =>
      other.id !== id &&
      other.lane.portal === lane.portal &&
      other.lane.direction === lane.direction,
  );

/** What comes of an end once it is durable. */
export interface Ending {
  readonly told: readonly Happening[];
  readonly lanes: readonly Lane[];
  /** The room was told that it had not arrived, and is told there how it ended. */
  readonly late: boolean;
}

/** Takes what is to be told once the commit is durable. */
export type Tell = (happening: Happening) => void;

/** Nobody waits for it. */
export const nothingTold: Ending = { told: [], lanes: [], late: false };

interface Ended {
  readonly item: Item;
  readonly portal: Portal;
  readonly outcome: Outcome;
  /** There was nothing to do in the end. */
  readonly idle?: true;
}

/**
 * In the commit that ends an item: the outcome of its event, and of the edits that it swallowed while it
 * waited, for everybody who is told of it.
 */
export const writeEnd = async (box: Box, tx: Repositories, ended: Ended): Promise<Ending> => {
  const { item, portal, outcome } = ended;
  const outcomes = [item.origin, ...swallowedBy(item)].map((origin) => ({ ...outcome, origin }));
  const since = item.at;
  const { event, lastTry } = item.lane.direction === "out" ? outPayload(item) : nothing;
  const by = item.lane.direction === "out" ? event?.sender : senderOf(item);
  const put = { portal, outcomes, since, event, lastTry, by };
  const { told, lanes } = await putOutcomes(box, tx, put);
  const late = await endLateOf(box, tx, ended);
  return { told, lanes: late ? [...lanes, late.lane] : lanes, late: late !== undefined };
};

interface Put {
  readonly portal: Portal;
  readonly outcomes: readonly Outcome[];
  readonly since: Millis;
  /** What ended; an edit that was swallowed is as what it changed. Undefined: it came from a network. */
  readonly event: MatrixEvent | undefined;
  /** The event by which a client tried it again the last time. */
  readonly lastTry?: string | undefined;
  /** Who did it just now. */
  readonly by?: string | undefined;
}

/** In the commit that ends what was accepted at `since`: how it ended, for everybody who is told of it. */
export const putOutcomes = async (
  box: Box,
  tx: Repositories,
  { portal, outcomes, since, event, lastTry, by }: Put,
): Promise<Ending> => {
  const told: Happening[] = [];
  const lanes: Lane[] = [];
  for (const outcome of outcomes) {
    const status = await addStatus(box, tx, portal, { outcome, lastTry });
    if (status) lanes.push(status);
    await tx.outcomes.put(outcome);
    const took = Math.max(0, outcome.at - since);
    told.push({ what: "outcome", outcome, took, about: event && aboutOf(event), by });
  }
  return { told, lanes, late: false };
};

const nothing = { event: undefined, lastTry: undefined };

/** Of what a network brings; who said what a gap is healed with said it long ago. */
const senderOf = ({ rank, payload }: Item): string | undefined => {
  if (rank === 0 || typeof payload !== "object" || payload === null) return undefined;
  return "sender" in payload && typeof payload["sender"] === "string"
    ? payload["sender"]
    : undefined;
};

const swallowedBy = (item: Item): readonly string[] =>
  item.lane.direction === "out" ? (outPayload(item).also ?? []) : [];

/** Says how a message ended of which the room was told that it had not arrived. */
const endLateOf = async (
  box: Box,
  tx: Repositories,
  { item, portal, outcome, idle }: Ended,
): Promise<NewItem | undefined> => {
  if (item.lane.direction !== "out") return undefined;
  const sentence = endSentence(portal.network, item.kind, outcome);
  const again = outPayload(item).again !== undefined;
  return endLate(box, tx, portal, { outcome, sentence, since: item.at, idle, again });
};

/**
 * In the commit that drops an item: what nobody waits for has no outcome, but where it was told that it
 * waits, it is told too that it waits no more.
 */
export const endRetrying = async (
  box: Box,
  tx: Repositories,
  { item, portal }: { item: Item; portal: Portal },
): Promise<Ending> => {
  const before = await tx.outcomes.get(item.origin, item.lane.portal);
  if (before?.state !== "retrying" || (await hasMore(tx, item))) return nothingTold;
  const done = { state: "delivered", code: undefined, sentence: undefined } as const;
  const outcome = { ...before, ...done, at: box.clock.now() };
  return writeEnd(box, tx, { item, portal, outcome, idle: true });
};
