import { BridgeError } from "@bridgebox/core/adapter";
import type { ChatRef, GapEvent, RemoteEvent } from "@bridgebox/core/adapter";
import type { APIMessage } from "discord.js";
import { readPage } from "./history.ts";
import { channelIn, compareIds, messageOf, timeOf } from "./ids.ts";
import { isDirect } from "./places.ts";
import { createEvents } from "./receive.ts";
import type { Reader } from "./receive.ts";
import type { View } from "./view.ts";

/** What was missed in one chat, in pages: each with the oldest and the newest message that it holds. */
export interface Missed {
  readonly events: readonly RemoteEvent[];
  readonly channel: string;
  readonly oldest: string;
  readonly newest: string;
}

const what = "What was missed was not read";
const pageSize = 100;

/**
 * After a session that could not be gone on with: what a channel got since the last message that was
 * stored.
 */
export async function* missedIn(
  reader: Reader,
  chat: ChatRef,
  after: string,
): AsyncGenerator<Missed> {
  const { view } = reader;
  const { signal } = view;
  const channel = channelIn(chat);
  if (channel === undefined) return;
  const place = await view.places.channel(channel, { what, signal });
  const guild = isDirect(place) ? undefined : place.guild_id;
  for (let from = after; ;) {
    const query = { after: from, limit: pageSize };
    const page: readonly APIMessage[] = await readPage(view, channel, query, signal);
    const events = await eachOf(page, view, (message) =>
      createEvents({ message, chat, guild }, reader),
    );
    const [first] = page;
    const last = page.at(-1);
    // The same page again would be read for ever.
    if (first === undefined || last === undefined || compareIds(last.id, from) <= 0) return;
    from = last.id;
    yield { events, channel, oldest: first.id, newest: last.id };
    if (page.length < pageSize) return;
  }
}

/** One message that makes no sense must not keep all others away. */
const eachOf = async (
  page: readonly APIMessage[],
  view: View,
  read: (message: APIMessage) => Promise<readonly RemoteEvent[]>,
): Promise<readonly RemoteEvent[]> => {
  const events: RemoteEvent[] = [];
  for (const message of page) {
    try {
      events.push(...(await read(message)));
    } catch (error) {
      if (error instanceof BridgeError) throw error;
      view.log.error("A message was left out", { message: message.id, why: String(error) });
    }
  }
  return events;
};

/** Said where a channel cannot be read any more, though it was before; or, `healable`, for a long while. */
export const gapIn = (chat: ChatRef, after: string, healable: boolean): RemoteEvent => ({
  kind: "gap",
  chat,
  from: messageOf(after),
  healable,
  at: Date.now(),
});

/** Something was said since then in a channel of which nothing is stored to go on from. */
export const unheardIn = (chat: ChatRef, since: number): GapEvent => ({
  kind: "gap",
  chat,
  since,
  healable: true,
  at: Date.now(),
});

/**
 * What a channel had before may have been changed or deleted since then, unheard: all of it, or what
 * stands before the first message that was fetched.
 */
export const changesIn = (
  chat: ChatRef,
  { since, first }: { readonly since: number | undefined; readonly first: string | undefined },
): GapEvent => ({
  kind: "gap",
  chat,
  healable: true,
  only: "changes",
  ...(since === undefined ? {} : { since }),
  ...(first === undefined ? { at: Date.now() } : { to: messageOf(first), at: timeOf(first) }),
});

/** A channel has something newer than what is stored. */
export const isBehind = (stored: string | undefined, last: string | null | undefined): boolean =>
  stored !== undefined && typeof last === "string" && compareIds(last, stored) > 0;
