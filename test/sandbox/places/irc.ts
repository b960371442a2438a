import { IrcServer, type IrcPerson } from "../../networks/irc/index.ts";
import { relayNick } from "../folder.ts";
import { Refusal, type RoomId } from "../types.ts";
import type { Cut, Place, PlaceRoom, PlaceWitness } from "./place.ts";

const rooms = {
  lobby: { label: "#lobby", speakers: ["carl"], chat: "#lobby" },
  help: { label: "#help", speakers: ["carl"], chat: "#help" },
} as const satisfies Partial<Record<RoomId, PlaceRoom>>;

const roomOf = new Map<string, RoomId>([
  [rooms.lobby.chat, "lobby"],
  [rooms.help.chat, "help"],
]);

/** An IRC network with Carl on it. */
export const openIrc = async (): Promise<Place> => {
  const server = await IrcServer.listen({ name: "irc.sandbox.test", network: "SandboxNet" });
  const carl = new Carl(server);
  await carl.enter();
  const cut = cutOf(server, carl);
  const inside = (room: RoomId): boolean =>
    (room === "lobby" || room === "help") &&
    server.channel(rooms[room].chat)?.members.has(relayNick) === true;
  return {
    id: "irc",
    name: "IRC",
    section: {
      type: "irc",
      server: "127.0.0.1",
      port: server.port,
      tls: false,
      nick: relayNick,
      flood: "off",
      reconnect: { min_seconds: 1, max_seconds: 4 },
    },
    rooms,
    cut,
    say: async ({ room, text }) => {
      try {
        await carl.say(room === "help" ? rooms.help.chat : rooms.lobby.chat, text);
      } catch (cause) {
        throw new Refusal(
          "Not sent – IRC is cut, so carl is not there either – reconnect IRC and send it again.",
          { cause },
        );
      }
    },
    watch: (witness) => watch(server, inside, witness),
    hears: (room) => !cut.stopped && inside(room),
    close: () => server.close(),
  };
};

/** Carl of IRC, who comes back as often as his network does. */
class Carl {
  readonly #server: IrcServer;
  #person: IrcPerson | undefined;

  constructor(server: IrcServer) {
    this.#server = server;
  }

  async enter(): Promise<void> {
    const person = await this.#server.user("carl");
    for (const { chat } of Object.values(rooms)) await person.join(chat);
    this.#person = person;
  }

  /** Resolves once the server has dealt with the line. */
  async say(channel: string, text: string): Promise<void> {
    const person = this.#person;
    if (!person || person.gone) throw new Error("carl is not on IRC");
    await person.command(`PRIVMSG ${channel} :${text}`);
  }
}

const cutOf = (server: IrcServer, carl: Carl): Cut => {
  let stopped = false;
  return {
    get stopped() {
      return stopped;
    },
    async stop() {
      stopped = true;
      await server.stop();
    },
    async start() {
      await server.start();
      await carl.enter();
      stopped = false;
    },
    says: {
      stop: "The network is gone. What is for it waits.",
      start: "It comes back, and carl with it.",
    },
  };
};

const spoken = /^(?:@\S+ )?(PRIVMSG|NOTICE) (\S+) :?(.*)$/i;
/** The network is asked after everything that happens on it, for as long as the sandbox lives. */
const forever = 2 ** 31 - 1;

const watch = (
  server: IrcServer,
  inside: (room: RoomId) => boolean,
  witness: PlaceWitness,
): (() => void) => {
  const there = new Map<RoomId, boolean>();
  let next = server.lines.length;
  let ended = false;
  const look = (): boolean => {
    next = Math.min(next, server.lines.length);
    for (; next < server.lines.length; next += 1) {
      const heard = server.lines[next];
      if (heard) line(heard.nick, heard.line, heard.at);
    }
    for (const room of roomOf.values()) {
      const now = inside(room);
      if (there.get(room) !== now) witness.relay(room, now);
      there.set(room, now);
    }
    return ended;
  };
  const line = (nick: string, raw: string, at: number): void => {
    const [, command, target = "", words = ""] = spoken.exec(raw) ?? [];
    const room = roomOf.get(target.toLowerCase());
    if (command === undefined || room === undefined) return;
    const bridged = command.toUpperCase() === "NOTICE" ? "notice" : "bridged";
    witness.heard({
      side: "irc",
      room,
      id: `irc-${next}`,
      from: nick,
      text: words.startsWith("\u0001ACTION ") ? `* ${words.slice(8, -1)}` : words,
      how: nick === "carl" ? "said" : bridged,
      at,
    });
  };
  server.until(look, forever).catch(() => undefined);
  return () => {
    ended = true;
  };
};
