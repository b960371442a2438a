import { asBridgeError } from "../../adapter/index.ts";
import type {
  GapEvent,
  HistoryPage,
  HistoryQuery,
  LogEvent,
  LoginId,
  MessageEvent,
} from "../../adapter/index.ts";
import { delayAfter } from "../../flow/backoff.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import type { NewItem, Repositories } from "../../store/types.ts";
import { reacted } from "../absorb-reactions.ts";
import { gapOf, healedItem, healingItem, healingOf } from "../heal.ts";
import type { Healing } from "../heal.ts";
import { judge } from "../policy.ts";
import { noteGap } from "../pending-gap.ts";
import { viewOf } from "../portals.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { threadReviews } from "./review-threads.ts";
import { compared, gone, isComparable } from "./review.ts";

/** Messages asked for at a time, and the most pages of one gap: what is beyond is said to be missing. */
const pageSize = 100;
const mostPages = 200;
/** One page may take so long, so that live chat behind it is not held up for longer; milliseconds. */
const patience = 20_000;
/** Attempts at one page, about an hour with this backoff. */
const mostTries = 14;
const backoff = { first: 1000, most: 600_000 };

/**
 * Reads one page of what was missed and puts its messages in its own place, with the next page behind
 * them: so what was said comes in its order, a crash goes on at the page it was at, and the end of
 * the gap is the last thing done. What is known already is compared: edits and deletes come too.
 */
export const healToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const healing = healingOf(turn.item.payload);
    const { clock } = works.box;
    const { notBefore = 0 } = healing;
    const wait = (until: number): Settlement => {
      return { end: "parked", key: `heal:${turn.item.key}`, until };
    };
    if (clock.now() < notBefore) return wait(notBefore);
    const login = await reader(works, turn, healing);
    if (login === undefined) return again(works, turn, { healing });
    noteCatchUp(works, turn, { healing, login });
    if (isUnhurried(healing) && works.reviewTimes.isHeld(login, clock.now()))
      return wait(works.reviewTimes.take(login, clock.now()));
    try {
      return taken(works, turn, {
        healing,
        page: await read(works, turn, { healing, login }),
        login,
      });
    } catch (thrown) {
      if (turn.signal.aborted) throw thrown;
      const error = asBridgeError(thrown);
      const verdict = judge(error);
      if (verdict.next === "fail" || error.code === "internal") return lost(works, turn, healing);
      const after = error.retryAfter;
      if (error.code === "rate_limit" && after !== undefined)
        works.reviewTimes.hold(login, clock.now() + after);
      return again(works, turn, { healing, after, login });
    }
  };

/** Messages first: once it is only looked at what changed, all that was missed has been shown. */
const noteCatchUp = (
  { catchUp }: Works,
  { item: { lane } }: Turn,
  { healing, login }: { healing: Healing; login: LoginId },
): void => {
  if (healing.review === true) catchUp.end(lane);
  else catchUp.begin(login, lane);
};

/** Nothing new is waited for, and all chats of a login may want the same at once. */
const isUnhurried = ({ gap, thread }: Healing): boolean =>
  gap.only === "changes" || thread !== undefined;

const reader = async (
  { box }: Works,
  { portal }: Turn,
  { seenBy }: Healing,
): Promise<LoginId | undefined> => {
  const view = await viewOf(box, portal);
  const ids = [...seenBy, ...(view ? [view.row.id] : [])];
  return ids.find((id) => box.connections.can(id, "history"));
};

const read = async (
  works: Works,
  turn: Turn,
  { healing, login }: { healing: Healing; login: LoginId },
): Promise<HistoryPage> => {
  const { gap, direction, page, review, first, thread } = healing;
  const from = review ? first : direction === "newer" ? gap.from : gap.to;
  const query: HistoryQuery = {
    chat: turn.portal.chat,
    direction,
    limit: pageSize,
    ...(thread === undefined ? {} : { thread }),
    ...(from === undefined ? {} : { from }),
    ...(page === undefined ? {} : { page }),
  };
  return works.historySlots.run(login, turn.signal, async () => {
    const deadline = deadlineWithin(patience, turn.signal);
    return works.box.connections
      .call(login, "history", query, deadline.signal)
      .finally(deadline.end);
  });
};

