import { SlackServer, type Channel, type Post, type User } from "../../networks/slack/index.ts";
import { Refusal } from "../types.ts";
import { following, namer, type Deed, type Place, type Seen } from "./place.ts";
import { samplePicture } from "./sample-picture.ts";

const channelName = "lobby";
/** The names that Slack has for what the page offers. */
const emojiNames: Readonly<Record<string, string>> = { "👍": "+1", "🎉": "tada" };
const namedEmoji = new Map(Object.entries(emojiNames).map(([emoji, name]) => [name, emoji]));

/** A Slack workspace with Sam in it, and the box's app. */
export const openSlack = async (): Promise<Place> => {
  const server = await SlackServer.listen();
  const { app, bot, botToken } = server.addApp();
  const sam = server.addUser("sam", { displayName: "Sam" });
  const lobby = server.addChannel(channelName, [sam]);
  const posts = namer<Post>("slack");
  return {
    id: "slack",
    name: "Slack",
    section: {
      type: "slack",
      bot_token: botToken.text,
      app_token: app.appToken,
      api_url: server.apiUrl,
    },
    chats: { lobby: `#${channelName}` },
    rooms: { lobby: { label: `#${channelName}`, speakers: ["Sam"] } },
    can: ["say", "thread", "react", "edit", "delete", "picture"],
    limit: {
      seconds: 12,
      press() {
        server.limit("chat.postMessage", this.seconds);
      },
    },
    do: async (deed) => act(server, { lobby, sam }, { deed, target: posts.of(deed.target) }),
    seen: (room) =>
      room === "lobby"
        ? lobby.posts.filter(isSaid).map((post) => shown(server, post, { posts, lobby }))
        : [],
    follow: following(server),
    hears: () => server.feed.sockets > 0 && lobby.members.has(bot),
    picture: (id) => pictureOf(server, posts.of(id)),
    close: () => server.close(),
  };
};

/** Not one of the lines by which Slack tells of a change in the channel. */
const isSaid = ({ subtype = "" }: Post): boolean =>
  !/^(?:channel|group)_|tombstone|pinned_item/.test(subtype);

const act = (
  server: SlackServer,
  { lobby, sam }: { readonly lobby: Channel; readonly sam: User },
  { deed: { what, text }, target }: { readonly deed: Deed; readonly target: Post | undefined },
): void => {
  if (what === "say") return void server.say(sam, lobby, text);
  if (what === "picture") {
    const { name, type: mime, bytes, width, height } = samplePicture();
    const file = server.addFile(sam, name, bytes, { mime, width, height });
    return void server.say(sam, lobby, text, { files: [file] });
  }
  if (target === undefined || !lobby.posts.includes(target))
    throw new Refusal("Not done – that message is not there any more – choose another.");
  if (what === "edit") return server.edit(lobby, target, text);
  if (what === "delete") return server.remove(lobby, target);
  if (what === "react")
    return server.react(lobby, target, { user: sam, name: emojiNames[text] ?? "+1" });
  server.say(sam, lobby, text, { thread: target });
};

interface Around {
  readonly posts: ReturnType<typeof namer<Post>>;
  readonly lobby: Channel;
}

const shown = (server: SlackServer, post: Post, { posts, lobby }: Around): Seen => {
  const root = lobby.posts.find(({ ts }) => ts === post.threadTs && ts !== post.ts);
  const reactions = post.reactions.map(({ name, users }) => ({
    emoji: namedEmoji.get(name) ?? `:${name}:`,
    count: users.length,
  }));
  return {
    id: posts.idOf(post),
    from: post.username ?? post.user?.displayName ?? "Slack",
    text: post.text,
    how: post.user?.botId === undefined && post.username === undefined ? "said" : "bridged",
    at: Number(post.ts) * 1000,
    ...(root ? { answers: root.text, thread: true } : {}),
    ...(post.edited ? { edited: true } : {}),
    ...(pictureOf(server, post) ? { picture: posts.idOf(post) } : {}),
    ...(reactions.length > 0 ? { reactions } : {}),
  };
};

/** Of a file that was shared, or that a block shows under another name. */
const pictureOf = (
  server: SlackServer,
  post: Post | undefined,
): { readonly bytes: Uint8Array; readonly type: string } | undefined => {
  const [, shared = ""] =
    /"slack_file":\{"id":"(\w+)"/.exec(JSON.stringify(post?.blocks ?? [])) ?? [];
  const file =
    post?.files.find(({ mime }) => mime.startsWith("image/")) ?? server.world.files.get(shared);
  return file?.bytes && { bytes: file.bytes, type: file.mime };
};
