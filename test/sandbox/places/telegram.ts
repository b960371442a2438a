import {
  TelegramServer,
  type Account,
  type Channel,
  type Post,
} from "../../networks/telegram/index.ts";
import type { RoomId } from "../types.ts";
import type { Place, PlaceRoom, PlaceWitness } from "./place.ts";

const botToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
const lobbyName = "sandbox_lobby";

const rooms = {
  lobby: { label: "Lobby", speakers: ["Dora"], chat: `@${lobbyName}` },
  bob: { label: "Bob and Ana", speakers: ["Bob"] },
} as const satisfies Partial<Record<RoomId, PlaceRoom>>;

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
    rooms,
    limit: {
      seconds: 12,
      press() {
        server.floodWait("messages.SendMessage", this.seconds);
      },
    },
    say: async ({ room, as, text }) => {
      if (room === "bob") server.say(bob, ana, text);
      else server.say(as === "Bob" ? bob : dora, lobby, text);
    },
    watch: (witness) => watch(server, people, witness),
    hears: () => server.connected(bot),
    close: () => server.close(),
    anaPhone,
    anaCode: () => server.code(anaPhone),
    bobSays: (text) => void server.say(bob, ana, text),
  };
};

const watch = (
  server: TelegramServer,
  { ana, bob, dora, lobby }: People,
  witness: PlaceWitness,
): (() => void) => {
  let count = 0;
  const message = (post: Post): void => {
    const withBob = post.to === bob || (post.to === ana && post.from === bob);
    const room = post.to === lobby ? "lobby" : withBob ? "bob" : undefined;
    if (room === undefined || post.action) return;
    count += 1;
    witness.heard({
      side: "telegram",
      room,
      id: `telegram-${count}`,
      from: post.from.firstName,
      text: post.text,
      how: post.from === dora || post.from === bob ? "said" : "bridged",
      at: Date.now(),
    });
  };
  server.events.on("message", message);
  return () => void server.events.off("message", message);
};
