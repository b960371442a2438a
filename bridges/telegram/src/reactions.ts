import type { ChatRef, MessageId, Reaction, RemoteEvent, UserId } from "@bridgebox/core/adapter";
import { fetchMessages, ifTold, reach, type Access, type Ask } from "./access.ts";
import { Api, decimal, long } from "./api/tl.ts";
import { unknownEmoji, type EmojiNames } from "./emoji-names.ts";
import { rpcName } from "./errors.ts";
import { fromPeer, messageNumber, senderId, type PeerId } from "./ids.ts";
import { emojiOf, emojiRef } from "./locator.ts";

/** What telling and giving reactions needs of a login. */
export interface Reacting {
  readonly access: Access;
  readonly emoji: EmojiNames;
}

type ReactionsEvent = Extract<RemoteEvent, { kind: "reactions" }>;

interface Told {
  readonly chat: ChatRef;
  readonly peer: PeerId;
  readonly id: MessageId;
  readonly reactions: Api.TypeMessageReactions | undefined;
}

const perPage = 100;
/** Whoever reacted beyond so many is a number to us. */
const mostListed = 500;

/**
 * Who has reacted with what: the whole set where Telegram tells it, else those that it names (also
 * where the rest cannot be had now). A broadcast channel names nobody.
 */
export const reactionsEvent = async (
  reacting: Reacting,
  { chat, peer, id, reactions }: Told,
  ask: Ask,
): Promise<ReactionsEvent> => {
  const base = { kind: "reactions", chat, id, at: Date.now() } as const;
  if (reactions === undefined) return { ...base, set: [], complete: "all" };
  const total = reactions.results.reduce((sum, { count }) => sum + count, 0);
  const recent = reactions.recentReactions ?? [];
  const listable = !reacting.access.bot && reactions.canSeeList === true;
  const whole = recent.length < total && listable && total <= mostListed;
  const { access } = reacting;
  const all = whole && (await ifTold(access, ask, () => listed(access, { peer, id }, ask)));
  const given = all || recent;
  const set: Reaction[] = [];
  for (const each of given) {
    const user = senderId(fromPeer(each.peerId));
    const reaction = await reactionOf(reacting, { user, reaction: each.reaction }, ask);
    if (reaction !== undefined) set.push({ ...reaction, at: each.date * 1000 });
  }
  return { ...base, set, complete: given.length >= total ? "all" : "delta" };
};

const listed = async (
  access: Access,
  { peer, id }: Pick<Told, "peer" | "id">,
  ask: Ask,
): Promise<readonly Api.MessagePeerReaction[]> => {
  const input = await access.peers.inputPeer(peer);
  const all: Api.MessagePeerReaction[] = [];
  if (input === undefined) return all;
  for (let offset: string | undefined = ""; offset !== undefined;) {
    const page: Api.messages.MessageReactionsList = await access.client.call(
      new Api.messages.GetMessageReactionsList({
        peer: input,
        id: messageNumber(id) ?? 0,
        limit: perPage,
        ...(offset === "" ? {} : { offset }),
      }),
      ask,
    );
    await access.learn(page.users, page.chats);
    all.push(...page.reactions);
    offset = page.reactions.length === 0 ? undefined : page.nextOffset;
  }
  return all;
};

/** What a bot hears: what one person's reactions were, and what they are. */
export const botReactionEvent = async (
  reacting: Reacting,
  update: Api.UpdateBotMessageReaction,
  { chat, id, ask }: Pick<Told, "chat" | "id"> & { readonly ask: Ask },
): Promise<ReactionsEvent> => {
  const user = senderId(fromPeer(update.actor));
  const set: Reaction[] = [];
  for (const reaction of update.newReactions) {
    const known = await reactionOf(reacting, { user, reaction }, ask);
    if (known !== undefined) set.push(known);
  }
  for (const reaction of update.oldReactions) {
    const known = await reactionOf(reacting, { user, reaction }, ask);
    const kept = known && set.some(({ emoji }) => emoji === known.emoji);
    if (known !== undefined && kept !== true) set.push({ ...known, on: false });
  }
  return { kind: "reactions", chat, id, at: update.date * 1000, set, complete: "delta" };
};

