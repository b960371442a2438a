import type {
  DeleteEvent,
  EditEvent,
  HistoryPage,
  MessageEvent,
  MessageId,
} from "../../adapter/index.ts";
import type { MessageRow, NewItem, Repositories } from "../../store/types.ts";
import { healedItem } from "../heal.ts";
import type { Healing } from "../heal.ts";
import type { Turn } from "../turn.ts";
import { noteUnlisted } from "../unlisted.ts";
import type { Works } from "../works.ts";

interface Known {
  readonly turn: Turn;
  readonly event: MessageEvent;
  readonly rows: readonly MessageRow[];
  readonly healing: Healing;
}

/** How far two clocks may be apart, in milliseconds. */
const skew = 60_000;

/**
 * What was edited meanwhile, where the network says so: with a preview that was found later a text is
 * another one, and not edited. Else only texts, as they were shown: a file would have to be looked at,
 * and an answer to what was not known here was shown with a quote of it.
 */
export const isComparable = async (
  tx: Repositories,
  { turn, event, rows, healing }: Known,
): Promise<boolean> => {
  const { edited, content } = event;
  const { parts, replyTo } = content;
  const { since = 0 } = healing.gap;
  if (rows.some(({ from }) => from !== "remote")) return false;
  if (edited !== undefined) return edited !== null && edited >= since - skew;
  if (parts.some(({ kind }) => kind !== "text")) return false;
  if (replyTo === undefined) return true;
  const target = replyTo.id;
  return target !== undefined && (await tx.messages.byRemote(turn.portal.id, target)).length > 0;
};

/** The edit's handler does nothing where the content is the one that is shown. */
export const compared = (works: Works, turn: Turn, said: MessageEvent): NewItem => {
  const { chat, id, key, sender, at, content } = said;
  const event: EditEvent = { kind: "edit", chat, id, key, sender, at, content, version: "healed" };
  return healedItem(works, turn.item, { event, origin: `healed:${turn.item.key}:${id}` });
};

/**
 * Messages that we show from within the span of the page and that the network does not list any more.
 * Answers in threads are not listed by every network, and the ends of the span not by time alone: they
 * are judged by a page of their thread, if that is all of it. Where nothing new was missed, a page
 * reaches up to the end of that; without messages it reaches nowhere.
 */
export const gone = async (
  works: Works,
  tx: Repositories,
  { turn, page, healing }: { turn: Turn; page: HistoryPage; healing: Healing },
): Promise<readonly NewItem[]> => {
  const there = listedIn(page);
  const moments = [...there.values()].toSorted((a, b) => a - b);
  const [oldest, newest] = [moments[0], moments.at(-1)];
  if (page.unlisted !== "deleted" || oldest === undefined || newest === undefined) return [];
  const { gap, thread: within } = healing;
  if (within !== undefined && (page.page !== undefined || !there.has(within))) return [];
  const { only, at } = gap;
  const before = only === "changes" ? Math.max(at, newest) : newest;
  const rows = await tx.messages.between(turn.portal.id, { after: oldest, before });
  const isGone = (row: MessageRow): boolean => {
    const { from, remote, at: said } = row;
    if (there.has(remote) || !standsThere(turn, row, within)) return false;
    // Ours may have been sent while the page was read: by the network's clock it is newer than all of it.
    return from === "matrix" ? page.ours === true && said < newest : said < (only ? at : newest);
  };
  const deletions: NewItem[] = [];
  for (const id of new Set(rows.filter(isGone).map(({ remote }) => remote)))
    if (await noteUnlisted(works.box, tx, turn.portal, id))
      deletions.push(deleted(works, turn, id));
  return deletions;
};

/**
 * A plain answer of Matrix may have become one in a thread, which the chat's history does not list: where
 * that can be, it is judged only if it was told to stand in none.
 */
const standsThere = (
  { portal: { info } }: Turn,
  { from, thread }: MessageRow,
  within: MessageId | undefined,
): boolean => {
  if (within !== undefined) return thread === within;
  if (typeof thread === "string") return false;
  if (from === "remote" || thread === null) return true;
  return info !== undefined && info.features.thread !== "inline";
};

/** Every message that the page names, and when it was said. */
export const listedIn = ({ events, listed = [] }: HistoryPage): ReadonlyMap<string, number> =>
  new Map(
    [...listed, ...events.filter((event) => event.kind === "message")].map(({ id, at }) => [
      id,
      at,
    ]),
  );

/** Each by itself, and once: where one may not be taken away, the others still are. */
const deleted = (works: Works, turn: Turn, id: MessageId): NewItem => {
  const { chat } = turn.portal;
  const key = `unlisted:${turn.item.key}:${id}`;
  const at = works.box.clock.now();
  const event: DeleteEvent = { kind: "delete", chat, at, key, ids: [id], for: "all" };
  return healedItem(works, turn.item, { event, origin: key });
};
