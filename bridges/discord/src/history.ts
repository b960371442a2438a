import { BridgeError } from "@bridgebox/core/adapter";
import type { HistoryPage, HistoryQuery, LogEvent, StateEvent } from "@bridgebox/core/adapter";
import type { APIMessage } from "discord.js";
import { messagesIn } from "./api/answers.ts";
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
const leftOut = "A message was left out";

/** One page of raw messages, oldest first, and the ids of all that are there: some may make no sense. */
export const readPage = async (
  view: View,
  channel: string,
  query: { readonly before?: string; readonly after?: string; readonly limit: number },
  signal: AbortSignal,
): Promise<{ readonly messages: readonly APIMessage[]; readonly ids: readonly string[] }> => {
  const path = `/channels/${channel}/messages` as const;
  const call = { what, needs: "Read Message History", signal, query, patient: true };
  const { messages, ids } = messagesIn(await view.rest.call("GET", path, call), what);
  const read = new Set(messages.map(({ id }) => id));
  for (const id of ids) if (!read.has(id)) view.log.error(leftOut, { message: id });
  return {
    messages: messages.toSorted((a, b) => compareIds(a.id, b.id)),
    ids: ids.toSorted(compareIds),
  };
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
  const told = async (message: APIMessage): Promise<readonly LogEvent[]> => {
    const found = { message, chat: query.chat, guild };
    if (!isSaid(message)) return noticeEvents(found);
    return [{ ...(await messageEvent(found, view)), ...editedIn(message) }];
  };
  for (const message of page.messages) {
    if (isOwnWebhook(message, view)) continue;
    events.push(...(await orLeftOut(view, message, () => told(message))));
    const kinds = message.reactions?.length ?? 0;
    if (kinds === 0 || asked + kinds > mostAsked) continue;
    asked += kinds;
    const given = () => reactionsIn(message, query.chat, view);
    states.push(...(await orLeftOut(view, message, given)));
  }
  const edge = older ? page.ids[0] : page.ids.at(-1);
  return {
    events,
    states,
    unlisted: "deleted",
    listed: page.ids.map((id) => ({ id: messageOf(id), at: timeOf(id) })),
    ours: true,
    ...(page.ids.length < limit || edge === undefined ? {} : { page: edge }),
  };
};

/** One message that makes no sense, or has reactions that make none, must not keep all others away. */
export const orLeftOut = async <T>(
  { log }: View,
  { id }: APIMessage,
  read: () => Promise<readonly T[]>,
): Promise<readonly T[]> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BridgeError) throw error;
    log.error(leftOut, { message: id, why: String(error) });
    return [];
  }
};

/** Of one that makes no sense nothing is said. */
const editedIn = ({ edited_timestamp: edited }: APIMessage) => {
  const at = edited === null ? null : Date.parse(edited);
  return Number.isNaN(at) ? {} : { edited: at };
};
