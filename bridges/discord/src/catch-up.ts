import { BridgeError } from "@bridgebox/core/adapter";
import type { ChatRef, RemoteEvent } from "@bridgebox/core/adapter";
import type { APIMessage } from "discord.js";
import { readPage } from "./history.ts";
import { channelIn, compareIds, messageOf } from "./ids.ts";
import { editEvent, isOwnWebhook } from "./message.ts";
import { isDirect } from "./places.ts";
import { createEvents } from "./receive.ts";
import type { Reader } from "./receive.ts";
import type { View } from "./view.ts";

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
  const edits = await eachOf(older, view, async (message) => {
    const edited = Date.parse(message.edited_timestamp ?? "");
    if (!(edited >= since) || isOwnWebhook(message, view)) return [];
    const edit = await editEvent({ message, chat, guild }, view);
    return edit === undefined ? [] : [edit];
  });
  if (edits.length > 0) yield { events: edits, channel, newest: after };
  for (let from = after; ;) {
    const page: readonly APIMessage[] = await readPage(
      view,
      channel,
      { after: from, limit: 100 },
      view.signal,
    );
    const events = await eachOf(page, view, (message) =>
      createEvents({ message, chat, guild }, reader),
    );
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.id;
    yield { events, channel, newest: last.id };
    if (page.length < 100) return;
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

/** A channel has something newer than what is stored. */
export const isBehind = (stored: string | undefined, last: string | null | undefined): boolean =>
  stored !== undefined && typeof last === "string" && compareIds(last, stored) > 0;
