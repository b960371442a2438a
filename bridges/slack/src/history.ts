import type { HistoryPage, HistoryQuery, LogEvent, StateEvent } from "@bridgebox/core/adapter";
import { messagesIn, nextIn } from "./api/answers.ts";
import type { SlackMessage } from "./api/message.ts";
import { only, type Wire } from "./api/shapes.ts";
import type { Api } from "./api/web.ts";
import { messageOf, timeOf } from "./ids.ts";
import { orLeftOut } from "./left-out.ts";
import { huddleEvent, isNews, messageEvent, reactionsOf } from "./message.ts";
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
    return pageOf(messagesIn(answer, what), {
      view,
      query,
      signal,
      next: nextIn(answer, what, query.page),
    });
  }
  if (query.direction === "older") {
    const args = { ...base, ...only("latest", query.from), ...only("cursor", query.page) };
    const answer = await api.call("conversations.history", args, asking);
    return pageOf(messagesIn(answer, what), {
      view,
      query,
      signal,
      next: nextIn(answer, what, query.page),
    });
  }
  const newer = newerFrom(query.page, query.from);
  const { after, bounds } = newer;
  const span = { ...only("oldest", after), ...only("latest", bounds.at(-1)) };
  const args = { ...base, ...span, limit: longest };
  const answer = await api.call("conversations.history", args, asking);
  const more = nextIn(answer, what) !== undefined;
  const { shown, next } = stepInto(newer, { listed: messagesIn(answer, what), more, limit });
  return pageOf(shown, { view, query, signal, next });
};

interface Shown {
  readonly view: View;
  readonly query: HistoryQuery;
  readonly next: string | undefined;
  readonly signal: AbortSignal;
}

const pageOf = async (
  said: readonly SlackMessage[],
  { view, query, next, signal }: Shown,
): Promise<HistoryPage> => {
  const events: LogEvent[] = [];
  const states: StateEvent[] = [];
  const there = said
    .filter((each) => each.subtype !== "tombstone" && each.ts !== query.from)
    .toSorted((a, b) => (a.ts < b.ts ? -1 : 1));
  for (const message of there) {
    if (message.huddle === undefined && isNews(message.subtype)) continue;
    const of = { channel: query.chat.id, ts: message.ts };
    const read = () => shownIn(message, { view, query });
    const shown = await orLeftOut({ log: view.log, of, signals: [signal], read });
    for (const { event, state } of shown) {
      if (event) events.push(event);
      if (state) states.push(state);
    }
  }
  const listed = there.map(({ ts }) => ({ id: messageOf(ts), at: timeOf(ts) }));
  return { events, states, ...only("page", next), unlisted: "deleted", listed, ours: true };
};

interface Said {
  readonly event: LogEvent | undefined;
  readonly state: StateEvent | undefined;
}

/** A message as it is now, and who has reacted. */
const shownIn = async (
  message: SlackMessage,
  { view, query: { chat } }: Pick<Shown, "view" | "query">,
): Promise<readonly Said[]> => {
  const call = huddleEvent(message, chat.id, view);
  if (call !== undefined) return [{ event: call, state: undefined }];
  const said = await messageEvent(message, chat.id, view);
  const edited = message.edited === undefined ? null : timeOf(message.edited);
  const state = await reactionsOf(message, chat, view);
  return [{ event: said && { ...said, edited }, state }];
};
