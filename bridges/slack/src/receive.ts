import type { ChatInfo, ChatRef, Member, RemoteEvent } from "@bridgebox/core/adapter";
import { aboutPeople } from "./about-people.ts";
import { happenedAt, parseMessage } from "./api/message.ts";
import type { SlackMessage } from "./api/message.ts";
import { objectIn, textIn, type Wire } from "./api/shapes.ts";
import {
  chatRef,
  isConversation,
  isDirect,
  isPerson,
  isTs,
  messageOf,
  timeOf,
  userOf,
} from "./ids.ts";
import { behindDoor, openToAll } from "./directory.ts";
import { markEvents } from "./marks.ts";
import { editEvent, huddleEvent, isNews, messageEvent, reactionOf } from "./message.ts";
import type { View } from "./message.ts";

/** The conversation that an event is about, where it is about one. */
export const channelOf = (event: Wire): string | undefined => {
  const candidates = [
    textIn(event, "channel"),
    textIn(event, "channel_id"),
    textIn(objectIn(event, "channel"), "id"),
    textIn(objectIn(event, "item"), "channel"),
  ];
  return candidates.find((each) => each !== undefined && isConversation(each));
};

/** One event of Slack's as the core's; nothing for what nobody needs. */
export const eventsOf = async (event: Wire, view: View): Promise<readonly RemoteEvent[]> => {
  const channel = channelOf(event);
  if (channel === undefined) return aboutPeople(event, view);
  switch (event["type"]) {
    case "message":
      return messageEvents(event, channel, view);
    case "reaction_added":
    case "reaction_removed":
      return reactionEvents(event, channel, view);
    case "pin_added":
    case "pin_removed":
      return pinEvents(event, channel, view);
    case "user_typing":
      return typingEvents(event, channel, view);
    case "channel_marked":
    case "group_marked":
    case "im_marked":
    case "mpim_marked":
      return markEvents(event, channel, view);
    default:
      return aboutChat(event, channel, view);
  }
};

const messageEvents = async (
  event: Wire,
  channel: string,
  view: View,
): Promise<readonly RemoteEvent[]> => {
  const subtype = textIn(event, "subtype");
  if (subtype === "message_deleted") return deleted(event, channel, view);
  if (subtype === "message_changed") {
    const message = parseMessage(event["message"]);
    if (message?.subtype === "tombstone")
      return deleted({ ...event, deleted_ts: message.ts }, channel, view);
    const call = message && huddleEvent(message, channel, view);
    if (call !== undefined) return [call];
    if (message === undefined || isNews(message.subtype)) return [];
    const before = parseMessage(event["previous_message"]);
    if (before !== undefined && isSame(message, before)) return [];
    const told = textIn(event, "event_ts");
    const changed = told !== undefined && isTs(told) ? told : message.ts;
    const version = message.edited ?? changed;
    const edit = await editEvent({ ...message, edited: version }, channel, view);
    return edit === undefined ? [] : [edit];
  }
  const message = parseMessage(event);
  const call = message && huddleEvent(message, channel, view);
  if (call !== undefined) return [call];
  if (isNews(subtype)) return newsEvents(event, channel, { view, subtype: subtype ?? "" });
  const said = message && (await messageEvent(message, channel, view));
  if (message === undefined || said === undefined) return [];
  // To one person, in a browser's stream: Slack keeps it nowhere.
  if (event["is_ephemeral"] === true) return [{ ...said, only: [view.login] }];
  const standing =
    message.bot === undefined && message.user !== undefined && message.user !== view.self.user
      ? view.people.ranks.spoke(said.chat, message.user)
      : [];
  return [said, ...(await asideEvents(message, channel, view)), ...standing];
};

/** What a person says to the account in private; apps are never heard, so that none answers us. */
const asideEvents = async (
  message: SlackMessage,
  channel: string,
  view: View,
): Promise<readonly RemoteEvent[]> => {
  const { ts, user, bot, text } = message;
  if (!isDirect(channel) || user === undefined || bot !== undefined || user === view.self.user)
    return [];
  const name = (await view.people.name(user)) ?? user;
  const chat = chatRef(channel, view.login);
  return [
    { kind: "aside", chat, at: timeOf(ts), key: `a:${ts}`, sender: userOf(user), name, text },
  ];
};

/** A preview that Slack adds, or an answer that is counted, is no change of what was said. */
const isSame = (after: SlackMessage, before: SlackMessage): boolean =>
  after.edited === before.edited &&
  after.text === before.text &&
  JSON.stringify([after.blocks, after.files]) === JSON.stringify([before.blocks, before.files]);

const deleted = (event: Wire, channel: string, view: View): readonly RemoteEvent[] => {
  const ts = textIn(event, "deleted_ts");
  if (ts === undefined || !isTs(ts)) return [];
  return [
    {
      kind: "delete",
      chat: chatRef(channel, view.login),
      at: happenedAt(event),
      key: `d:${ts}`,
      ids: [messageOf(ts)],
      for: "all",
    },
  ];
};

