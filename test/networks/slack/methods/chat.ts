import type { Channel, Post, Wire, WireObject } from "../model.ts";
import { SlackError } from "../model.ts";
import { callerOf, changed, channelType, emptyPost, jsonOf, listOf, publish } from "./method.ts";
import type { Args, Context, Methods } from "./method.ts";

/** docs.slack.dev/reference/methods/chat.postMessage: longer texts are cut there, here refused. */
const longest = 40_000;

export const chatMethods: Methods = {
  "chat.postMessage": (args, context) => {
    const channel = placeOf(args, context);
    const post = written(args, context, channel);
    const same = channel.posts.find(
      (one) => post.clientMsgId !== undefined && one.clientMsgId === post.clientMsgId,
    );
    if (same) return { channel: channel.id, ts: same.ts, message: context.views.post(same) };
    publish(context, channel, post);
    return { channel: channel.id, ts: post.ts, message: context.views.post(post) };
  },

  "chat.meMessage": (args, context) => {
    const channel = placeOf(args, context);
    const post: Post = {
      ...emptyPost(context.world.ts()),
      user: callerOf(context),
      text: args["text"] ?? "",
      subtype: "me_message",
    };
    publish(context, channel, post);
    return { channel: channel.id, ts: post.ts };
  },

  "chat.update": (args, context) => {
    const { world, views, token } = context;
    const channel = world.channelFor(token, args["channel"]);
    const post = world.post(channel, args["ts"] ?? "");
    const own = token.kind === "bot" ? post.botId === token.user?.botId : post.user === token.user;
    if (!own) throw new SlackError("cant_update_message");
    const before = views.post(post);
    post.text = textOf(args);
    post.blocks = listOf(args["blocks"]) ?? post.blocks;
    post.edited = { user: callerOf(context).id, ts: world.ts() };
    changed(context, channel, { post, before });
    return { channel: channel.id, ts: post.ts, text: post.text, message: views.post(post) };
  },

  "chat.delete": (args, context) => {
    const { world, token } = context;
    const channel = world.channelFor(token, args["channel"]);
    const post = world.post(channel, args["ts"] ?? "");
    const own = token.kind === "bot" ? post.botId === token.user?.botId : post.user === token.user;
    if (!own) throw new SlackError("cant_delete_message");
    erase(context, channel, post);
    return { channel: channel.id, ts: post.ts };
  },
};

/** Takes a message away and tells everybody. */
export const erase = (
  { feed, views, world }: Pick<Context, "feed" | "views" | "world">,
  channel: Channel,
  post: Post,
): void => {
  const before = views.post(post);
  const answered = channel.posts.some((one) => one.threadTs === post.ts && one !== post);
  if (answered) return bury({ feed, views, world }, channel, { post, before });
  channel.posts.splice(channel.posts.indexOf(post), 1);
  const ts = world.ts();
  feed.inChannel(channel, {
    type: "message",
    subtype: "message_deleted",
    hidden: true,
    channel: channel.id,
    channel_type: channelType(channel),
    ts,
    event_ts: ts,
    deleted_ts: post.ts,
    previous_message: before,
  });
};

/** The root of a thread with answers stays, without its words. */
const bury = (
  acting: Pick<Context, "feed" | "views" | "world">,
  channel: Channel,
  { post, before }: { readonly post: Post; readonly before: WireObject },
): void => {
  Object.assign(post, {
    text: "This message was deleted.",
    subtype: "tombstone",
    blocks: undefined,
    files: [],
  });
  changed(acting, channel, { post, before });
};

/** A conversation that the caller may write to: its own, or with the right scope any public one. */
export const placeOf = (args: Args, context: Context): Channel => {
  const { world, token } = context;
  const id = args["channel"] ?? args["channel_id"];
  const person = id === undefined ? undefined : world.users.get(id);
  if (person) return world.direct([callerOf(context), person]);
  const channel = world.channelFor(token, id);
  if (channel.archived) throw new SlackError("is_archived");
  const inside = token.user !== undefined && channel.members.has(token.user);
  if (!inside && !token.scopes.has("chat:write.public")) throw new SlackError("not_in_channel");
  return channel;
};

const textOf = (args: Args): string => {
  const text = args["text"] ?? "";
  if (text === "" && args["blocks"] === undefined && args["attachments"] === undefined)
    throw new SlackError("no_text");
  if (text.length > longest) throw new SlackError("msg_too_long");
  return text;
};

const written = (args: Args, { world, token }: Context, channel: Channel): Post => {
  const named = args["username"] !== undefined || args["icon_url"] !== undefined;
  if (named && !token.scopes.has("chat:write.customize"))
    throw new SlackError("missing_scope", {
      needed: "chat:write.customize",
      provided: [...token.scopes].join(","),
    });
  const threadTs = args["thread_ts"];
  const root = threadTs === undefined ? undefined : channel.posts.find(({ ts }) => ts === threadTs);
  const answerable = root && (root.threadTs === undefined || root.threadTs === root.ts);
  if (threadTs !== undefined && !answerable) throw new SlackError("cannot_reply_to_message");
  const bot = token.kind === "bot";
  const broadcast = args["reply_broadcast"] === "true";
  return {
    ...emptyPost(world.ts()),
    user: named && bot ? undefined : token.user,
    text: textOf(args),
    subtype: named && bot ? "bot_message" : broadcast ? "thread_broadcast" : undefined,
    blocks: shared(args, world),
    attachments: listOf(args["attachments"]),
    threadTs,
    botId: bot ? token.user?.botId : undefined,
    appId: token.app?.id,
    username: named && bot ? args["username"] : undefined,
    icon: named && bot ? args["icon_url"] : undefined,
    clientMsgId: args["client_msg_id"],
    metadata: jsonOf(args["metadata"]) as Wire | undefined,
  };
};

/** Blocks may show a file of Slack's own, which is shared by that. */
const shared = (args: Args, world: Context["world"]): readonly Wire[] | undefined => {
  const blocks = listOf(args["blocks"]);
  for (const block of blocks ?? []) {
    const file =
      typeof block === "object" && block !== null && "slack_file" in block
        ? block["slack_file"]
        : undefined;
    const id = typeof file === "object" && file !== null && "id" in file ? file["id"] : undefined;
    if (typeof id === "string" && !world.uploaded(id)) throw new SlackError("invalid_blocks");
  }
  return blocks;
};
