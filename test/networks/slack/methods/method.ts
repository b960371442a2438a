import type { Channel, Post, Token, User, Wire, WireObject } from "../model.ts";
import { isWireObject, SlackError } from "../model.ts";
import type { Feed } from "../feed.ts";
import type { Views } from "../views.ts";
import type { World } from "../world.ts";

export type Args = Readonly<Record<string, string | undefined>>;

/** What a method works with. */
export interface Context {
  readonly world: World;
  readonly feed: Feed;
  readonly views: Views;
  readonly token: Token;
  readonly base: string;
  /** How many things a page has, whatever was asked for. */
  readonly pageSize: number;
}

export type Method = (args: Args, context: Context) => WireObject;
export type Methods = Readonly<Record<string, Method>>;

/** The person behind a token. */
export const callerOf = ({ token }: Context): User => {
  if (!token.user) throw new SlackError("not_allowed_token_type");
  return token.user;
};

export const jsonOf = (text: string | undefined): unknown =>
  text === undefined ? undefined : JSON.parse(text);

export const listOf = (text: string | undefined): readonly Wire[] | undefined => {
  const list: unknown = jsonOf(text);
  return Array.isArray(list) ? (list as readonly Wire[]) : undefined;
};

/** What Slack calls the kind of a conversation in the events of its messages. */
export const channelType = ({ kind }: Channel): string =>
  ({ public: "channel", private: "group", mpim: "mpim", im: "im" })[kind];

/** One page of a list, and where the next one begins. */
export const page = <T>(
  all: readonly T[],
  args: Args,
  most: number,
): { readonly items: readonly T[]; readonly next: string } => {
  const from = args["cursor"] ? Number(Buffer.from(args["cursor"], "base64").toString()) : 0;
  const size = Math.min(Number(args["limit"] ?? 100) || 100, most);
  const end = from + size;
  const next = end < all.length ? Buffer.from(String(end)).toString("base64") : "";
  return { items: all.slice(from, end), next };
};

export const metadata = (next: string): WireObject => ({
  response_metadata: { next_cursor: next },
});

/** Stores a message and tells everybody of it. */
export const publish = (
  { feed, views }: Pick<Context, "feed" | "views">,
  channel: Channel,
  post: Post,
): void => {
  channel.posts.push(post);
  feed.events.emit("post", post, channel);
  feed.inChannel(channel, {
    ...views.post(post),
    channel: channel.id,
    channel_type: channelType(channel),
    event_ts: post.ts,
  });
};

/** Tells everybody that a message is different now. */
export const changed = (
  { feed, views, world }: Pick<Context, "feed" | "views" | "world">,
  channel: Channel,
  { post, before }: { readonly post: Post; readonly before: WireObject },
): void => {
  const ts = world.ts();
  feed.inChannel(channel, {
    type: "message",
    subtype: "message_changed",
    hidden: true,
    channel: channel.id,
    channel_type: channelType(channel),
    ts,
    event_ts: ts,
    message: views.post(post),
    previous_message: before,
  });
};

export const emptyPost = (ts: string): Post => ({
  ts,
  user: undefined,
  text: "",
  subtype: undefined,
  blocks: undefined,
  attachments: undefined,
  threadTs: undefined,
  botId: undefined,
  appId: undefined,
  username: undefined,
  icon: undefined,
  topic: undefined,
  clientMsgId: undefined,
  metadata: undefined,
  files: [],
  edited: undefined,
  reactions: [],
});

export const isObject = isWireObject;
