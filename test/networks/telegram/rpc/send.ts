import { amend, checkCaption, checkText, erase, mayWrite, publish } from "../messages.ts";
import type { Posted } from "../messages.ts";
import { boxFor, type Account, type Chat, type Post } from "../model.ts";
import { Api, given, long, RpcError } from "../tl.ts";
import { asUpdate, container } from "../updates.ts";
import { castOf } from "../views.ts";
import type { World } from "../world.ts";
import { changedMedia } from "./input-media.ts";
import { method, type Call, type Method } from "./method.ts";

/** Sending, editing and deleting (core.telegram.org/method/messages.sendMessage and its kin). */
export const sendMethods: readonly Method[] = [
  method(Api.messages.SendMessage, (request, me, call) => {
    const to = writable(request.peer, me, call);
    const entities = asEntities(request.entities, me, call.world);
    checkText(request.message, entities);
    const answered = repliedTo(request.replyTo, to, me);
    const randomId = useRandomId(me, request.randomId);
    const content = { from: me, to, text: request.message, entities };
    const posted = publish(call.feed, { ...content, ...answered }, call.session);
    return sentReply(posted, { me, randomId, call });
  }),
  method(Api.messages.EditMessage, (request, me, call) => {
    const chat = call.world.chat(request.peer, me);
    const post = postIn(chat, me, request.id);
    if (post.from !== me || post.action) throw new RpcError(403, "MESSAGE_AUTHOR_REQUIRED");
    const text = request.message ?? "";
    const entities = asEntities(request.entities, me, call.world);
    const media = request.media && changedMedia(request.media, post, { me, call });
    const said =
      request.message === undefined || request.message === null ? post : { text, entities };
    if (post.media) checkCaption(said.text, said.entities);
    else checkText(said.text, said.entities);
    if (!media && said.text === post.text && sameEntities(said.entities, post.entities)) {
      throw new RpcError(400, "MESSAGE_NOT_MODIFIED");
    }
    const change = { text: said.text, entities: said.entities, media, origin: call.session };
    return ownUpdates(amend(call.feed, post, change), me, []);
  }),
  method(Api.messages.DeleteMessages, (request, me, call) => {
    const posts = request.id.flatMap((id) => me.box.posts.get(id) ?? []);
    const revoke = request.revoke ?? false;
    if (revoke && posts.some((post) => !mayRevoke(post, me))) {
      throw new RpcError(403, "MESSAGE_DELETE_FORBIDDEN");
    }
    const options = { origin: call.session, ...(revoke ? {} : { only: me.box }) };
    const count = erase(call.feed, posts, options).get(me.box)?.count ?? 0;
    return new Api.messages.AffectedMessages({ pts: me.box.pts, ptsCount: count });
  }),
  method(Api.channels.DeleteMessages, (request, me, call) => {
    const { box } = call.world.channel(request.channel, me);
    const posts = request.id.flatMap((id) => box.posts.get(id) ?? []);
    if (posts.some((post) => !mayRevoke(post, me))) {
      throw new RpcError(403, "MESSAGE_DELETE_FORBIDDEN");
    }
    const count = erase(call.feed, posts, { origin: call.session }).get(box)?.count ?? 0;
    return new Api.messages.AffectedMessages({ pts: box.pts, ptsCount: count });
  }),
];

/** The message a request names by the number it has for this account. */
export function postIn(chat: Chat, me: Account, id: Api.messages.SendVote["msgId"]): Post {
  const box = boxFor(chat, me);
  const post = typeof id === "number" ? box.posts.get(id) : undefined;
  if (!post || !box.threads.get(chat)?.has(post)) throw new RpcError(400, "MESSAGE_ID_INVALID");
  return post;
}

/** The chat a request writes to; refused where the account may not. */
export function writable(peer: unknown, me: Account, { world }: Call): Chat {
  const to = world.chat(peer, me);
  if (!mayWrite(me, to)) throw new RpcError(403, "CHAT_WRITE_FORBIDDEN");
  return to;
}

