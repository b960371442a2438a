import type { HistoryPage, HistoryQuery, LogEvent, StateEvent } from "@bridgebox/core/adapter";
import { parseMessage } from "./api/message.ts";
import type { SlackMessage } from "./api/message.ts";
import { listIn, objectIn, only, textIn, type Wire } from "./api/shapes.ts";
import type { Api } from "./api/web.ts";
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
 * A page of what was said, oldest first. Answers in threads are not among it: they are asked for by
 * their root, and of those Slack tells all, so what is missing there was deleted.
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
    return pageOf(messagesIn(answer), { view, query, next: cursorIn(answer), unlisted: "deleted" });
  }
  if (query.direction === "older") {
    const args = { ...base, ...only("latest", query.from), ...only("cursor", query.page) };
    const answer = await api.call("conversations.history", args, asking);
    return pageOf(messagesIn(answer), { view, query, next: cursorIn(answer), unlisted: "unknown" });
  }
  const newer = newerFrom(query.page, query.from);
  const { after, bounds } = newer;
  const span = { ...only("oldest", after), ...only("latest", bounds.at(-1)) };
  const args = { ...base, ...span, limit: longest };
  const answer = await api.call("conversations.history", args, asking);
  const more = cursorIn(answer) !== undefined;
  const { shown, next } = stepInto(newer, { listed: messagesIn(answer), more, limit });
  return pageOf(shown, { view, query, next, unlisted: "unknown" });
};

const messagesIn = (answer: Wire): readonly SlackMessage[] =>
  listIn(answer, "messages").flatMap((each) => parseMessage(each) ?? []);

const cursorIn = (answer: Wire): string | undefined =>
  textIn(objectIn(answer, "response_metadata"), "next_cursor");

interface Shown {
  readonly view: View;
  readonly query: HistoryQuery;
  readonly next: string | undefined;
  readonly unlisted: HistoryPage["unlisted"];
}

const pageOf = async (
  said: readonly SlackMessage[],
  { view, query, next, unlisted }: Shown,
): Promise<HistoryPage> => {
  const events: LogEvent[] = [];
  const states: StateEvent[] = [];
  const messages = said
    .filter((each) => !isNews(each.subtype) && each.ts !== query.from)
    .toSorted((a, b) => (a.ts < b.ts ? -1 : 1));
  for (const message of messages) {
    const event = await messageEvent(message, query.chat.id, view);
    const reactions = await reactionsOf(message, query.chat, view);
    if (event) events.push(event);
    if (reactions) states.push(reactions);
  }
  return { events, states, ...only("page", next), unlisted };
};
