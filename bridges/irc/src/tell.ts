import { roleOf } from "./modes.ts";
import type { Reading } from "./reading.ts";
import type { Channel } from "./roster.ts";
import { visibilityOf } from "./roster.ts";

/** What is known of the channel itself; of one whose modes were not told yet, not whether it hides. */
export function tellChat(reading: Reading, channel: Channel, at: number): void {
  const { name, topic, flags } = channel;
  const info = {
    name,
    ...(flags === undefined ? {} : { visibility: visibilityOf(channel) }),
    ...(topic === undefined ? {} : { topic }),
    features: reading.features(channel),
  };
  reading.emit({ kind: "chat", chat: reading.names.channel(name), at, info });
}

/** Everything that is known of the channel, its whole roster first. */
export function tellRoster(reading: Reading, channel: Channel, at: number): void {
  const people = [...channel.people.values()].filter(({ nick }) => !reading.isTaken(nick));
  const list = people.map(({ nick, modes }) => ({
    user: reading.userOf(nick),
    state: "join" as const,
    role: roleOf(modes),
  }));
  const chat = reading.names.channel(channel.name);
  reading.emit({ kind: "members", chat, at, list, complete: true });
  tellChat(reading, channel, at);
}

/** A sentence about the channel, as a log event. */
export function remark(reading: Reading, channel: Channel, text: string): void {
  reading.emit({
    kind: "notice",
    chat: reading.names.channel(channel.name),
    at: Date.now(),
    key: reading.nextKey(),
    sender: reading.userOf(reading.nick()),
    text: [{ t: "para", of: [{ t: "text", text }] }],
  });
}
