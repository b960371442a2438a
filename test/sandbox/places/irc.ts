import { IrcServer, type IrcPerson } from "../../networks/irc/index.ts";
import { relayNick } from "../folder.ts";
import { Refusal, type RoomId } from "../types.ts";
import { following, type Cut, type Place, type Seen } from "./place.ts";

const channels = { lobby: "#lobby", help: "#help" } as const;
const rooms = {
  lobby: { label: channels.lobby, speakers: ["carl"] },
  help: { label: channels.help, speakers: ["carl"] },
} as const;
const roomOf = new Map<string, RoomId>([
  [channels.lobby, "lobby"],
  [channels.help, "help"],
]);

/** An IRC network with Carl on it. */
export const openIrc = async (): Promise<Place> => {
  const server = await IrcServer.listen({ name: "irc.sandbox.test", network: "SandboxNet" });
  const carl = new Carl(server);
  await carl.enter();
  const cut = cutOf(server, carl);
  const log = new Log(server);
  const inside = (room: RoomId): boolean =>
    (room === "lobby" || room === "help") &&
    server.channel(channels[room])?.members.has(relayNick) === true;
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
    chats: channels,
    rooms,
    can: ["say"],
    cut,
    forgets: true,
    do: async ({ room, text }) => {
      try {
        await carl.say(room === "help" ? channels.help : channels.lobby, text);
      } catch (cause) {
        throw new Refusal(
          "Not sent – IRC is cut, so carl is not there either – reconnect IRC and send it again.",
          { cause },
        );
      }
    },
    seen: (room) => log.of(room),
    follow: following(server),
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
    for (const channel of Object.values(channels)) await person.join(channel);
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

/** What was said in each channel, read from the lines that the server took. */
class Log {
  readonly #server: IrcServer;
  readonly #said = new Map<RoomId, Seen[]>();
  #next = 0;

  constructor(server: IrcServer) {
    this.#server = server;
    this.#next = server.lines.length;
  }

  of(room: RoomId): readonly Seen[] {
    const { lines } = this.#server;
    for (; this.#next < lines.length; this.#next += 1) {
      const heard = lines[this.#next];
      if (heard) this.#take(heard.nick, heard.line, heard.at);
    }
    return this.#said.get(room) ?? [];
  }

  #take(nick: string, raw: string, at: number): void {
    const [, command, target = "", words = ""] = spoken.exec(raw) ?? [];
    const room = roomOf.get(target.toLowerCase());
    if (command === undefined || room === undefined) return;
    const bridged = command.toUpperCase() === "NOTICE" ? "notice" : "bridged";
    const said = this.#said.get(room) ?? [];
    this.#said.set(room, said);
    said.push({
      id: `irc-${this.#next}`,
      from: nick,
      text: words.startsWith("\u0001ACTION ") ? `* ${words.slice(8, -1)}` : words,
      how: nick === "carl" ? "said" : bridged,
      at,
    });
  }
}
