import {
  TelegramServer,
  type Account,
  type Channel,
  type Post,
} from "../../networks/telegram/index.ts";
import { Refusal, type RoomId } from "../types.ts";
import { counted, following, namer, type Deed, type Place, type Seen } from "./place.ts";
import { samplePicture } from "./sample-picture.ts";

const botToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
const lobbyName = "sandbox_lobby";

/** A Telegram with Dora and Bob on it, and an account of Ana's own. */
export interface TelegramPlace extends Place {
  readonly anaPhone: string;
  /** The login code that Ana was sent. */
  anaCode(): string;
  /** Bob writes to Ana alone. */
  bobSays(text: string): void;
}

interface People {
  readonly ana: Account;
  readonly bob: Account;
  readonly dora: Account;
  readonly lobby: Channel;
}

export const openTelegram = async (): Promise<TelegramPlace> => {
  const server = await TelegramServer.listen();
  const anaPhone = "+15550100";
  const bot = server.addUser({
    firstName: "bridgebox",
    username: "bridgebox_bot",
    token: botToken,
  });
  const ana = server.addUser({ firstName: "Ana", phone: anaPhone });
  const dora = server.addUser({ firstName: "Dora", phone: "+15550101" });
  const bob = server.addUser({ firstName: "Bob", phone: "+15550102" });
  const lobby = server.addSupergroup("Lobby", [dora, bob, ana, bot], {
    username: lobbyName,
    admins: [bot],
  });
  const people: People = { ana, bob, dora, lobby };
  const posts = namer<Post>("telegram");
  return {
    id: "telegram",
    name: "Telegram",
    section: {
      type: "telegram",
      api_id: server.apiId,
      api_hash: server.apiHash,
      bots: [botToken],
      server: { host: "127.0.0.1", port: server.port, public_key: server.publicKeyPem },
    },
    chats: { lobby: `@${lobbyName}` },
    rooms: {
      lobby: { label: "Lobby", speakers: ["Dora"] },
      bob: { label: "Bob and Ana", speakers: ["Bob"] },
    },
    can: ["say", "reply", "react", "edit", "delete", "picture"],
    limit: {
      seconds: 12,
      press() {
        server.floodWait("messages.SendMessage", this.seconds);
      },
    },
    do: async (deed) => act(server, people, { deed, target: posts.of(deed.target) }),
    seen: (room) => seen(server, people, room).map((post) => shown(post, posts, people)),
    follow: following(server),
    picture: (id) => pictureOf(server, posts.of(id)),
    hears: () => server.connected(bot),
    close: () => server.close(),
    anaPhone,
    anaCode: () => server.code(anaPhone),
    bobSays: (text) => void server.say(bob, ana, text),
  };
};

const act = (
  server: TelegramServer,
  { ana, bob, dora, lobby }: People,
  { deed, target }: { readonly deed: Deed; readonly target: Post | undefined },
): void => {
  const [from, to] = deed.room === "bob" ? [bob, ana] : [deed.as === "Bob" ? bob : dora, lobby];
  const { what, text } = deed;
  if (what === "say") return void server.say(from, to, text);
  if (what === "picture") {
    const media = server.studio.photo(Buffer.from(samplePicture().bytes));
    return void server.say(from, to, text, { media });
  }
  if (target === undefined)
    throw new Refusal("Not done – that message is not there any more – choose another.");
  if (what === "react") return server.people.react(target, from, text);
  if (what === "edit") return server.edit(target, text);
  if (what === "delete") return server.remove(target);
  server.say(from, to, text, { replyTo: target });
};

const seen = (
  server: TelegramServer,
  { ana, bob, lobby }: People,
  room: RoomId,
): readonly Post[] => {
  if (room === "lobby") return server.messages(lobby);
  return room === "bob" ? server.messages(bob, ana) : [];
};

const shown = (post: Post, posts: ReturnType<typeof namer<Post>>, { dora, bob }: People): Seen => ({
  id: posts.idOf(post),
  from: post.from.firstName,
  text: post.text,
  how: post.from === dora || post.from === bob ? "said" : "bridged",
  at: post.date * 1000,
  ...(post.replyTo ? { answers: post.replyTo.text } : {}),
  ...(post.editDate === undefined ? {} : { edited: true }),
  ...(post.media?.kind === "photo" ? { picture: posts.idOf(post) } : {}),
  ...(post.reactions.size > 0 ? { reactions: counted(emojiOf(post)) } : {}),
});

const emojiOf = ({ reactions }: Post): readonly string[] =>
  [...reactions.values()].flatMap((all) =>
    all.map(({ reaction }) => ("emoticon" in reaction ? reaction.emoticon : "★")),
  );

const pictureOf = (
  server: TelegramServer,
  post: Post | undefined,
): { readonly bytes: Uint8Array; readonly type: string } | undefined => {
  if (post?.media?.kind !== "photo") return undefined;
  const { file } = post.media;
  return { bytes: server.files.read(file, 0, file.size), type: "image/png" };
};
