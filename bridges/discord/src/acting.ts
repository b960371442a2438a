import { BridgeError } from "@bridgebox/core/adapter";
import type { ChatRef, MediaRef, MessageId } from "@bridgebox/core/adapter";
import { channelFrom, listIn } from "./api/answers.ts";
import { codeOf, isUnknown } from "./errors.ts";
import { channelIn } from "./ids.ts";
import { emojiIn } from "./locator.ts";
import type { View } from "./view.ts";
import { fieldsOf, isId } from "./wire.ts";
import { keepSome } from "./keep-some.ts";

const channelOf = (chat: ChatRef, what: string): string => {
  const id = channelIn(chat);
  if (id !== undefined) return id;
  throw new BridgeError("not_found", `${what}: that is no channel of Discord.`, {
    reached: "no",
    scope: "chat",
  });
};

/** Discord wants an emoji with its variation, and a custom one with its id. */
const keyOf = (emoji: string, custom: MediaRef | undefined): string | undefined => {
  const own = custom && emojiIn(custom.locator);
  if (own !== undefined)
    return `${emoji.replaceAll(":", "").replaceAll(/\W/g, "_") || "emoji"}:${own.id}`;
  if (custom !== undefined || /^:\w+:$/.test(emoji)) return undefined;
  return emoji;
};

export const react = async (
  view: View,
  chat: ChatRef,
  reaction: {
    readonly id: MessageId;
    readonly emoji: string;
    readonly custom?: MediaRef;
    readonly on: boolean;
  },
  signal: AbortSignal,
): Promise<void> => {
  const { id, emoji, custom, on } = reaction;
  const what = on ? "The reaction was not added" : "The reaction was not taken back";
  const channel = channelOf(chat, what);
  const key = keyOf(emoji, custom) ?? (await serverEmoji(view, { channel, emoji, what }, signal));
  const call = { what, needs: "Add Reactions", signal };
  const pathOf = (spelled: string) =>
    `/channels/${channel}/messages/${id}/reactions/${encodeURIComponent(spelled)}/@me` as const;
  for (const spelled of spellings(key)) {
    try {
      await view.rest.call(on ? "PUT" : "DELETE", pathOf(spelled), call);
      return;
    } catch (thrown) {
      const last = spelled === spellings(key).at(-1);
      if (codeOf(thrown) === unknownEmoji && !last) continue;
      if (on || !isUnknown(thrown)) throw thrown;
      return;
    }
  }
};

const unknownEmoji = 10_014;

/** Discord takes one spelling of an emoji only: with its variation selector, or without. */
const spellings = (emoji: string): readonly string[] => {
  const bare = emoji.replaceAll("\ufe0f", "");
  return [...new Set([emoji, bare, `${bare}\ufe0f`])];
};

/** An emoji of the server by that name. */
const serverEmoji = async (
  { places, rest }: View,
  {
    channel,
    emoji,
    what,
  }: { readonly channel: string; readonly emoji: string; readonly what: string },
  signal: AbortSignal,
): Promise<string> => {
  const place = await places.channel(channel, { what, signal });
  const guild = "guild_id" in place ? place.guild_id : undefined;
  const name = emoji.replaceAll(":", "");
  if (guild !== undefined) {
    const answer = await rest.call("GET", `/guilds/${guild}/emojis`, { what, signal });
    const found = listIn(answer, what)
      .map(fieldsOf)
      .find((it) => it["name"] === name && isId(it["id"]));
    if (found !== undefined) return `${name}:${String(found["id"])}`;
  }
  throw new BridgeError("unsupported", `${what}: the server has no emoji :${name}:.`, {
    reached: "no",
    scope: "item",
  });
};

export const pin = async (
  view: View,
  chat: ChatRef,
  { id, on }: { readonly id: MessageId; readonly on: boolean },
  signal: AbortSignal,
): Promise<void> => {
  const what = on ? "The message was not pinned" : "The message was not unpinned";
  const path = `/channels/${channelOf(chat, what)}/messages/pins/${id}` as const;
  await view.rest.call(on ? "PUT" : "DELETE", path, { what, needs: "Pin Messages", signal });
};

export const closePoll = async (
  view: View,
  chat: ChatRef,
  id: MessageId,
  signal: AbortSignal,
): Promise<void> => {
  const what = "The poll was not ended";
  const path = `/channels/${channelOf(chat, what)}/polls/${id}/expire` as const;
  await view.rest.call("POST", path, { what, signal }).catch((thrown: unknown) => {
    // 520001: it has ended already.
    if (codeOf(thrown) !== 520_001) throw thrown;
  });
};

export const startChat = async (view: View, user: string, signal: AbortSignal): Promise<string> => {
  const ask = { what: "The private chat was not opened", signal };
  const body = { recipient_id: user };
  const answer = await view.rest.call("POST", "/users/@me/channels", { ...ask, body });
  const channel = channelFrom(answer, ask.what, "unknown");
  view.places.keep(channel);
  return channel.id;
};

/** Discord shows typing for ten seconds, so that it is said again only after eight. */
const typingEvery = 8000;
const shortCall = 5000;

export const createTyping = (view: View): ((chat: ChatRef, what: "text" | "none") => void) => {
  const said = new Map<string, number>();
  return (chat, kind) => {
    const id = channelIn(chat);
    if (id === undefined || kind === "none") return;
    const now = Date.now();
    if (now - (said.get(id) ?? 0) < typingEvery) return;
    keepSome(said, id, now, 1000);
    const call = { what: "Typing was not shown", signal: view.signal, deadline: shortCall };
    view.rest.call("POST", `/channels/${id}/typing`, call).catch(() => undefined);
  };
};
