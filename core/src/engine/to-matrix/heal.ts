import { asBridgeError } from "../../adapter/index.ts";
import type {
  DeleteEvent,
  EditEvent,
  GapEvent,
  HistoryPage,
  HistoryQuery,
  LogEvent,
  LoginId,
  MessageEvent,
  MessageId,
  RemoteEvent,
} from "../../adapter/index.ts";
import { delayAfter } from "../../flow/backoff.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import type { MessageRow, NewItem, Repositories } from "../../store/types.ts";
import { reacted } from "../absorb-reactions.ts";
import { asJson } from "../as-json.ts";
import { healingItem, healingOf } from "../heal.ts";
import type { Healing } from "../heal.ts";
import { judge } from "../policy.ts";
import { noteGap } from "../pending-gap.ts";
import { viewOf } from "../portals.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";

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
    if (clock.now() < notBefore)
      return { end: "parked", key: `heal:${turn.item.key}`, until: notBefore };
    try {
      const login = await reader(works, turn, healing);
      if (login === undefined) return again(works, turn, { healing });
      return taken(works, turn, {
        healing,
        page: await read(works, turn, { healing, login }),
      });
    } catch (thrown) {
      if (turn.signal.aborted) throw thrown;
      const error = asBridgeError(thrown);
      const verdict = judge(error);
      if (verdict.next === "fail" || error.code === "internal") return lost(works, turn, healing);
      return again(works, turn, { healing, after: error.retryAfter });
    }
  };

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
  const { gap, direction, page, review, first } = healing;
  const from = review ? first : direction === "newer" ? gap.from : gap.to;
  const query: HistoryQuery = {
    chat: turn.portal.chat,
    direction,
    limit: pageSize,
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
  { healing, after }: { healing: Healing; after?: number | undefined },
): Settlement => {
  const tries = healing.tries + 1;
  if (tries > mostTries) return lost(works, turn, healing);
  const notBefore = works.box.clock.now() + (after ?? delayAfter(tries, backoff));
  return {
    end: "expanded",
    into: [healingItem(works, turn.portal, { ...healing, tries, notBefore })],
  };
};

/** The network will not say any more: the gap is marked, at once where somebody spoke after it. */
const lost = (works: Works, turn: Turn, healing: Healing): Settlement => {
  const gap: GapEvent = { ...healing.gap, healable: false };
  if (healing.review === true) return { end: "dropped" };
  return {
    end: "expanded",
    into: async (tx) => {
      const [, behind] = await tx.items.list(turn.item.lane, 2);
      if (behind) return [itemOf(works, turn, { event: gap, origin: `gap:${turn.item.origin}` })];
      await noteGap(tx, turn.portal, gap);
      return [];
    },
  };
};

interface Taken {
  readonly healing: Healing;
  readonly page: HistoryPage;
}

const taken = (works: Works, turn: Turn, { healing, page }: Taken): Settlement => {
  const { gap, direction, review = false } = healing;
  const inside = page.events.filter((event) => isInGap(event, healing));
  const over =
    page.page === undefined ||
    review ||
    (direction === "older" && inside.length < page.events.length);
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
          itemOf(works, turn, {
            event: { ...gap, healable: false },
            origin: `gap:${turn.item.origin}`,
          }),
        );
      if (!goesOn && !review)
        more.push(healingItem(works, turn.portal, { ...rest, direction: "older", review: true }));
      return direction === "older" && !review ? [...more, ...said] : [...said, ...more];
    },
  };
};

const firstOf = (events: readonly LogEvent[]): MessageEvent["id"] | undefined =>
  events.find((event) => event.kind === "message")?.id;

/** Going back ends where the gap began. */
const isInGap = (event: LogEvent, { gap, direction, review }: Healing): boolean =>
  review === true || direction === "newer" || gap.since === undefined || event.at > gap.since;

interface Missed<Event extends LogEvent = MessageEvent> {
  readonly turn: Turn;
  readonly event: Event;
  readonly healing: Healing;
}

/** What is new is shown; what is known is compared with what is shown. */
const missed = async (
  works: Works,
  tx: Repositories,
  { turn, event, healing }: Missed<LogEvent>,
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
  return [itemOf(works, turn, { event: { ...event, seenBy }, origin })];
};

