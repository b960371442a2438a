import type { Poll } from "../media/kinds.ts";
import { asPoll, asResults } from "../media/polls.ts";
import { boxFor, type Account, type Chat, type Post } from "../model.ts";
import { Api, long, now, RpcError } from "../tl.ts";
import { container, type Feed } from "../updates.ts";
import { asPeer, mentioned } from "../views.ts";
import { userMethod, type Method } from "./method.ts";
import { postIn } from "./send.ts";

/** Votes, and who gave them (core.telegram.org/api/poll). */
export const pollMethods: readonly Method[] = [
  userMethod(Api.messages.SendVote, (request, me, { world, feed }) => {
    const chat = world.chat(request.peer, me);
    const post = postIn(chat, me, request.msgId);
    const chosen = request.options.map((each) => each.toString("hex"));
    vote(feed, post, { by: me, options: chosen, here: true });
    const poll = pollIn(post);
    return container([pollUpdate(poll, me)], [me, chat], me);
  }),
  userMethod(Api.messages.GetPollVotes, (request, me, { world }) => {
    const poll = pollIn(postIn(world.chat(request.peer, me), me, request.id));
    if (!poll.open) throw new RpcError(403, "BROADCAST_FORBIDDEN");
    if (!poll.votes.has(me.id) && !poll.closed) throw new RpcError(403, "POLL_VOTE_REQUIRED");
    const cast = [...poll.votes].flatMap(([id, options]) => {
      const account = world.findAccount((each) => each.id === id);
      return account ? [{ account, options }] : [];
    });
    // The newest first, as clients show them.
    const from = Number(request.offset ?? 0);
    const listed = cast.toReversed().slice(from, from + request.limit);
    const next = from + listed.length;
    const votes = listed.map(({ account, options }) => {
      const who = { peer: asPeer(account), date: now() };
      const [option = "", ...more] = options;
      return more.length === 0
        ? new Api.MessagePeerVote({ ...who, option: Buffer.from(option, "hex") })
        : new Api.MessagePeerVoteMultiple({
            ...who,
            options: options.map((each) => Buffer.from(each, "hex")),
          });
    });
    return new Api.messages.VotesList({
      count: cast.length,
      votes,
      ...mentioned(
        listed.map(({ account }) => account),
        me,
      ),
      ...(next < cast.length ? { nextOffset: String(next) } : {}),
    });
  }),
];

/** Somebody votes, or takes it back by choosing nothing; `here`: it is answered to who voted. */
export function vote(
  feed: Feed,
  post: Post,
  { by, options, here = false }: { by: Account; options: readonly string[]; here?: boolean },
): void {
  const poll = pollIn(post);
  if (poll.closed) throw new RpcError(400, "MESSAGE_POLL_CLOSED");
  const known = new Set(poll.answers.map(({ option }) => option.toString("hex")));
  const valid = options.every((option) => known.has(option));
  if (!valid || (options.length > 1 && !poll.multiple)) throw new RpcError(400, "OPTION_INVALID");
  if (options.length === 0) poll.votes.delete(by.id);
  else poll.votes.set(by.id, options);
  for (const account of audience(post)) {
    if (account !== by || !here) feed.tell(account, pollUpdate(poll, account), [by]);
  }
  if (!post.from.bot || !poll.open) return;
  const chosen = options.map((option) => Buffer.from(option, "hex"));
  const about = { pollId: long(poll.id), peer: asPeer(by), options: chosen };
  feed.aside(post.from, (qts) => new Api.UpdateMessagePollVote({ ...about, qts }), [by]);
}

/** Everybody who can see a message. */
export function audience({ to, from }: Post): Iterable<Account> {
  const chat: Chat = to;
  return chat.kind === "user" ? new Set([chat, from]) : chat.members;
}

function pollUpdate(poll: Poll, viewer: Account): Api.UpdateMessagePoll {
  const pollId = long(poll.id);
  return new Api.UpdateMessagePoll({
    pollId,
    poll: asPoll(poll),
    results: asResults(poll, viewer.id),
  });
}

function pollIn({ media }: Post): Poll {
  if (media?.kind !== "poll") throw new RpcError(400, "MESSAGE_ID_INVALID");
  return media;
}

/** The number of a message for somebody. */
export function numberOf(post: Post, viewer: Account): number {
  return post.ids.get(boxFor(post.to, viewer)) ?? 0;
}
