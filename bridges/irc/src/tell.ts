import type { Reading } from "./reading.ts";
import type { Channel } from "./roster.ts";
import { doorOf, peopleOf, visibilityOf } from "./roster.ts";

/** What is known of the channel itself; of one whose modes were not told yet, not whether it hides. */
export function tellChat(reading: Reading, channel: Channel, at: number): void {
  const { name, topic, flags } = channel;
  const info = {
    name,
    ...(flags === undefined ? {} : { visibility: visibilityOf(channel) }),
    ...doorOf(channel),
    ...(topic === undefined ? {} : { topic }),
    features: reading.features(channel),
  };
  reading.emit({ kind: "chat", chat: reading.names.channel(name), at, info });
}

/** Everything that is known of the channel, its whole roster first. */
export function tellRoster(reading: Reading, channel: Channel, at: number): void {
  const list = peopleOf(channel, { ...reading, own: reading.userOf(reading.nick()) });
  const chat = reading.names.channel(channel.name);
  reading.emit({ kind: "members", chat, at, list, complete: true });
  tellChat(reading, channel, at);
}

/** With each beat: what was left open of ourselves is told where it is still so. */
export function tellOwnRoles(reading: Reading, at: number): void {
  const own = reading.userOf(reading.nick());
  for (const channel of reading.roster.channels) {
    if (!channel.complete || channel.openFor === 0) continue;
    channel.openFor -= 1;
    if (channel.openFor > 0) continue;
    const list = peopleOf(channel, { ...reading, own }).filter(({ user }) => user === own);
    const chat = reading.names.channel(channel.name);
    if (list[0]?.role === "member")
      reading.emit({ kind: "members", chat, at, list, complete: false });
  }
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
