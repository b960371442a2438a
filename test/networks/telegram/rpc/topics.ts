import { publish } from "../messages.ts";
import type { Account, Channel, Topic } from "../model.ts";
import { Api, RpcError } from "../tl.ts";
import { asPeer, castOf, mentioned } from "../views.ts";
import { asMessages } from "./history.ts";
import { method, userMethod, type Method } from "./method.ts";
import { ownUpdates } from "./send.ts";
import type { Feed } from "../updates.ts";
import type { Session } from "../mtproto/session.ts";

const MAX_PAGE = 100;

/** Forums (core.telegram.org/api/forum). */
export const topicMethods: readonly Method[] = [
  userMethod(Api.channels.CreateForumTopic, (request, me, { world, feed, session }) => {
    const channel = world.channel(request.channel, me);
    return ownUpdates(
      openTopic(feed, channel, { by: me, title: request.title, origin: session }),
      me,
      [],
    );
  }),
  method(Api.channels.GetForumTopicsByID, (request, me, { world }) => {
    const channel = world.channel(request.channel, me);
    const topics = topicsOf(channel);
    const found = request.topics.flatMap((id) => topics.get(id) ?? []);
    return listed(channel, found, me);
  }),
  userMethod(Api.channels.GetForumTopics, (request, me, { world }) => {
    const channel = world.channel(request.channel, me);
    const all = [...topicsOf(channel).values()].toReversed();
    const from = all.findIndex(({ id }) => request.offsetTopic === 0 || id < request.offsetTopic);
    return listed(channel, from === -1 ? [] : all.slice(from, from + request.limit), me);
  }),
  userMethod(Api.messages.GetReplies, (request, me, { world }) => {
    const channel = world.channel(request.peer, me);
    const { box } = channel;
    const all = [...box.posts.values()].filter(({ topic }) => topic === request.msgId).toReversed();
    const idOf = (post: (typeof all)[number]): number => post.ids.get(box) ?? 0;
    const from = all.findIndex((post) => request.offsetId === 0 || idOf(post) < request.offsetId);
    const start = Math.max(0, (from === -1 ? all.length : from) + request.addOffset);
    const page = all
      .slice(start, start + Math.min(request.limit, MAX_PAGE))
      .filter((post) => idOf(post) > request.minId);
    return new Api.messages.ChannelMessages({
      pts: box.pts,
      count: all.length,
      messages: asMessages(page, box, me),
      topics: [],
      ...mentioned(castOf(page).add(channel), me),
    });
  }),
];

/** A new topic, with the service message that it is known by. */
export function openTopic(
  feed: Feed,
  channel: Channel,
  { by, title, origin }: { by: Account; title: string; origin?: Session },
): ReturnType<typeof publish> {
  const topics = topicsOf(channel);
  const action = new Api.MessageActionTopicCreate({ title, iconColor: 0x6fb9f0 });
  const posted = publish(feed, { from: by, to: channel, action }, origin);
  const id = posted.post.ids.get(channel.box) ?? 0;
  topics.set(id, { id, title, from: by, date: posted.post.date });
  return posted;
}

function topicsOf(channel: Channel): Map<number, Topic> {
  if (!channel.topics) throw new RpcError(400, "CHANNEL_FORUM_MISSING");
  return channel.topics;
}

function newestIn({ box }: Channel, topic: number): number {
  const all = [...box.posts].filter(([, post]) => post.topic === topic);
  return all.at(-1)?.[0] ?? topic;
}

function listed(channel: Channel, topics: readonly Topic[], me: Account): Api.messages.ForumTopics {
  return new Api.messages.ForumTopics({
    count: channel.topics?.size ?? 0,
    topics: topics.map(
      ({ id, date, title, from }) =>
        new Api.ForumTopic({
          id,
          date,
          title,
          iconColor: 0x6fb9f0,
          topMessage: newestIn(channel, id),
          readInboxMaxId: 0,
          readOutboxMaxId: 0,
          unreadCount: 0,
          unreadMentionsCount: 0,
          unreadReactionsCount: 0,
          fromId: asPeer(from),
          notifySettings: new Api.PeerNotifySettings({}),
        }),
    ),
    messages: [],
    pts: channel.box.pts,
    ...mentioned([channel, ...topics.map(({ from }) => from)], me),
  });
}
