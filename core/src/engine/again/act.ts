import type { ErrorCode } from "../../adapter/index.ts";
import type { Lane, Outcome, Portal, Repositories, Retriable } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import type { Box } from "../box.ts";
import { putOutcomes } from "../ending.ts";
import type { Tell } from "../ending.ts";
import { outPayload } from "../sent-row.ts";
import type { OutPayload } from "../sent-row.ts";
import { commitTelling } from "../telling.ts";
import type { Works } from "../works.ts";
import { keepSeen } from "./seen.ts";
import { queueOffers } from "./offers.ts";
import type { Answer } from "./worth.ts";

/** What somebody wants of what became of an event in a portal. */
export interface Asked {
  readonly portal: Portal;
  readonly origin: string;
  readonly answer: Answer;
  /** The event by which it was asked: it acts once, however often it is read. */
  readonly by: string;
}

/**
 * Does it in one commit. False: nothing of it waits for an answer, or not for that one.
 */
export const act = async (works: Works, asked: Asked): Promise<boolean> => {
  const { box } = works;
  const { portal, origin, answer, by } = asked;
  let done = false;
  const announce = await commitTelling(box, async (tx, tell) => {
    done = !(await tx.seen.add(portal.id, `answer:${by}`, box.clock.now()));
    if (done) return [];
    const rows = await tx.retriables.of(origin, portal.id);
    if (rows.length === 0) return [];
    if (answer === "arrived" && !rows.every(({ doubtful }) => doubtful)) return [];
    done = true;
    return answer === "again"
      ? sendAgain(box, tx, { portal, origin, rows, tell })
      : settled(box, tx, { portal, origin, rows, tell, says: arrivedText(portal), why: seenThere });
  });
  announce();
  return done;
};

const seenThere = "somebody here saw it there.";

/** Whether that is all that is known of it: what it is called there nobody can tell. */
export const isSeenOnly = ({ state, sentence }: Pick<Outcome, "state" | "sentence">): boolean =>
  state === "delivered" && sentence === seenThere;

const arrivedText = ({ network }: Portal): string => `\u2713 It reached ${network}: ${seenThere}`;

interface Doing {
  readonly portal: Portal;
  readonly origin: string;
  readonly rows: readonly Retriable[];
  readonly tell: Tell;
}

/**
 * In the caller's commit: the pieces stand in their lane again, as the same person, with the keys they had.
 * `by`: an event that stands for this try with clients; it ends as it does.
 */
export const sendAgain = async (
  box: Box,
  tx: Repositories,
  { portal, origin, rows, tell, by }: Doing & { readonly by?: string },
): Promise<readonly Lane[]> => {
  const lane: Lane = { portal: portal.id, direction: "out" };
  const at = box.clock.now();
  for (const { key, kind, sub, draft, doubtful, ...row } of rows) {
    await tx.retriables.remove(key);
    if ((await tx.items.byKey(key)) !== undefined) continue;
    const payload = again(outPayload(row), { doubtful, by });
    const tried = { attempt: row.attempt, firstAt: row.firstAt, notes: row.notes };
    const item = { lane, rank: 1, origin, kind, payload: asJson(payload), at, key, sub } as const;
    await tx.items.add({ ...item, tried, ...(draft && { draft }) });
  }
  const outcome = outcomeAs(box, { portal, origin }, "retrying", "it is sent again.");
  const said = await say(box, tx, { portal, origin, text: againText(portal) });
  return [lane, said, ...(await put(box, tx, { portal, rows, tell, outcome, by }))];
};

const againText = ({ network }: Portal): string => `It is being sent to ${network} again.`;

const again = (
  { event, also = [], lastTry }: OutPayload,
  { doubtful, by }: { readonly doubtful: boolean; readonly by: string | undefined },
): OutPayload => ({
  event,
  ...(by !== undefined || also.length > 0
    ? { also: [...new Set([...also, ...(by === undefined ? [] : [by])])] }
    : {}),
  ...((by ?? lastTry) === undefined ? {} : { lastTry: by ?? lastTry }),
  again: doubtful ? "doubtful" : "failed",
});

