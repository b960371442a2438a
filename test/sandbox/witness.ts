import type { Cast } from "./cast.ts";
import { channels } from "./cast.ts";
import { relayNick } from "./folder.ts";
import type { ClientEvent } from "./homeserver/index.ts";
import type { Post } from "../networks/telegram/index.ts";
import type { Heard, RoomId } from "./types.ts";

export interface Witness {
  heard(heard: Heard): void;
  /** Whether the box's relay client is in the channel. */
  relay(room: RoomId, there: boolean): void;
  /** The room that a Matrix id stands for. */
  roomOf(matrixRoom: string): RoomId | undefined;
  /** A ghost or the bot invites Ana. */
  invited(matrixRoom: string): void;
}

export interface Watching {
  /** Takes the messages of a room that nobody knew the name of when they came. */
  readonly replay: (matrixRoom: string) => void;
  readonly end: () => void;
}

/** Watches the three servers themselves: what they have is what arrived. */
export const watch = (cast: Cast, witness: Witness): Watching => {
  const matrix = watchMatrix(cast, witness);
  const ends = [matrix.end, watchIrc(cast, witness), watchTelegram(cast, witness)];
  return { replay: matrix.replay, end: () => ends.forEach((end) => end()) };
};

const watchMatrix = ({ homeserver, ana, ben }: Cast, witness: Witness): Watching => {
  const names = new Map([
    [ana.userId, "Ana"],
    [ben.userId, "Ben"],
  ]);
  const people = new Set(names.keys());
  const member = (event: ClientEvent): void => {
    const { displayname, membership } = event.content;
    const who = event.state_key ?? "";
    if (typeof displayname === "string" && !people.has(who)) names.set(who, displayname);
    if (membership === "invite" && who === ana.userId) witness.invited(event.room_id);
  };
  const take = (event: ClientEvent): void => {
    if (event.type === "m.room.member") return member(event);
    if (event.type !== "m.room.message") return;
    const room = witness.roomOf(event.room_id);
    const { body, msgtype } = event.content;
    if (room === undefined || typeof body !== "string") return;
    const { sender } = event;
    const bridged = msgtype === "m.notice" ? "notice" : "bridged";
    witness.heard({
      side: "matrix",
      room,
      id: event.event_id,
      from: names.get(sender) ?? sender.slice(1).split(":")[0] ?? sender,
      text: body,
      how: people.has(sender) ? "said" : bridged,
      at: Date.now(),
    });
  };
  return {
    end: homeserver.onEvent(take),
    replay: (matrixRoom) => {
      for (const event of homeserver.room(matrixRoom).timeline) {
        if (event.type === "m.room.message") take(event);
      }
    },
  };
};

const spoken = /^(?:@\S+ )?(PRIVMSG|NOTICE) (\S+) :?(.*)$/i;
/** The network is asked after everything that happens on it, for as long as the sandbox lives. */
const forever = 2 ** 31 - 1;

const watchIrc = ({ irc }: Cast, witness: Witness): (() => void) => {
  const rooms = new Map<string, RoomId>([
    [channels.lobby, "lobby"],
    [channels.help, "help"],
  ]);
  const there = new Map<RoomId, boolean>();
  let next = irc.lines.length;
  let ended = false;
  const look = (): boolean => {
    next = Math.min(next, irc.lines.length);
    for (; next < irc.lines.length; next += 1) {
      const heard = irc.lines[next];
      if (heard) line(heard.nick, heard.line, heard.at);
    }
    for (const [channel, room] of rooms) {
      const now = irc.channel(channel)?.members.has(relayNick) ?? false;
      if (there.get(room) !== now) witness.relay(room, now);
      there.set(room, now);
    }
    return ended;
  };
  const line = (nick: string, raw: string, at: number): void => {
    const [, command, target = "", words = ""] = spoken.exec(raw) ?? [];
    const room = rooms.get(target.toLowerCase());
    if (command === undefined || room === undefined) return;
    const how = command.toUpperCase() === "NOTICE" ? "notice" : "bridged";
    const action = words.startsWith("\u0001ACTION ") ? `* ${words.slice(8, -1)}` : words;
    const id = `irc-${next}`;
    witness.heard({
      side: "irc",
      room,
      id,
      from: nick,
      text: action,
      how: nick === "carl" ? "said" : how,
      at,
    });
  };
  irc.until(look, forever).catch(() => undefined);
  return () => {
    ended = true;
  };
};

const watchTelegram = (
  { telegram, telegramLobby, telegramPeople: { ana, bob, dora } }: Cast,
  witness: Witness,
): (() => void) => {
  let count = 0;
  const message = (post: Post): void => {
    const toBob = post.to === bob || (post.to === ana && post.from === bob);
    const room = post.to === telegramLobby ? "lobby" : toBob ? "bob" : undefined;
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
  telegram.events.on("message", message);
  return () => void telegram.events.off("message", message);
};
