import type { Channel, Post, User } from "../model.ts";
import { SlackError } from "../model.ts";
import { callerOf } from "./method.ts";
import type { Context, Methods } from "./method.ts";

export const reactionMethods: Methods = {
  "reactions.add": (args, context) => {
    const { channel, post } = target(args["channel"], args["timestamp"], context);
    react(context, channel, { post, user: callerOf(context), name: args["name"] ?? "" });
    return {};
  },
  "reactions.remove": (args, context) => {
    const { channel, post } = target(args["channel"], args["timestamp"], context);
    unreact(context, channel, { post, user: callerOf(context), name: args["name"] ?? "" });
    return {};
  },
  "pins.add": (args, context) => {
    const { channel, post } = target(args["channel"], args["timestamp"], context);
    if (channel.pins.has(post.ts)) throw new SlackError("already_pinned");
    pin(context, channel, { post, user: callerOf(context), on: true });
    return {};
  },
  "pins.remove": (args, context) => {
    const { channel, post } = target(args["channel"], args["timestamp"], context);
    if (!channel.pins.has(post.ts)) throw new SlackError("no_pin");
    pin(context, channel, { post, user: callerOf(context), on: false });
    return {};
  },
  "pins.list": (args, { world, token, views }) => {
    const channel = world.channelFor(token, args["channel"]);
    const items = [...channel.pins].map((ts) => ({
      type: "message",
      channel: channel.id,
      created: 0,
      created_by: channel.creator?.id,
      message: views.post(world.post(channel, ts)),
    }));
    return { items };
  },
};

const target = (channelId: string | undefined, ts: string | undefined, context: Context) => {
  const channel = context.world.channelFor(context.token, channelId);
  return { channel, post: context.world.post(channel, ts ?? "") };
};

type Acting = Pick<Context, "world" | "feed">;
interface Reacting {
  readonly post: Post;
  readonly user: User;
  readonly name: string;
}

export const react = (acting: Acting, channel: Channel, { post, user, name }: Reacting): void => {
  const known = post.reactions.find((each) => each.name === name);
  if (known?.users.includes(user)) throw new SlackError("already_reacted");
  if (known) known.users.push(user);
  else post.reactions.push({ name, users: [user] });
  tellReaction(acting, channel, { type: "reaction_added", reacting: { post, user, name } });
};

export const unreact = (acting: Acting, channel: Channel, { post, user, name }: Reacting): void => {
  const known = post.reactions.find((each) => each.name === name);
  if (!known?.users.includes(user)) throw new SlackError("no_reaction");
  known.users.splice(known.users.indexOf(user), 1);
  if (known.users.length === 0) post.reactions.splice(post.reactions.indexOf(known), 1);
  tellReaction(acting, channel, { type: "reaction_removed", reacting: { post, user, name } });
};

const tellReaction = (
  { feed }: Acting,
  channel: Channel,
  { type, reacting: { post, user, name } }: { readonly type: string; readonly reacting: Reacting },
): void =>
  feed.inChannel(channel, {
    type,
    user: user.id,
    reaction: name,
    ...(post.user === undefined ? {} : { item_user: post.user.id }),
    item: { type: "message", channel: channel.id, ts: post.ts },
  });

export const pin = (
  { world, feed }: Acting,
  channel: Channel,
  { post, user, on }: { readonly post: Post; readonly user: User; readonly on: boolean },
): void => {
  if (on) channel.pins.add(post.ts);
  else channel.pins.delete(post.ts);
  feed.inChannel(channel, {
    type: on ? "pin_added" : "pin_removed",
    user: user.id,
    channel_id: channel.id,
    item: {
      type: "message",
      channel: channel.id,
      created: Math.floor(Number(world.ts())),
      created_by: user.id,
      message: { type: "message", ts: post.ts, text: post.text },
    },
    ...(on ? {} : { has_pins: channel.pins.size > 0 }),
  });
};
