import type { HistoryPage, HistoryQuery, LogEvent, StateEvent } from "@bridgebox/core/adapter";
import { parseMessage } from "./api/message.ts";
import type { SlackMessage } from "./api/message.ts";
import { listIn, objectIn, only, textIn, type Wire } from "./api/shapes.ts";
import type { Api } from "./api/web.ts";
import { messageOf, timeOf } from "./ids.ts";
import { isNews, messageEvent, reactionsOf } from "./message.ts";
import type { View } from "./message.ts";
import { newerFrom, stepInto } from "./newer.ts";

interface Reader {
  readonly api: Api;
  readonly view: View;
}

const what = "The history was not fetched";
/** Messages that Slack lists at once at most (docs.slack.dev/reference/methods/conversations.history). */
const longest = 999;

/**
 * A page of what was said, oldest first. Slack tells all that is there, and of a root that was deleted
 * leaves a tombstone, so what is missing was deleted, also where a login of ours had said
 * it. Answers in threads are asked for by their root.
 */
export const readHistory = async (
  { api, view }: Reader,
  query: HistoryQuery,
  signal: AbortSignal,
): Promise<HistoryPage> => {
  const limit = Math.min(Math.max(query.limit, 1), 200);
  const base: Wire = { channel: query.chat.id, limit };
  const asking = { what, signal };
  if (query.thread !== undefined) {
    const range =
      query.direction === "newer" ? only("oldest", query.from) : only("latest", query.from);
    const args = { ...base, ts: query.thread, ...range, ...only("cursor", query.page) };
    const answer = await api.call("conversations.replies", args, asking);
    return pageOf(messagesIn(answer), { view, query, next: cursorIn(answer) });
  }
  if (query.direction === "older") {
    const args = { ...base, ...only("latest", query.from), ...only("cursor", query.page) };
    const answer = await api.call("conversations.history", args, asking);
    return pageOf(messagesIn(answer), { view, query, next: cursorIn(answer) });
  }
  const newer = newerFrom(query.page, query.from);
  const { after, bounds } = newer;
  const span = { ...only("oldest", after), ...only("latest", bounds.at(-1)) };
  const args = { ...base, ...span, limit: longest };
  const answer = await api.call("conversations.history", args, asking);
  const more = cursorIn(answer) !== undefined;
  const { shown, next } = stepInto(newer, { listed: messagesIn(answer), more, limit });
  return pageOf(shown, { view, query, next });
};

const messagesIn = (answer: Wire): readonly SlackMessage[] =>
  listIn(answer, "messages").flatMap((each) => parseMessage(each) ?? []);

const cursorIn = (answer: Wire): string | undefined =>
  textIn(objectIn(answer, "response_metadata"), "next_cursor");

interface Shown {
  readonly view: View;
  readonly query: HistoryQuery;
  readonly next: string | undefined;
}

const pageOf = async (
  said: readonly SlackMessage[],
  { view, query, next }: Shown,
): Promise<HistoryPage> => {
  const events: LogEvent[] = [];
  const states: StateEvent[] = [];
  const there = said
    .filter((each) => each.subtype !== "tombstone" && each.ts !== query.from)
    .toSorted((a, b) => (a.ts < b.ts ? -1 : 1));
  for (const message of there) {
    if (isNews(message.subtype)) continue;
    const event = await messageEvent(message, query.chat.id, view);
    const reactions = await reactionsOf(message, query.chat, view);
    const { edited } = message;
    if (event) events.push({ ...event, edited: edited === undefined ? null : timeOf(edited) });
    if (reactions) states.push(reactions);
  }
  const listed = there.map(({ ts }) => ({ id: messageOf(ts), at: timeOf(ts) }));
  return { events, states, ...only("page", next), unlisted: "deleted", listed, ours: true };
};
