import type { ChatRef, Reaction, StateEvent } from "@bridgebox/core/adapter";
import type { APIMessage } from "discord.js";
import { idIn, listIn, messageFrom } from "./api/answers.ts";
import { messageOf } from "./ids.ts";
import { readPeople } from "./people.ts";
import { reactionOf } from "./reaction.ts";
import type { View } from "./view.ts";
import { fieldsOf } from "./wire.ts";

/** So many reactions of one message are asked for: with more, nothing is said of those that are not named. */
const mostReacted = 2000;
const reacted = "The reactions were not read";
const unpinned = "The pins were not read";
/** Discord takes 250 pins in a channel, 50 of them in a page. */
const mostPages = 20;

/** All reactions of a message, asked for. */
export const readReactions = async (
  where: { readonly channel_id: string; readonly message_id: string },
  chat: ChatRef,
  view: View,
): Promise<readonly StateEvent[]> => {
  const { rest, signal } = view;
  const ask = { what: reacted, signal, patient: true };
  const path = `/channels/${where.channel_id}/messages/${where.message_id}` as const;
  const message = messageFrom(await rest.call("GET", path, ask), reacted);
  return reactionsIn(message, chat, view);
};

/** The reactions that a message has, with who gave them. */
export const reactionsIn = async (
  message: APIMessage,
  chat: ChatRef,
  view: View,
): Promise<readonly StateEvent[]> => {
  const set: Reaction[] = [];
  let whole = true;
  for (const { emoji, count_details: counts } of message.reactions ?? []) {
    const key = emoji.id === null ? (emoji.name ?? "") : `${emoji.name}:${emoji.id}`;
    const path =
      `/channels/${message.channel_id}/messages/${message.id}/reactions/${encodeURIComponent(key)}` as const;
    const people = new Set<string>();
    for (const type of counts.burst > 0 ? [0, 1] : [0]) {
      const most = mostReacted - set.length - people.size;
      const read = await readPeople(view, path, { what: reacted, most, query: { type } });
      for (const id of read.ids) people.add(id);
      whole &&= read.whole;
    }
    people.delete(view.self);
    for (const id of people) set.push(reactionOf(id, emoji, true));
  }
  const id = messageOf(message.id);
  const complete = whole ? "all" : "delta";
  return [{ kind: "reactions", chat, id, at: Date.now(), set, complete }];
};

/** All that is pinned now: Discord tells only that it changed. */
export const readPins = async (
  channel: string,
  chat: ChatRef,
  { rest, signal }: View,
): Promise<readonly StateEvent[]> => {
  const path = `/channels/${channel}/messages/pins` as const;
  const ask = { what: unpinned, signal, patient: true };
  const pinned = new Set<string>();
  let complete = false;
  for (let page = 0, before = {}; page < mostPages && !complete; page += 1) {
    const query = { limit: 50, ...before };
    const { items, more, last } = pinsIn(await rest.call("GET", path, { ...ask, query }));
    for (const id of items) pinned.add(id);
    complete = !more;
    if (last === undefined) break;
    before = { before: last };
  }
  const set = Array.from(pinned, (id) => ({ id: messageOf(id), on: true }));
  return [{ kind: "pins", chat, at: Date.now(), set, complete }];
};

/**
 * docs.discord.com/developers/resources/message#get-channel-pins: the messages that are pinned, and when
 * the last of them was.
 */
const pinsIn = (answer: unknown) => {
  const { items, has_more: more } = fieldsOf(answer);
  const pins = listIn(items, unpinned).map(fieldsOf);
  const last = pins.at(-1)?.["pinned_at"];
  return {
    items: pins.map(({ message }) => idIn(message, unpinned)),
    more: more === true,
    last: typeof last === "string" ? last : undefined,
  };
};
