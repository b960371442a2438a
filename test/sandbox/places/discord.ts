import { DiscordServer, type Channel, type Post, type User } from "../../networks/discord/index.ts";
import { Refusal, type Span } from "../types.ts";
import { plainOf, spansOf } from "./discord-look.ts";
import { following, namer, type Deed, type Place, type Seen } from "./place.ts";
import { samplePicture } from "./sample-picture.ts";

const channelName = "lobby";

/** A Discord server with Eve on it, and the box's bot. */
export const openDiscord = async (): Promise<Place> => {
  const server = await DiscordServer.listen();
  const owner = server.addUser({ username: "owner" });
  const eve = server.addUser({ username: "eve", global_name: "Eve" });
  const guild = server.addGuild("Sandbox", [owner, eve]);
  const lobby = server.addChannel(guild, { name: channelName });
  const posts = namer<Post>("discord");
  return {
    id: "discord",
    name: "Discord",
    section: {
      type: "discord",
      token: server.token,
      server: { api: server.api, media: [new URL(server.base).host] },
    },
    chats: { lobby: `#${channelName}` },
    rooms: { lobby: { label: `#${channelName}`, speakers: ["Eve"] } },
    can: ["say", "reply", "react", "edit", "delete", "picture"],
    limit: {
      seconds: 12,
      press() {
        server.limit(/^POST .*\/(?:webhooks|messages)/, this.seconds);
      },
    },
    do: async (deed) => act(server, { lobby, eve }, { deed, target: posts.of(deed.target) }),
    seen: (room) =>
      room === "lobby" ? server.posts(lobby).map((post) => shown(server, post, posts)) : [],
    follow: following(server),
    hears: () => server.gateway.connected > 0,
    picture: (id) => pictureOf(server, posts.of(id)),
    close: () => server.close(),
  };
};

interface People {
  readonly lobby: Channel;
  readonly eve: User;
}

const act = (
  server: DiscordServer,
  { lobby, eve }: People,
  { deed: { what, text }, target }: { readonly deed: Deed; readonly target: Post | undefined },
): void => {
  if (what === "say") return void server.say(eve, lobby, text);
  if (what === "picture") {
    const { name, type, bytes } = samplePicture();
    const file = { key: "files[0]", name, type, data: Buffer.from(bytes) };
    return void server.say(eve, lobby, text, { files: [file] });
  }
  if (target === undefined || !server.posts(lobby).includes(target))
    throw new Refusal("Not done – that message is not there any more – choose another.");
  if (what === "edit") return server.edit(target, text);
  if (what === "delete") return server.remove(target);
  if (what === "react") return server.world.react(target, eve, text);
  server.reply(eve, target, text);
};

const shown = (server: DiscordServer, post: Post, posts: ReturnType<typeof namer<Post>>): Seen => {
  const { author, content, edited_timestamp: edited, timestamp } = post.message;
  const answered = server.world.posts.get(answeredBy(post));
  const reactions = [...post.reactions]
    .filter(([, users]) => users.size > 0)
    .map(([emoji, users]) => ({ emoji, count: users.size }));
  return {
    id: posts.idOf(post),
    from: author.global_name ?? author.username,
    text: content,
    ...lookOf(content),
    how: author.bot || post.message["webhook_id"] !== undefined ? "bridged" : "said",
    at: Date.parse(timestamp),
    ...(answered ? { answers: plainOf(answered.message.content) } : {}),
    ...(edited === null ? {} : { edited: true }),
    ...(pictureOf(server, post) ? { picture: posts.idOf(post) } : {}),
    ...(reactions.length > 0 ? { reactions } : {}),
  };
};

/** Nothing where it is shown as it is written. */
const lookOf = (content: string): { readonly spans?: readonly Span[] } => {
  const spans = spansOf(content);
  const [only] = spans;
  return spans.length === 1 && only?.text === content ? {} : { spans };
};

const answeredBy = ({ message }: Post): string => {
  const reference = message["message_reference"];
  const id =
    typeof reference === "object" && reference !== null && "message_id" in reference
      ? reference.message_id
      : undefined;
  return typeof id === "string" ? id : "";
};

const pictureOf = (
  server: DiscordServer,
  post: Post | undefined,
): { readonly bytes: Uint8Array; readonly type: string } | undefined => {
  for (const attachment of post?.message.attachments ?? []) {
    const url = attachment["url"];
    const file =
      typeof url === "string" ? server.world.files.get(new URL(url).pathname) : undefined;
    if (file?.type.startsWith("image/")) return { bytes: file.data, type: file.type };
  }
  return undefined;
};