const reactionOf = async (
  { access, emoji }: Reacting,
  { user, reaction }: { readonly user: UserId; readonly reaction: Api.TypeReaction },
  ask: Ask,
): Promise<Reaction | undefined> => {
  if (reaction instanceof Api.ReactionEmoji) return { user, emoji: reaction.emoticon, on: true };
  if (reaction instanceof Api.ReactionPaid) return { user, emoji: "⭐", on: true };
  if (!(reaction instanceof Api.ReactionCustomEmoji)) return undefined;
  const id = decimal(reaction.documentId);
  const name = (await ifTold(access, ask, () => emoji.name(access, id, ask))) ?? unknownEmoji;
  return { user, emoji: `${name}:${id}`, custom: emojiRef(id), on: true };
};

const notSet = "The reaction was not set";

/**
 * Telegram takes the whole list of an account's reactions to a message, so what it has there is read
 * first. One more than is allowed takes the place of the oldest.
 */
export const react = async (
  { access }: Reacting,
  change: {
    readonly chat: ChatRef;
    readonly id: MessageId;
    readonly reaction: Api.TypeReaction;
    readonly on: boolean;
  },
  signal: AbortSignal,
): Promise<Api.TypeUpdates | undefined> => {
  const ask = { what: notSet, signal };
  const { input } = await reach(access, change.chat, notSet);
  const own = await ownReactions(access, change, ask);
  const others = own.filter((each) => !sameReaction(each, change.reaction));
  if (change.on === others.length < own.length) return undefined;
  const most = await mostPerUser(access);
  const reaction = change.on ? [...others, change.reaction].slice(-most) : others;
  const msgId = messageNumber(change.id) ?? 0;
  const request = new Api.messages.SendReaction({ peer: input, msgId, reaction });
  try {
    return await access.client.call<Api.TypeUpdates>(request, ask);
  } catch (error) {
    const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
    if (name === "MESSAGE_NOT_MODIFIED") return undefined;
    throw error;
  }
};

/** Without Premium one, with it three (core.telegram.org/api/config, reactions_user_max_*). */
export const mostPerUser = async (access: Access): Promise<number> =>
  (await access.peers.get(access.self))?.premium === true ? 3 : 1;

const ownReactions = async (
  access: Access,
  { chat, id }: { readonly chat: ChatRef; readonly id: MessageId },
  ask: Ask,
): Promise<readonly Api.TypeReaction[]> => {
  const { peer } = await reach(access, chat, ask.what);
  const { messages } = await fetchMessages(access, peer, { ids: [messageNumber(id) ?? 0], ask });
  const message = messages.find((each) => each instanceof Api.Message);
  const chosen = message?.reactions?.results.filter(({ chosenOrder }) => chosenOrder !== undefined);
  return (chosen ?? [])
    .sort((a, b) => (a.chosenOrder ?? 0) - (b.chosenOrder ?? 0))
    .map(({ reaction }) => reaction);
};

const sameReaction = (a: Api.TypeReaction, b: Api.TypeReaction): boolean => {
  if (a instanceof Api.ReactionEmoji && b instanceof Api.ReactionEmoji) {
    return a.emoticon === b.emoticon;
  }
  return (
    a instanceof Api.ReactionCustomEmoji &&
    b instanceof Api.ReactionCustomEmoji &&
    a.documentId.eq(b.documentId)
  );
};

/** What the core calls a reaction, as Telegram does: without the variation selector of an emoji. */
export const toReaction = ({
  emoji,
  custom,
}: Pick<Reaction, "emoji" | "custom">): Api.TypeReaction => {
  const id = emojiOf(custom);
  if (id !== undefined) return new Api.ReactionCustomEmoji({ documentId: long(id) });
  return new Api.ReactionEmoji({ emoticon: emoji.replaceAll("\uFE0F", "") });
};
