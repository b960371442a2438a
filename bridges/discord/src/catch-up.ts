import type { ChatRef, RemoteEvent } from "@bridgebox/core/adapter";
import type { APIMessage } from "discord.js";
import { readPage } from "./history.ts";
import { channelIn, compareIds, messageOf } from "./ids.ts";
import { editEvent, isOwnWebhook } from "./message.ts";
import { isDirect } from "./places.ts";
import { createEvents } from "./receive.ts";
import type { Reader } from "./receive.ts";

/** What was missed in one chat, in pages: each with the newest message that it holds. */
export interface Missed {
  readonly events: readonly RemoteEvent[];
  readonly channel: string;
  readonly newest: string;
}

/** How far back edits are looked for that happened in an outage. */
const lookedBack = 50;
const what = "What was missed was not read";

/**
 * After a session that could not be gone on with: what a channel got since the last message that was
 * stored, and what of the last page before it was edited since.
 */
export async function* missedIn(
  reader: Reader,
  chat: ChatRef,
  { after, since }: { readonly after: string; readonly since: number },
): AsyncGenerator<Missed> {
  const { view } = reader;
  const channel = channelIn(chat);
  if (channel === undefined) return;
  const place = await view.places.channel(channel, { what, signal: view.signal });
  const guild = isDirect(place) ? undefined : place.guild_id;
  const before = String(BigInt(after) + 1n);
  const older = await readPage(view, channel, { before, limit: lookedBack }, view.signal);
  const edits: RemoteEvent[] = [];
  for (const message of older) {
    const edited = Date.parse(message.edited_timestamp ?? "");
    if (!(edited >= since) || isOwnWebhook(message, view)) continue;
    const edit = await editEvent({ message, chat, guild }, view);
    if (edit !== undefined) edits.push(edit);
  }
  if (edits.length > 0) yield { events: edits, channel, newest: after };
  for (let from = after; ;) {
    const page: readonly APIMessage[] = await readPage(
      view,
      channel,
      { after: from, limit: 100 },
      view.signal,
    );
    const events: RemoteEvent[] = [];
    for (const message of page)
      events.push(...(await createEvents({ message, chat, guild }, reader)));
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.id;
    yield { events, channel, newest: last.id };
    if (page.length < 100) return;
  }
}

/** Said where a channel cannot be read any more, though it was before. */
export const gapIn = (chat: ChatRef, after: string): RemoteEvent => ({
  kind: "gap",
  chat,
  from: messageOf(after),
  healable: false,
  at: Date.now(),
});

/** A channel has something newer than what is stored. */
export const isBehind = (stored: string | undefined, last: string | null | undefined): boolean =>
  stored !== undefined && typeof last === "string" && compareIds(last, stored) > 0;
