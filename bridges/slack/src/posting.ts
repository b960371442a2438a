import { createHash } from "node:crypto";
import {
  type Attempt,
  type Order,
  type SendResult,
  type Sent,
  type Session,
  type Speaker,
} from "@bridgebox/core/adapter";
import { ownEvent } from "./api/message.ts";
import { only, textIn, type Wire } from "./api/shapes.ts";
import type { Api } from "./api/web.ts";
import { unreadable } from "./errors.ts";
import { isTs, messageOf, timeOf } from "./ids.ts";
import type { Body } from "./outgoing.ts";

/** What sending needs of a login. */
export interface Sender {
  readonly api: Api;
  readonly media: Session<never>["media"];
  /** A browser's session: it marks its messages in another way than an app. */
  readonly session: boolean;
  /** Roots of threads, by the messages in them. */
  readonly roots: Map<string, string>;
  /** Keys of sends whose messages are not known by their ids yet, by file. */
  readonly expected: Map<string, string>;
}

const notSent = "The message was not sent";

/** As Slack takes it: the block is what is shown, the text is for notifications. */
export const contentOf = ({ text, block }: Body): Wire => ({
  text,
  ...(block === undefined ? {} : { blocks: [block] }),
});

/** Where a message goes: in a thread, by its root, and shown in the conversation too. */
export interface Place {
  readonly thread?: string;
  readonly broadcast?: boolean;
}

/** What is sent is known by that, and where it stands; what stands in both is told as neither. */
export const sentAs = (ts: string, { thread, broadcast = false }: Place): Sent => ({
  id: messageOf(ts),
  at: timeOf(ts),
  ...(broadcast ? {} : { thread: thread === undefined ? null : messageOf(thread) }),
});

export interface Posting {
  readonly order: Order;
  readonly content: Wire;
  readonly place: Place;
}

/** `link_names` and `parse` are off, so nothing in a text becomes a mention. */
export const post = async (
  { api, session }: Sender,
  { order, content, place }: Posting,
  { key, signal }: Attempt,
): Promise<SendResult> => {
  const args = {
    channel: order.chat.id,
    ...content,
    ...only("thread_ts", place.thread),
    ...(place.broadcast === true ? { reply_broadcast: true } : {}),
    ...identityOf(order.speaker),
    ...(session ? { client_msg_id: uuidOf(key) } : { metadata: markOf(key) }),
    link_names: false,
    parse: "none",
  };
  const answer = await api.call("chat.postMessage", args, { what: notSent, signal });
  const ts = textIn(answer, "ts");
  if (ts === undefined || !isTs(ts)) throw unreadable(notSent, { reached: "unknown" });
  return { state: "sent", sent: sentAs(ts, place) };
};

const markOf = (key: string): Wire => ({ event_type: ownEvent, event_payload: { key } });

/** A browser gives each message such an id, and Slack keeps it. */
export const uuidOf = (key: string): string => {
  const hex = createHash("sha256").update(key).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join("-");
};

/** Somebody without a login is shown under their own name (scope `chat:write.customize`). */
const identityOf = (speaker: Speaker): Wire =>
  speaker.as === "self"
    ? {}
    : { username: speaker.name.slice(0, 80), ...only("icon_url", speaker.avatarUrl) };

const remembered = 10_000;

export const remember = (map: Map<string, string>, key: string, value: string): void => {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > remembered && oldest !== undefined) map.delete(oldest);
};
