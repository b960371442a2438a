import { asDocument } from "../media/attachment.ts";
import { threadOf, type Account, type Chat, type Post } from "../model.ts";
import { Api, long, now, RpcError, toBigInt } from "../tl.ts";
import { container, type Feed } from "../updates.ts";
import { asPeer, asReactions, castOf, mentioned } from "../views.ts";
import { method, userMethod, type Method } from "./method.ts";
import { audience, numberOf } from "./polls.ts";
import { postIn } from "./send.ts";

/** What a chat that allows all reactions allows to those without premium. */
const STANDARD = ["👍", "👎", "❤", "🔥", "🎉", "😁", "😢", "🤔", "💩", "👏"];
const MOST_OF_PREMIUM = 3;

/** Reactions and custom emoji (core.telegram.org/api/reactions). */
export const reactionMethods: readonly Method[] = [
  method(Api.messages.SendReaction, (request, me, { world, feed }) => {
    const chat = world.chat(request.peer, me);
    const post = postIn(chat, me, request.msgId);
    react(feed, post, { by: me, reactions: request.reaction ?? [], here: true });
    return container([reactionUpdate(post, me)], castOf([post]).add(me), me);
  }),
  userMethod(Api.messages.GetMessageReactionsList, (request, me, { world }) => {
    const post = postIn(world.chat(request.peer, me), me, request.id);
    if (post.to.kind === "channel" && post.to.broadcast) {
      throw new RpcError(403, "BROADCAST_FORBIDDEN");
    }
    const all = [...post.reactions].flatMap(([account, chosen]) =>
      chosen.map(({ reaction, date }) => {
        const my = account === me;
        return new Api.MessagePeerReaction({ my, peerId: asPeer(account), date, reaction });
      }),
    );
    const from = Number(request.offset ?? 0);
    const reactions = all.slice(from, from + request.limit);
    const next = from + reactions.length;
    return new Api.messages.MessageReactionsList({
      count: all.length,
      reactions,
      ...mentioned(post.reactions.keys(), me),
      ...(next < all.length ? { nextOffset: String(next) } : {}),
    });
  }),
  userMethod(Api.messages.GetAvailableReactions, () => {
    const nothing = new Api.DocumentEmpty({ id: long(0) });
    const pictures = {
      staticIcon: nothing,
      appearAnimation: nothing,
      selectAnimation: nothing,
      activateAnimation: nothing,
      effectAnimation: nothing,
    };
    const reactions = STANDARD.map(
      (reaction) => new Api.AvailableReaction({ reaction, title: reaction, ...pictures }),
    );
    return new Api.messages.AvailableReactions({ hash: 1, reactions });
  }),
  method(Api.messages.GetCustomEmojiDocuments, (request, _me, { files }) =>
    request.documentId.map((id) => {
      const document = files.attachments.get(toBigInt(id));
      return document?.kind === "document" ? asDocument(document) : new Api.DocumentEmpty({ id });
    }),
  ),
];

/** Somebody's reactions are these from now on; `here`: it is answered to who reacted. */
export function react(
  feed: Feed,
  post: Post,
  {
    by,
    reactions,
    here = false,
  }: { by: Account; reactions: readonly Api.TypeReaction[]; here?: boolean },
): void {
  const most = by.premium ? MOST_OF_PREMIUM : 1;
  if (reactions.length > most) throw new RpcError(400, "REACTIONS_TOO_MANY");
  for (const reaction of reactions) if (!allowed(reaction, post.to, by)) refuse();
  const before = post.reactions.get(by) ?? [];
  const after = reactions.map((reaction) => ({ reaction, date: now() }));
  if (after.length === 0) post.reactions.delete(by);
  else post.reactions.set(by, after);
  for (const account of audience(post)) {
    if (account === by && here) continue;
    if (!account.bot) feed.tell(account, reactionUpdate(post, account), castOf([post]).add(by));
    else if (post.to.kind !== "user" && post.to.admins.has(account)) {
      const change = {
        peer: asPeer(threadOf(post, account)),
        msgId: numberOf(post, account),
        date: now(),
        actor: asPeer(by),
        oldReactions: before.map(({ reaction }) => reaction),
        newReactions: [...reactions],
      };
      const update = (qts: number) => new Api.UpdateBotMessageReaction({ ...change, qts });
      feed.aside(account, update, castOf([post]).add(by));
    }
  }
}

function allowed(reaction: Api.TypeReaction, chat: Chat, by: Account): boolean {
  const some = chat.kind === "user" || chat.reactions === "all" ? undefined : chat.reactions;
  if (reaction instanceof Api.ReactionEmoji) {
    return (some ?? STANDARD).includes(reaction.emoticon);
  }
  return reaction instanceof Api.ReactionCustomEmoji && by.premium && some === undefined;
}

function refuse(): never {
  throw new RpcError(400, "REACTION_INVALID");
}

function reactionUpdate(post: Post, viewer: Account): Api.UpdateMessageReactions {
  return new Api.UpdateMessageReactions({
    peer: asPeer(threadOf(post, viewer)),
    msgId: numberOf(post, viewer),
    reactions: asReactions(post, viewer),
    ...(post.topic === undefined ? {} : { topMsgId: post.topic }),
  });
}
