import type { Channel, Post } from "../model.ts";
import { SlackError } from "../model.ts";
import { callerOf, channelType, emptyPost, metadata, page, publish } from "./method.ts";
import type { Args, Context, Method, Methods } from "./method.ts";

const kinds: Readonly<Record<Channel["kind"], string>> = {
  public: "public_channel",
  private: "private_channel",
  mpim: "mpim",
  im: "im",
};

const listed = (args: Args, context: Context, fits: (channel: Channel) => boolean) => {
  const { world, views, token } = context;
  const types = (args["types"] ?? "public_channel").split(",");
  const all = [...world.channels.values()].filter(
    (one) =>
      types.includes(kinds[one.kind]) &&
      (args["exclude_archived"] !== "true" || !one.archived) &&
      fits(one),
  );
  const { items, next } = page(all, args, context.pageSize);
  return { channels: items.map((one) => views.channel(one, token.user)), ...metadata(next) };
};

const history: Method = (args, context) => {
  const { world, views, token } = context;
  const channel = world.channelFor(token, args["channel"]);
  if (token.user === undefined || !channel.members.has(token.user))
    throw new SlackError("not_in_channel");
  const main = channel.posts.filter(
    (one) =>
      one.threadTs === undefined || one.threadTs === one.ts || one.subtype === "thread_broadcast",
  );
  const { items, next } = page(between(main, args).toReversed(), args, context.pageSize);
  const whole = args["include_all_metadata"] === "true";
  return {
    messages: items.map((one) => views.post(one, { metadata: whole })),
    has_more: next !== "",
    pin_count: channel.pins.size,
    channel_actions_ts: null,
    channel_actions_count: 0,
    ...metadata(next),
  };
};

const replies: Method = (args, context) => {
  const { world, views, token } = context;
  const channel = world.channelFor(token, args["channel"]);
  const post = channel.posts.find(({ ts }) => ts === args["ts"]);
  if (!post) throw new SlackError("thread_not_found");
  const root = post.threadTs ?? post.ts;
  const thread =
    root === post.ts
      ? channel.posts.filter((one) => one.ts === root || one.threadTs === root)
      : [post];
  const { items, next } = page(between(thread, args), args, context.pageSize);
  const whole = args["include_all_metadata"] === "true";
  return {
    messages: items.map((one) => views.post(one, { metadata: whole })),
    has_more: next !== "",
    ...metadata(next),
  };
};

const between = (posts: readonly Post[], args: Args): readonly Post[] => {
  const { oldest = "0", latest = "9999999999.000000" } = args;
  const inclusive = args["inclusive"] === "true";
  return posts.filter(
    ({ ts }) =>
      (ts > oldest || (inclusive && ts === oldest)) &&
      (ts < latest || (inclusive && ts === latest)),
  );
};

/** The line in the conversation that tells its new topic. */
const noteTopic = (context: Context, channel: Channel): void =>
  publish(context, channel, {
    ...emptyPost(context.world.ts()),
    user: callerOf(context),
    subtype: "channel_topic",
    text: `set the channel topic: ${channel.topic}`,
    topic: channel.topic,
  });

