import type { HistoryPage, HistoryQuery, LogEvent, StateEvent } from "@bridgebox/core/adapter";
import type { APIMessage } from "discord.js";
import { channelIn, compareIds, messageOf, timeOf } from "./ids.ts";
import { isOwnWebhook, isSaid, messageEvent } from "./message.ts";
import { isDirect } from "./places.ts";
import { reactionsIn } from "./states.ts";
import { noticeEvents } from "./system.ts";
import type { View } from "./view.ts";

const longestPage = 100;
/** Reactions are asked for one emoji at a time, so of a page only so many. */
const mostAsked = 20;
const what = "The history was not read";

/** One page of raw messages, oldest first. */
export const readPage = async (
  view: View,
  channel: string,
  query: { readonly before?: string; readonly after?: string; readonly limit: number },
  signal: AbortSignal,
): Promise<readonly APIMessage[]> => {
  const path = `/channels/${channel}/messages` as const;
  const call = { what, needs: "Read Message History", signal, query, patient: true };
  const page = await view.rest.call<APIMessage[]>("GET", path, call);
  return page.toSorted((a, b) => compareIds(a.id, b.id));
};

/**
 * A page as the core takes it. Discord lists all that was said in a channel, so an id in its span that is
 * missing was deleted, also where a webhook of ours said it: that is named, and not told again. Without
 * the right to read there is no page, or an empty one.
 */
export const readHistory = async (
  view: View,
  query: HistoryQuery,
  signal: AbortSignal,
): Promise<HistoryPage> => {
  const channel = channelIn(query.chat);
  const nothing = { events: [], states: [], unlisted: "unknown" } as const;
  if (channel === undefined) return nothing;
  const limit = Math.max(1, Math.min(query.limit, longestPage));
  const older = query.direction === "older";
  const from = query.page ?? query.from;
  const where = older
    ? { limit, ...(from === undefined ? {} : { before: from }) }
    : { limit, after: from ?? "0" };
  const place = await view.places.channel(channel, { what, signal });
  const guild = isDirect(place) ? undefined : place.guild_id;
  const page = await readPage(view, channel, where, signal);
  const events: LogEvent[] = [];
  const states: StateEvent[] = [];
  let asked = 0;
  for (const message of page) {
    if (isOwnWebhook(message, view)) continue;
    const found = { message, chat: query.chat, guild };
    if (isSaid(message))
      events.push({ ...(await messageEvent(found, view)), ...editedIn(message) });
    else events.push(...noticeEvents(found));
    const kinds = message.reactions?.length ?? 0;
    if (kinds === 0 || asked + kinds > mostAsked) continue;
    asked += kinds;
    states.push(...(await reactionsIn(message, query.chat, view)));
  }
  const edge = older ? page[0] : page.at(-1);
  return {
    events,
    states,
    unlisted: "deleted",
    listed: page.map(({ id }) => ({ id: messageOf(id), at: timeOf(id) })),
    ours: true,
    ...(page.length < limit || edge === undefined ? {} : { page: edge.id }),
  };
};

/** Of one that makes no sense nothing is said. */
const editedIn = ({ edited_timestamp: edited }: APIMessage) => {
  const at = edited === null ? null : Date.parse(edited);
  return Number.isNaN(at) ? {} : { edited: at };
};