interface Settled {
  readonly says: string;
  /** By what that is known, where it is not the network's word. */
  readonly why?: string;
}

/** In the caller's commit: it is there, and everybody who was told otherwise is told so. */
export const settled = async (
  box: Box,
  tx: Repositories,
  { portal, origin, rows, tell, says, why }: Doing & Settled,
): Promise<readonly Lane[]> => {
  for (const row of rows)
    if (why === undefined) await tx.retriables.remove(row.key);
    else await keepSeen(tx, row);
  const more = (await tx.items.ofOrigin(origin)).some(({ lane }) => lane.portal === portal.id);
  const outcome = more
    ? outcomeAs(box, { portal, origin }, "retrying", "the rest of it is on its way.")
    : outcomeAs(box, { portal, origin }, "delivered", why);
  const said = await say(box, tx, { portal, origin, text: says });
  return [said, ...(await put(box, tx, { portal, rows, tell, outcome }))];
};

/** In the commit that brings a deletion: what was deleted is not sent any more, and nobody is asked. */
export const withdraw = async (
  box: Box,
  tx: Repositories,
  { portal, origin }: Pick<Doing, "portal" | "origin">,
): Promise<readonly Lane[]> => {
  const rows = await tx.retriables.of(origin, portal.id);
  if (rows.length === 0) return [];
  for (const { key } of rows) await tx.retriables.remove(key);
  const { network } = portal;
  const text = rows.some(({ doubtful }) => doubtful)
    ? `It was deleted here. If it reached ${network}, delete it there too.`
    : `It was deleted before it reached ${network}.`;
  return [await say(box, tx, { portal, origin, text })];
};

const outcomeAs = (
  box: Box,
  { portal, origin }: Pick<Doing, "portal" | "origin">,
  state: "retrying" | "delivered",
  sentence?: string,
): Outcome => ({
  origin,
  portal: portal.id,
  direction: "out",
  state,
  code: undefined satisfies ErrorCode | undefined,
  sentence,
  at: box.clock.now(),
  room: portal.room,
  notice: undefined,
});

const put = async (
  box: Box,
  tx: Repositories,
  {
    portal,
    rows,
    tell,
    outcome,
    by,
  }: Omit<Doing, "origin"> & { readonly outcome: Outcome; readonly by?: string | undefined },
): Promise<readonly Lane[]> => {
  const payloads = rows.map(outPayload);
  const also = [...payloads.flatMap((payload) => payload.also ?? []), ...(by ? [by] : [])];
  const lastTry = by ?? payloads[0]?.lastTry;
  const outcomes = [...new Set([outcome.origin, ...also])].map((origin) => ({
    ...outcome,
    origin,
  }));
  const { told, lanes } = await putOutcomes(box, tx, {
    portal,
    outcomes,
    since: outcome.at,
    event: payloads[0]?.event,
    lastTry,
  });
  for (const happening of told) tell(happening);
  return [...lanes, ...(await queueOffers(box, tx, portal, outcome.origin))];
};

/** The bot's line about the event says that from now on; where there is none, it says it in a new one. */
const say = async (
  box: Box,
  tx: Repositories,
  { portal, origin: about, text }: Pick<Doing, "portal" | "origin"> & { readonly text: string },
): Promise<Lane> => {
  const lane: Lane = { portal: portal.id, direction: "in" };
  const at = box.clock.now();
  const origin = `answered:${about}`;
  // Two may be said of one event within one millisecond.
  const before = (await tx.items.ofOrigin(origin)).length;
  const key = box.keyOf(portal.id, origin, `${at}:${before}:${text}`);
  if ((await tx.items.byKey(key)) === undefined)
    await tx.items.add({
      lane,
      rank: 1,
      origin,
      kind: "status",
      at,
      key,
      payload: { about, text },
    });
  return lane;
};