/** Not now: live chat goes on meanwhile, and the page is asked for later. */
const again = (
  works: Works,
  turn: Turn,
  { healing, after, login }: { healing: Healing; after?: number | undefined; login?: LoginId },
): Settlement => {
  const tries = healing.tries + 1;
  if (tries > mostTries) return lost(works, turn, healing);
  const soonest = works.box.clock.now() + (after ?? delayAfter(tries, backoff));
  const inTurn = login !== undefined && isUnhurried(healing);
  const notBefore = inTurn ? works.reviewTimes.take(login, soonest) : soonest;
  return {
    end: "expanded",
    into: [healingItem(works, turn.portal, { ...healing, tries, notBefore })],
  };
};

/** The network will not say any more: the gap is marked, at once where somebody spoke after it. */
const lost = (works: Works, turn: Turn, healing: Healing): Settlement => {
  const gap: GapEvent = { ...healing.gap, healable: false };
  works.catchUp.end(turn.item.lane);
  if (healing.review === true) return { end: "dropped" };
  return {
    end: "expanded",
    into: async (tx) => {
      const [, behind] = await tx.items.list(turn.item.lane, 2);
      if (behind) return [healedItem(works, turn.item, { event: gap, origin: gapOf("gap", gap) })];
      await noteGap(tx, turn.portal, gap);
      return [];
    },
  };
};

interface Taken {
  readonly healing: Healing;
  readonly page: HistoryPage;
  readonly login: LoginId;
}

const taken = (works: Works, turn: Turn, { healing, page, login }: Taken): Settlement => {
  const { gap, direction, review = false } = healing;
  const inside = insideOf(page.events, healing);
  const over = page.page === undefined || review || inside.length < page.events.length;
  const here = firstOf(inside);
  const first = direction === "older" ? (here ?? healing.first) : (healing.first ?? here);
  const next = { ...healing, pages: healing.pages + 1, tries: 0, ...(first ? { first } : {}) };
  const { page: _before, notBefore: _then, ...rest } = next;
  const goesOn = !over && next.pages < mostPages;
  return {
    end: "expanded",
    into: async (tx) => {
      const said: NewItem[] = [];
      for (const event of inside) said.push(...(await missed(works, tx, { turn, event, healing })));
      said.push(...(await gone(works, tx, { turn, page, healing })));
      await react(works, tx, { turn, page });
      const more: NewItem[] = [];
      if (goesOn && page.page !== undefined)
        more.push(healingItem(works, turn.portal, { ...rest, page: page.page }));
      else if (!over)
        more.push(
          healedItem(works, turn.item, {
            event: { ...gap, healable: false },
            origin: gapOf("gap", gap),
          }),
        );
      if (review) more.push(...(await threadReviews(works, tx, { turn, page, healing, login })));
      if (!goesOn && !review)
        more.push(healingItem(works, turn.portal, { ...rest, direction: "older", review: true }));
      return direction === "older" && !review ? [...more, ...said] : [...said, ...more];
    },
  };
};

const firstOf = (events: readonly LogEvent[]): MessageEvent["id"] | undefined =>
  events.find((event) => event.kind === "message")?.id;

/** Going on ends with the first message that was heard again, going back where the gap began. */
const insideOf = (
  events: readonly LogEvent[],
  { gap, direction, review }: Healing,
): readonly LogEvent[] => {
  const { to, since } = gap;
  if (review) return events;
  if (direction === "older") return events.filter(({ at }) => since === undefined || at > since);
  const end = events.findIndex((event) => event.kind === "message" && event.id === to);
  return end < 0 ? events : events.slice(0, end);
};

/** What is new is shown; what is known is compared with what is shown. */
const missed = async (
  works: Works,
  tx: Repositories,
  { turn, event, healing }: { turn: Turn; event: LogEvent; healing: Healing },
): Promise<readonly NewItem[]> => {
  const { portal } = turn;
  const { seenBy, review = false } = healing;
  if (event.kind === "message") {
    const rows = await tx.messages.byRemote(portal.id, event.id);
    if (rows.length > 0) {
      const comparable = await isComparable(tx, { turn, event, rows, healing });
      return comparable ? [compared(works, turn, event)] : [];
    }
  }
  if (review) return [];
  const origin = event.kind === "edit" ? `${event.key}@${event.version}` : event.key;
  if (!(await tx.seen.add(portal.id, `${event.kind}:${origin}`, works.box.clock.now()))) return [];
  return [healedItem(works, turn.item, { event: { ...event, seenBy }, origin })];
};

const react = async (
  works: Works,
  tx: Repositories,
  { turn, page }: { turn: Turn; page: HistoryPage },
): Promise<void> => {
  for (const event of page.states)
    if (event.kind === "reactions") await reacted(works, tx, { portal: turn.portal, event });
};
