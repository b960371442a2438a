import type {
  Batch,
  GapEvent,
  HistoryQuery,
  Json,
  LoginId,
  MessageId,
  Millis,
  RemoteEvent,
} from "../adapter/index.ts";
import type { Item, Lane, NewItem, Portal, Repositories } from "../store/types.ts";
import { asJson } from "./as-json.ts";
import { liveLogin } from "./box.ts";
import type { Box } from "./box.ts";
import type { Works } from "./works.ts";

/** How far a gap is healed: what is still to be read, and where the last page ended. */
export interface Healing {
  readonly gap: GapEvent;
  /** `newer` where the last message before the gap is known; else back from its end to `since`. */
  readonly direction: HistoryQuery["direction"];
  readonly page?: string;
  readonly pages: number;
  /** Looks only for what became of messages that are known: edits and deletes. */
  readonly review?: boolean;
  /** What is reviewed is that thread, by the message that it began with. Absent: the chat. */
  readonly thread?: MessageId;
  /** The first message that was missed: what is reviewed stands before it. Absent: at the end. */
  readonly first?: MessageId;
  readonly tries: number;
  readonly notBefore?: number;
  readonly seenBy: readonly LoginId[];
}

/** What the last page left to do; written by the core, so it is of this shape. */
export const healingOf = (payload: Json): Healing => payload as unknown as Healing;

/** Whether the network still has what was missed, it is known where to look, and somebody may read it. */
export const isHealable = (
  { box }: Works,
  portal: Portal,
  { event, batch }: { event: GapEvent; batch: Batch },
): boolean => {
  const { healable, from, since, only } = event;
  if (!healable || (from === undefined && since === undefined && only === undefined)) return false;
  if (portal.info?.features.can.includes("history") === false) return false;
  return batch.seenBy.some((id) => mayRead(box, id));
};

/** One that is only connecting may read when it is there: adapters tell of a gap while they come back. */
const mayRead = (box: Box, id: LoginId): boolean => {
  if (box.connections.can(id, "history")) return true;
  const login = liveLogin(box, id);
  if (login === undefined || login.connection !== undefined) return false;
  return login.state !== "needs-login" && login.state !== "logged-out";
};

/**
 * In the commit that takes the gap in, behind what was said before it: the missed messages are read
 * before anything newer is shown. What is read later anyway is not read twice: a line that comes and goes while the
 * network makes us wait tells of the same gap again and again.
 */
export const queueHealing = async (
  works: Works,
  tx: Repositories,
  { portal, event, batch }: Queued,
): Promise<readonly Lane[]> => {
  const item = healingItem(works, portal, {
    gap: event,
    direction: event.from === undefined ? "older" : "newer",
    pages: 0,
    tries: 0,
    seenBy: batch.seenBy,
  });
  if (await tx.items.byKey(item.key)) return [];
  const now = works.box.clock.now();
  for (const { payload } of await tx.items.ofOrigin(item.origin))
    if (covers(healingOf(payload), event, now)) return [];
  return add(works, tx, item);
};

/** Whether all of that gap is read by a healing that waits for its time: what it reads is only asked for then. */
const covers = (waiting: Healing, fresh: GapEvent, now: Millis): boolean => {
  const { gap, direction, pages, notBefore = 0, review = false } = waiting;
  if (review || notBefore <= now || (gap.to !== undefined && gap.to !== fresh.to)) return false;
  if (gap.from !== undefined) return gap.from === fresh.from && direction === "newer";
  if (fresh.from !== undefined || gap.since === undefined || fresh.since === undefined)
    return false;
  return pages === 0 && gap.since <= fresh.since;
};

/**
 * Where no message is missing, what is shown already is looked at, if there is anything. One that still
 * waits is done with this one, however often a chat was away.
 */
export const queueReview = async (
  works: Works,
  tx: Repositories,
  { portal, event, batch }: Queued,
): Promise<readonly Lane[]> => {
  if ((await tx.messages.last(portal.id)) === undefined) return [];
  let gap = event;
  let notBefore: number | undefined;
  for (const { id, payload } of await tx.items.ofOrigin(reviewOf(portal))) {
    const before = healingOf(payload);
    const { since } = before.gap;
    if (since !== undefined) gap = { ...gap, since: Math.min(since, gap.since ?? since) };
    if ((before.notBefore ?? 0) > works.box.clock.now()) ({ notBefore } = before);
    await tx.items.done(id);
  }
  const [reader] = batch.seenBy;
  notBefore ??= reader && turnOf(works, reader);
  const item = healingItem(works, portal, {
    gap,
    direction: "older",
    review: true,
    pages: 0,
    tries: 0,
    seenBy: batch.seenBy,
    ...(gap.to === undefined ? {} : { first: gap.to }),
    ...(notBefore === undefined ? {} : { notBefore }),
  });
  return add(works, tx, item);
};

interface Queued {
  readonly portal: Portal;
  readonly event: GapEvent;
  readonly batch: Batch;
}

const add = async (works: Works, tx: Repositories, item: NewItem): Promise<readonly Lane[]> => {
  await tx.items.add({ ...item, rank: 1 });
  works.load.added();
  return [item.lane];
};

/** By then a page shows what was said just now: some networks list it a moment later. Milliseconds. */
const settled = 2000;

const turnOf = ({ box, reviewTimes }: Works, login: LoginId): number =>
  reviewTimes.take(login, box.clock.now() + settled);

/** What tells one gap from another. */
export const gapOf = (what: "heal" | "gap", { from, since, at }: GapEvent): string =>
  `${what}:${from ?? ""}:${since ?? ""}:${at}`;

const reviewOf = ({ id }: Pick<Portal, "id">): string => `review:${id}`;

/** One page of a gap as work: in the lane of what it brings, and once begun before all that is live. */
export const healingItem = (
  { box }: Works,
  { id }: Pick<Portal, "id">,
  healing: Healing,
): NewItem => {
  const { gap, pages, tries, review = false, thread } = healing;
  const what = review ? `review${thread === undefined ? "" : `:${thread}`}` : "page";
  return {
    lane: { portal: id, direction: "in" },
    rank: 0,
    origin: gap.only === "changes" ? reviewOf({ id }) : `heal:${id}:${gap.from ?? ""}`,
    kind: "heal",
    payload: asJson(healing),
    at: box.clock.now(),
    key: box.keyOf(id, gapOf("heal", gap), `${what}:${pages}:${tries}`),
  };
};

/** What a page brought, in the place of the page. */
export const healedItem = (
  { box }: Works,
  { lane }: Pick<Item, "lane">,
  {
    event,
    origin,
  }: { event: RemoteEvent & { readonly seenBy?: readonly LoginId[] }; origin: string },
): NewItem => ({
  lane,
  rank: 0,
  origin,
  kind: event.kind,
  payload: asJson(event),
  at: box.clock.now(),
  key: box.keyOf(lane.portal, `${event.kind}:${origin}`, ""),
});