/** Lines about the conversation itself: what they tell is told, the lines are not shown. */
const newsEvents = async (
  event: Wire,
  channel: string,
  { view, subtype }: { readonly view: View; readonly subtype: string },
): Promise<readonly RemoteEvent[]> => {
  const kind = subtype.replace(/^group_/, "channel_");
  const change = (info: Partial<ChatInfo>) => chatChange(event, { channel, info }, view);
  /** What was known stays where it cannot be looked up. */
  const topicNow = async (): Promise<readonly RemoteEvent[]> => {
    const topic = await view.people.topic(channel);
    if (topic !== undefined) return change({ topic });
    view.log.warn("What stands over a conversation was not looked up", { chat: channel });
    return [];
  };
  const user = textIn(event, "user");
  switch (kind) {
    case "channel_topic": {
      const told = textIn(event, "topic") ?? topicIn(event);
      return told === "" ? topicNow() : change({ topic: told });
    }
    // It stands there only where there is no topic, which is not told.
    case "channel_purpose":
      return topicNow();
    case "channel_name":
      return change({ name: textIn(event, "name") ?? "" });
    case "channel_archive":
      return change({ readOnly: true });
    case "channel_unarchive":
      return change({ readOnly: false });
    case "channel_convert_to_private":
      return change(behindDoor);
    case "channel_convert_to_public":
      return change(openToAll);
    case "channel_join":
    case "channel_leave": {
      if (user === undefined || !isPerson(user)) return [];
      const state = kind === "channel_join" ? "join" : "leave";
      return memberChange(event, { channel, member: { user: userOf(user), state } }, view);
    }
    default:
      return [];
  }
};

const topicIn = (event: Wire): string =>
  /^.*?set the channel topic: ([^]*)$/.exec(textIn(event, "text") ?? "")?.[1] ?? "";

const chatChange = (
  event: Wire,
  { channel, info }: { readonly channel: string; readonly info: Partial<ChatInfo> },
  view: View,
): readonly RemoteEvent[] => [
  { kind: "chat", chat: chatRef(channel, view.login), at: happenedAt(event), info },
];

const memberChange = (
  event: Wire,
  { channel, member }: { readonly channel: string; readonly member: Member },
  view: View,
): readonly RemoteEvent[] => [
  {
    kind: "members",
    chat: chatRef(channel, view.login),
    at: happenedAt(event),
    list: [member],
    complete: false,
  },
];

const reactionEvents = async (
  event: Wire,
  channel: string,
  view: View,
): Promise<readonly RemoteEvent[]> => {
  const ts = textIn(objectIn(event, "item"), "ts");
  const user = textIn(event, "user");
  const name = textIn(event, "reaction");
  if (ts === undefined || !isTs(ts) || user === undefined || !isPerson(user) || name === undefined)
    return [];
  const on = event["type"] === "reaction_added";
  const set = [await reactionOf({ name, user, on }, view)];
  const chat = chatRef(channel, view.login);
  return [
    { kind: "reactions", chat, at: happenedAt(event), id: messageOf(ts), set, complete: "delta" },
  ];
};

const pinEvents = (event: Wire, channel: string, view: View): readonly RemoteEvent[] => {
  const ts = textIn(objectIn(objectIn(event, "item"), "message"), "ts");
  if (ts === undefined || !isTs(ts)) return [];
  const set = [{ id: messageOf(ts), on: event["type"] === "pin_added" }];
  const chat = chatRef(channel, view.login);
  return [{ kind: "pins", chat, at: happenedAt(event), set, complete: false }];
};

/** Slack shows typing for about this long after it was last told of it. */
const typingFor = 5000;

const typingEvents = (event: Wire, channel: string, view: View): readonly RemoteEvent[] => {
  const user = textIn(event, "user");
  if (user === undefined || !isPerson(user)) return [];
  const chat = chatRef(channel, view.login);
  return [
    { kind: "typing", chat, at: Date.now(), user: userOf(user), what: "text", ttl: typingFor },
  ];
};

const aboutChat = (event: Wire, channel: string, view: View): readonly RemoteEvent[] => {
  const change = (info: Partial<ChatInfo>) => chatChange(event, { channel, info }, view);
  const type = String(event["type"]).replace(/^group_/, "channel_");
  const user = textIn(event, "user");
  switch (type) {
    case "channel_rename": {
      const name = textIn(objectIn(event, "channel"), "name") ?? "";
      view.people.learn(channel, name);
      return change({ name });
    }
    case "channel_archive":
      return change({ readOnly: true });
    case "channel_unarchive":
      return change({ readOnly: false });
    case "channel_deleted":
      return gone(event, { chat: chatRef(channel, view.login), view, everybody: true });
    case "channel_left":
    case "im_close":
      return gone(event, { chat: chatRef(channel, view.login), view, everybody: false });
    case "member_joined_channel":
    case "member_left_channel": {
      if (user === undefined || !isPerson(user)) return [];
      const state = type === "member_joined_channel" ? "join" : "leave";
      const changes = memberChange(event, { channel, member: { user: userOf(user), state } }, view);
      const own = state === "leave" && user === view.self.user;
      const left = gone(event, { chat: chatRef(channel, view.login), view, everybody: false });
      return own ? [...changes, ...left] : changes;
    }
    default:
      return [];
  }
};

const gone = (
  event: Wire,
  {
    chat,
    view,
    everybody,
  }: { readonly chat: ChatRef; readonly view: View; readonly everybody: boolean },
): readonly RemoteEvent[] => [
  everybody
    ? { kind: "gone", chat, at: happenedAt(event), why: "deleted" }
    : { kind: "gone", chat, at: happenedAt(event), why: "left", login: view.login },
];