/** A number by which a repetition is refused. */
export function useRandomId(me: Account, randomId: Api.long | undefined): Api.long {
  if (!randomId || randomId.isZero()) throw new RpcError(400, "RANDOM_ID_EMPTY");
  if (me.randomIds.has(randomId.toString())) throw new RpcError(500, "RANDOM_ID_DUPLICATE");
  me.randomIds.add(randomId.toString());
  return randomId;
}

/** What a send is answered with: the numbers, and the message as an update. */
export function sentReply(
  posted: Posted,
  { me, randomId, call }: { me: Account; randomId: Api.long; call: Call },
): Api.TypeUpdates {
  const { post } = posted;
  const box = boxFor(post.to, me);
  const change = posted.changes.get(box);
  const id = post.ids.get(box);
  if (!change || id === undefined) throw new Error("a message is missing from its sender's box");
  if (call.shortUpdates && post.to.kind === "user") {
    const entities = post.entities.length > 0 ? [...post.entities] : undefined;
    const { pts, count: ptsCount } = change;
    return new Api.UpdateShortSentMessage(
      given({ out: true, id, pts, ptsCount, date: post.date, entities }),
    );
  }
  return ownUpdates(posted, me, [new Api.UpdateMessageID({ id, randomId })]);
}

/** A change of one's own as the answer to its request. */
export function ownUpdates(
  { post, changes }: Posted,
  me: Account,
  first: Api.TypeUpdate[],
): Api.Updates {
  const box = boxFor(post.to, me);
  const change = changes.get(box);
  const update = change && asUpdate(change, box, me);
  return container([...first, ...(update ? [update] : [])], castOf([post]), me);
}

/** What a message answers: in a forum, the message that began the topic stands for no answer. */
export function repliedTo(
  reply: unknown,
  to: Chat,
  me: Account,
): { replyTo?: Post; quote?: string; topic?: number } {
  if (!(reply instanceof Api.InputReplyToMessage)) return {};
  const topics = to.kind === "channel" ? to.topics : undefined;
  const topic = reply.topMsgId ?? undefined;
  if (topic !== undefined && !topics?.has(topic)) throw new RpcError(400, "TOPIC_ID_INVALID");
  if (topics?.has(reply.replyToMsgId)) return { topic: reply.replyToMsgId };
  const box = boxFor(to, me);
  const replyTo = box.posts.get(reply.replyToMsgId);
  if (!replyTo || !box.threads.get(to)?.has(replyTo)) {
    throw new RpcError(400, "REPLY_MESSAGE_ID_INVALID");
  }
  const quote = reply.quoteText ?? undefined;
  if (quote !== undefined && !replyTo.text.includes(quote)) {
    throw new RpcError(400, "QUOTE_TEXT_INVALID");
  }
  return given({ replyTo, quote, topic });
}

function mayRevoke(post: Post, me: Account): boolean {
  return post.from === me || post.to.kind === "user" || post.to.admins.has(me);
}

/** Entities as everybody sees them. */
export function asEntities(
  entities: Api.TypeMessageEntity[] | null | undefined,
  me: Account,
  world: World,
): Api.TypeMessageEntity[] {
  return (entities ?? []).map((entity) => {
    if (!(entity instanceof Api.InputMessageEntityMentionName)) return entity;
    const { offset, length } = entity;
    const userId = long(world.account(entity.userId, me).id);
    return new Api.MessageEntityMentionName({ offset, length, userId });
  });
}

function sameEntities(
  left: readonly Api.TypeMessageEntity[],
  right: readonly Api.TypeMessageEntity[],
): boolean {
  const bytes = (list: readonly Api.TypeMessageEntity[]): Buffer =>
    Buffer.concat(list.map((entity) => entity.getBytes()));
  return bytes(left).equals(bytes(right));
}
