import { BridgeError } from "@bridgebox/core/adapter";
import type { ChatRef, Connection, KeyValue, RemoteEvent } from "@bridgebox/core/adapter";
import { messagesIn } from "./api/answers.ts";
import { textIn, type Wire } from "./api/shapes.ts";
import type { Api, Asking } from "./api/web.ts";
import { chatRef, isTs, messageOf, userOf } from "./ids.ts";
import type { View } from "./message.ts";

/** Up to where the account has read, in a browser's stream (docs.slack.dev/reference/events/channel_marked). */
const isMark = (event: Wire): boolean =>
  /^(?:channel|group|im|mpim)_marked$/.test(textIn(event, "type") ?? "");

/** How far a conversation was read; `high`: up to where before it was marked as unread. */
interface Mark {
  readonly ts: string;
  readonly high: string | undefined;
}

const markAt = (channel: string): string => `mark:${channel}`;

const markIn = (stored: string | undefined): Mark | undefined => {
  const [ts = "", high] = stored?.split(",") ?? [];
  return isTs(ts) ? { ts, high: high !== undefined && isTs(high) ? high : undefined } : undefined;
};

/** Slack knows no other sign for it than that the mark goes back. */
const moved = (before: Mark | undefined, ts: string): Mark => {
  const high = before?.high ?? before?.ts;
  return { ts, high: high !== undefined && ts < high ? high : undefined };
};

const changeOf = (event: Wire, channel: string, { position }: Pick<View, "position">) => {
  const ts = textIn(event, "ts");
  if (!isMark(event) || ts === undefined || !isTs(ts)) return undefined;
  const before = markIn(position(markAt(channel)));
  return { before, now: moved(before, ts) };
};

/** What the account has read, or marked as unread. */
export const markEvents = (event: Wire, channel: string, view: View): readonly RemoteEvent[] => {
  const change = changeOf(event, channel, view);
  if (change === undefined) return [];
  const { before, now } = change;
  const base = { chat: chatRef(channel, view.login), at: Date.now() };
  const marked = now.high !== undefined;
  const unread = { ...base, kind: "unread", login: view.login, marked } as const;
  if (marked) return [unread];
  const user = userOf(view.self.user);
  const read = { ...base, kind: "read", user, upTo: messageOf(now.ts) } as const;
  return before?.high === undefined ? [read] : [read, unread];
};

/** The positions that it moves, for the commit in which it is told. */
export const markMoved = (
  event: Wire,
  channel: string,
  view: Pick<View, "position">,
): Readonly<Record<string, string>> => {
  const now = changeOf(event, channel, view)?.now;
  if (now === undefined) return {};
  return { [markAt(channel)]: now.high === undefined ? now.ts : `${now.ts},${now.high}` };
};

/** Up to where the account has read, as far as its stream tells. */
const readUpTo = ({ position }: Pick<View, "position">, channel: string): string =>
  markIn(position(markAt(channel)))?.ts ?? "";

/** A receipt that comes late, such as after a restart, does not take back what was read since on Slack. */
export const markRead = async (
  { api, view }: Omit<Marking, "store">,
  { channel, ts }: { readonly channel: string; readonly ts: string },
  asking: Asking,
): Promise<void> => {
  if (readUpTo(view, channel) >= ts) return;
  await api.call("conversations.mark", { channel, ts }, asking);
};

type Change = Parameters<NonNullable<Connection["own"]>>[1];

/** What moving the account's mark needs of its login. */
export interface Marking {
  readonly api: Api;
  readonly view: Pick<View, "position">;
  readonly store: KeyValue;
}

/**
 * Moves the mark back to before the last message, or again to where it was: what was said since is not
 * read by that. Nothing else of how one sees a chat can be set.
 */
export const setOwn = async (
  { api, view, store }: Marking,
  { chat, change }: { readonly chat: ChatRef; readonly change: Change },
  signal: AbortSignal,
): Promise<void> => {
  const { unread } = change;
  if (unread === undefined) throw notThere();
  const channel = chat.id;
  const asking = { what: `It was not marked as ${unread ? "unread" : "read"}`, signal };
  const kept = `unread:${channel}`;
  if (!unread) {
    const stored = await store.get(kept);
    const known = [stored, markIn(view.position(markAt(channel)))?.high];
    const moments = known.flatMap((each) => (typeof each === "string" && isTs(each) ? [each] : []));
    const [first = "", second = ""] = moments;
    const high = first > second ? first : second;
    if (high === "") return;
    await markRead({ api, view }, { channel, ts: high }, asking);
    if (stored !== undefined) await store.set(kept, null);
    return;
  }
  const answer = await api.call("conversations.history", { channel, limit: 2 }, asking);
  const [last, before] = messagesIn(answer, asking.what);
  if (last === undefined) return;
  await store.set(kept, last.ts);
  await api.call("conversations.mark", { channel, ts: before?.ts ?? justBefore(last.ts) }, asking);
};

/** Of a conversation of one message. */
const justBefore = (ts: string): string => {
  const [seconds = "0", part = "0"] = ts.split(".");
  const before = BigInt(seconds + part.padEnd(6, "0")) - 1n;
  const digits = String(before).padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
};

const notThere = (): BridgeError =>
  new BridgeError(
    "unsupported",
    "The conversation was not changed: Slack lets nobody mute or star one from outside. Do it in Slack.",
    { reached: "no", scope: "item" },
  );