export const conversationMethods: Methods = {
  "conversations.list": (args, context) =>
    listed(
      args,
      context,
      (one) =>
        one.kind === "public" ||
        (context.token.user !== undefined && one.members.has(context.token.user)),
    ),
  "users.conversations": (args, context) => {
    const caller = callerOf(context);
    const user = args["user"] === undefined ? caller : context.world.user(args["user"]);
    const shown = (one: Channel): boolean => one.kind === "public" || one.members.has(caller);
    return listed(args, context, (one) => one.members.has(user) && shown(one));
  },
  "conversations.info": (args, { world, views, token }) => ({
    channel: views.channel(world.channelFor(token, args["channel"]), token.user),
  }),
  "conversations.members": (args, context) => {
    const channel = context.world.channelFor(context.token, args["channel"]);
    const { items, next } = page([...channel.members], args, context.pageSize);
    return { members: items.map(({ id }) => id), ...metadata(next) };
  },
  "conversations.history": history,
  "conversations.replies": replies,
  "conversations.join": (args, context) => {
    const channel = context.world.channelFor(context.token, args["channel"]);
    if (channel.kind !== "public") throw new SlackError("method_not_supported_for_channel_type");
    if (channel.archived) throw new SlackError("is_archived");
    const user = callerOf(context);
    if (!channel.members.has(user)) enter(context, channel, user.id);
    return { channel: context.views.channel(channel, user) };
  },
  "conversations.leave": (args, context) => {
    const channel = context.world.channelFor(context.token, args["channel"]);
    leave(context, channel, callerOf(context).id);
    return {};
  },
  "conversations.open": (args, context) => {
    const users = (args["users"] ?? "").split(",").map((id) => context.world.user(id));
    const me = callerOf(context);
    const channel = context.world.direct([me, ...users.filter((one) => one !== me)]);
    return { channel: context.views.channel(channel, me) };
  },
  "conversations.create": (args, context) => {
    const name = args["name"] ?? "";
    const { world, views } = context;
    if (!/^[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u.test(name)) throw new SlackError("invalid_name_specials");
    if ([...world.channels.values()].some((one) => one.name === name))
      throw new SlackError("name_taken");
    const me = callerOf(context);
    const kind = args["is_private"] === "true" ? "private" : "public";
    return { channel: views.channel(world.addChannel(kind, name, [me]), me) };
  },
  "conversations.invite": (args, context) => {
    const channel = context.world.channelFor(context.token, args["channel"]);
    for (const id of (args["users"] ?? "").split(",")) {
      if (channel.members.has(context.world.user(id))) throw new SlackError("already_in_channel");
      enter(context, channel, id);
    }
    return { channel: context.views.channel(channel, callerOf(context)) };
  },
  "conversations.kick": (args, context) => {
    const channel = context.world.channelFor(context.token, args["channel"]);
    if (!channel.members.has(context.world.user(args["user"])))
      throw new SlackError("not_in_channel");
    leave(context, channel, args["user"] ?? "");
    return {};
  },
  "conversations.mark": (args, context) => {
    const channel = context.world.channelFor(context.token, args["channel"]);
    const user = callerOf(context);
    channel.read.set(user, args["ts"] ?? "");
    context.feed.toSessions(
      { type: "channel_marked", channel: channel.id, ts: args["ts"] ?? "" },
      (each) => each === user,
    );
    return {};
  },
  "conversations.setTopic": (args, context) => {
    const channel = context.world.channelFor(context.token, args["channel"]);
    channel.topic = args["topic"] ?? "";
    noteTopic(context, channel);
    return { channel: context.views.channel(channel, callerOf(context)) };
  },
  "conversations.rename": (args, context) => {
    const channel = context.world.channelFor(context.token, args["channel"]);
    rename(context, channel, args["name"] ?? "");
    return { channel: context.views.channel(channel, callerOf(context)) };
  },
};

type Acting = Pick<Context, "world" | "feed" | "views">;

export const rename = ({ feed }: Acting, channel: Channel, name: string): void => {
  channel.name = name;
  const kind = channel.kind === "private" ? "group" : "channel";
  const seen = {
    id: channel.id,
    name,
    name_normalized: name,
    created: channel.created,
    is_channel: channel.kind !== "mpim",
    is_mpim: channel.kind === "mpim",
  };
  feed.inChannel(channel, { type: `${kind}_rename`, channel: seen });
};

export const enter = ({ world, feed }: Acting, channel: Channel, id: string): void => {
  const user = world.user(id);
  channel.members.add(user);
  feed.inChannel(channel, {
    type: "member_joined_channel",
    user: user.id,
    channel: channel.id,
    channel_type: channel.kind === "private" ? "G" : "C",
    team: world.team.id,
  });
};

/** Whoever is left is told who left; who left is told that they did. */
export const leave = ({ world, feed }: Acting, channel: Channel, id: string): void => {
  const user = world.user(id);
  channel.members.delete(user);
  feed.inChannel(channel, {
    type: "member_left_channel",
    user: user.id,
    channel: channel.id,
    channel_type: channel.kind === "private" ? "G" : "C",
    team: world.team.id,
  });
  const type = channel.kind === "private" ? "group_left" : "channel_left";
  feed.tell({ type, channel: channel.id }, (each) => each === user);
};

export const archive = ({ feed }: Acting, channel: Channel, by: string): void => {
  channel.archived = true;
  const kind = channel.kind === "private" ? "group" : "channel";
  feed.inChannel(channel, { type: `${kind}_archive`, channel: channel.id, user: by, is_moved: 0 });
};

/** Typing, which only sessions see. */
export const typing = ({ feed }: Acting, channel: Channel, user: string): void =>
  feed.toSessions({ type: "user_typing", channel: channel.id, user }, (each) =>
    channel.members.has(each),
  );

export const typeOf = channelType;
