import type { ChatRef, GapEvent, RemoteEvent } from "@bridgebox/core/adapter";
import { orLeftOut, readPage } from "./history.ts";
import { channelIn, compareIds, messageOf, timeOf } from "./ids.ts";
import { isDirect } from "./places.ts";
import { createEvents } from "./receive.ts";
import type { Reader } from "./receive.ts";

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
    const { messages, ids } = await readPage(view, channel, query, signal);
    const events: RemoteEvent[] = [];
    for (const message of messages) {
      const found = { message, chat, guild };
      events.push(...(await orLeftOut(view, message, () => createEvents(found, reader))));
    }
    const [first] = ids;
    const last = ids.at(-1);
    // The same page again would be read for ever.
    if (first === undefined || last === undefined || compareIds(last, from) <= 0) return;
    from = last;
    yield { events, channel, oldest: first, newest: last };
    if (ids.length < pageSize) return;
  }
}

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
