import type { ChatRef, Reaction, StateEvent } from "@bridgebox/core/adapter";
import type { APIMessage, APIUser } from "discord.js";
import { messageOf } from "./ids.ts";
import { reactionOf } from "./reaction.ts";
import type { View } from "./view.ts";

/** One page of the people who reacted with one emoji. */
const mostReacted = 100;

/** All reactions of a message, asked for. */
export const readReactions = async (
  where: { readonly channel_id: string; readonly message_id: string },
  chat: ChatRef,
  view: View,
): Promise<readonly StateEvent[]> => {
  const { rest, signal } = view;
  const ask = { what: "The reactions were not read", signal, patient: true };
  const path = `/channels/${where.channel_id}/messages/${where.message_id}` as const;
  const message = await rest.call<APIMessage>("GET", path, ask);
  return reactionsIn(message, chat, view);
};

/** The reactions that a message has, with who gave them. */
export const reactionsIn = async (
  message: APIMessage,
  chat: ChatRef,
  { rest, signal, self }: View,
): Promise<readonly StateEvent[]> => {
  const set: Reaction[] = [];
  for (const { emoji } of message.reactions ?? []) {
    const key = emoji.id === null ? (emoji.name ?? "") : `${emoji.name}:${emoji.id}`;
    const path =
      `/channels/${message.channel_id}/messages/${message.id}/reactions/${encodeURIComponent(key)}` as const;
    const users = await rest.call<APIUser[]>("GET", path, {
      what: "The reactions were not read",
      signal,
      patient: true,
      query: { limit: mostReacted },
    });
    for (const user of users) if (user.id !== self) set.push(reactionOf(user.id, emoji, true));
  }
  const id = messageOf(message.id);
  return [{ kind: "reactions", chat, id, at: Date.now(), set, complete: "all" }];
};

/** All that is pinned now: Discord tells only that it changed. */
export const readPins = async (
  channel: string,
  chat: ChatRef,
  { rest, signal }: View,
): Promise<readonly StateEvent[]> => {
  const path = `/channels/${channel}/messages/pins` as const;
  const { items } = await rest.call<{ items: { message: APIMessage }[] }>("GET", path, {
    what: "The pins were not read",
    signal,
    patient: true,
    query: { limit: 50 },
  });
  const set = items.map(({ message }) => ({ id: messageOf(message.id), on: true }));
  return [{ kind: "pins", chat, at: Date.now(), set, complete: true }];
};