/**
 * What the network says was edited meanwhile; else only texts, as they were shown: a file would have to
 * be looked at, and an answer to what was not known here was shown with a quote of it.
 */
const isComparable = async (
  tx: Repositories,
  { turn, event, rows, healing }: Missed & { readonly rows: readonly MessageRow[] },
): Promise<boolean> => {
  const { parts, replyTo } = event.content;
  const { since = 0 } = healing.gap;
  if (rows.some(({ from }) => from !== "remote")) return false;
  if (event.edited !== undefined && event.edited >= since) return true;
  if (parts.some(({ kind }) => kind !== "text")) return false;
  if (replyTo === undefined) return true;
  const target = replyTo.id;
  return target !== undefined && (await tx.messages.byRemote(turn.portal.id, target)).length > 0;
};

/** The edit's handler does nothing where the content is the one that is shown. */
const compared = (works: Works, turn: Turn, said: MessageEvent): NewItem => {
  const { chat, id, key, sender, at, content } = said;
  const event: EditEvent = { kind: "edit", chat, id, key, sender, at, content, version: "healed" };
  return itemOf(works, turn, { event, origin: `healed:${turn.item.key}:${id}` });
};

/**
 * Messages that we show from within the span of the page and that the network does not list any more.
 * Answers in threads are not listed by every network, and the ends of the span not by time alone. Where
 * nothing new was missed, a page reaches up to the end of that; without messages it reaches nowhere.
 */
const gone = async (
  works: Works,
  tx: Repositories,
  { turn, page, healing }: { turn: Turn; page: HistoryPage; healing: Healing },
): Promise<readonly NewItem[]> => {
  const there = listedIn(page);
  const moments = [...there.values()].toSorted((a, b) => a - b);
  const [oldest, newest] = [moments[0], moments.at(-1)];
  if (page.unlisted !== "deleted" || oldest === undefined || newest === undefined) return [];
  const { only, at } = healing.gap;
  const before = only === "changes" ? Math.max(at, newest) : newest;
  const rows = await tx.messages.between(turn.portal.id, { after: oldest, before });
  const isGone = ({ from, thread, remote, at: said }: MessageRow): boolean => {
    if (thread !== undefined || there.has(remote)) return false;
    // Ours may have been sent while the page was read: by the network's clock it is newer than all of it.
    return from === "matrix" ? page.ours === true && said < newest : said < (only ? at : newest);
  };
  const ids = new Set(rows.filter(isGone).map(({ remote }) => remote));
  return [...ids].map((id) => deleted(works, turn, id));
};

/** Every message that the page names, and when it was said. */
const listedIn = ({ events, listed = [] }: HistoryPage): ReadonlyMap<string, number> =>
  new Map(
    [...listed, ...events.filter((event) => event.kind === "message")].map(({ id, at }) => [
      id,
      at,
    ]),
  );

/** Each by itself: where one may not be taken away, the others still are. */
const deleted = (works: Works, turn: Turn, id: MessageId): NewItem => {
  const { chat } = turn.portal;
  const key = `unlisted:${turn.item.key}:${id}`;
  const at = works.box.clock.now();
  const event: DeleteEvent = { kind: "delete", chat, at, key, ids: [id], for: "all" };
  return itemOf(works, turn, { event, origin: key });
};

const react = async (
  works: Works,
  tx: Repositories,
  { turn, page }: { turn: Turn; page: HistoryPage },
): Promise<void> => {
  for (const event of page.states)
    if (event.kind === "reactions") await reacted(works, tx, { portal: turn.portal, event });
};

const itemOf = (
  works: Works,
  turn: Turn,
  {
    event,
    origin,
  }: { event: RemoteEvent & { readonly seenBy?: readonly LoginId[] }; origin: string },
): NewItem => ({
  lane: turn.item.lane,
  rank: 0,
  origin,
  kind: event.kind,
  payload: asJson(event),
  at: works.box.clock.now(),
  key: works.box.keyOf(turn.portal.id, `${event.kind}:${origin}`, ""),
});
