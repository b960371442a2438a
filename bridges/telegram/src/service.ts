import type { Content, Member, RemoteEvent, UserId } from "@bridgebox/core/adapter";
import { Api, decimal, type Long } from "./api/tl.ts";
import { chatRef, fromPeer, parseUser, senderId, type PeerId } from "./ids.ts";
import { adminRole } from "./rights.ts";
import { orderOf, placeOfMessage, senderOf, type View } from "./message.ts";

const user = (id: Long): UserId => senderId({ kind: "user", id: decimal(id) });

/** A service message: what it means to the chat, or a notice in words where it means nothing more. */
export const serviceEvents = (message: Api.MessageService, view: View): readonly RemoteEvent[] => {
  const { action } = message;
  const peer = fromPeer(message.peerId);
  const base = { chat: chatRef(placeOfMessage(message), view.login), at: message.date * 1000 };
  const sender = senderOf(message, view);
  if (action instanceof Api.MessageActionEmpty) return [];
  const list = memberChanges(action, sender);
  if (list !== undefined) {
    const gone = list.some((each) => each.state === "leave" && each.user === senderId(view.self));
    const why = sender === senderId(view.self) ? "left" : "kicked";
    const over: RemoteEvent[] = gone ? [{ ...base, kind: "gone", why, login: view.login }] : [];
    return [{ ...base, kind: "members", list, complete: false }, ...over];
  }
  if (
    action instanceof Api.MessageActionChatEditTitle ||
    action instanceof Api.MessageActionChatCreate ||
    action instanceof Api.MessageActionChannelCreate
  ) {
    return [{ ...base, kind: "chat", info: { name: action.title } }];
  }
  const timer = timerEvents(message, view);
  if (timer !== undefined) return timer;
  const topic = topicEvent(message, view);
  if (topic !== undefined) return [topic];
  const call = callEvent(message, view);
  if (call !== undefined) return [call];
  const moved = migration(action, peer, view);
  if (moved !== undefined) return [{ ...moved, at: base.at }];
  return [
    {
      ...base,
      kind: "notice",
      key: `m:${message.id}`,
      order: orderOf(message.id),
      sender,
      text: [{ t: "para", of: [{ t: "text", text: wording(action, who(message, view)) }] }],
    },
  ];
};

/** How long messages stay from now on (core.telegram.org/method/messages.setHistoryTTL). */
const timerEvents = (
  message: Api.MessageService,
  view: View,
): readonly RemoteEvent[] | undefined => {
  const { action } = message;
  if (!(action instanceof Api.MessageActionSetMessagesTTL)) return undefined;
  const { period: seconds } = action;
  const base = { chat: chatRef(placeOfMessage(message), view.login), at: message.date * 1000 };
  const says =
    seconds === 0
      ? "lets messages stay from now on"
      : `lets messages be deleted ${inWords(seconds)} after they were sent`;
  return [
    { ...base, kind: "chat", info: { expires: expiresAfter(seconds) } },
    {
      ...base,
      kind: "notice",
      key: `m:${message.id}`,
      order: orderOf(message.id),
      sender: senderOf(message, view),
      text: [{ t: "para", of: [{ t: "text", text: `${who(message, view)} ${says}.` }] }],
    },
  ];
};

/** What Telegram tells in seconds; none of them is for ever. */
export const expiresAfter = (seconds: number | undefined): Content["expires"] =>
  seconds === undefined || seconds === 0 ? undefined : { mode: "timer", seconds, from: "sent" };

const units: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

const inWords = (seconds: number): string => {
  const [size, name] = units.find(([unit]) => seconds >= unit && seconds % unit === 0) ?? [
    1,
    "second",
  ];
  const count = seconds / size;
  return `${count} ${name}${count === 1 ? "" : "s"}`;
};

/** A topic that began or has another name: a chat of its own, in the group that it is a part of. */
const topicEvent = (message: Api.MessageService, view: View): RemoteEvent | undefined => {
  const { action } = message;
  const peer = fromPeer(message.peerId);
  const at = message.date * 1000;
  if (action instanceof Api.MessageActionTopicCreate) {
    const chat = chatRef({ ...peer, topic: message.id }, view.login);
    const parent = chatRef(peer, view.login);
    return { kind: "chat", chat, at, info: { kind: "topic", name: action.title, parent } };
  }
  if (!(action instanceof Api.MessageActionTopicEdit)) return undefined;
  const { title, closed } = action;
  const info = {
    ...(title === undefined ? {} : { name: title }),
    ...(closed === undefined ? {} : { readOnly: closed }),
  };
  if (Object.keys(info).length === 0) return undefined;
  return { kind: "chat", chat: chatRef(placeOfMessage(message), view.login), at, info };
};

/** A call of two people that is over, or a video chat that began or ended. */
const callEvent = (message: Api.MessageService, view: View): RemoteEvent | undefined => {
  const { action } = message;
  const base = {
    kind: "call",
    chat: chatRef(placeOfMessage(message), view.login),
    at: message.date * 1000,
    key: `m:${message.id}`,
    order: orderOf(message.id),
    sender: senderOf(message, view),
  } as const;
  if (action instanceof Api.MessageActionPhoneCall) {
    const missed =
      action.reason instanceof Api.PhoneCallDiscardReasonMissed ||
      action.reason instanceof Api.PhoneCallDiscardReasonBusy;
    return { ...base, state: missed ? "missed" : "ended" };
  }
  if (!(action instanceof Api.MessageActionGroupCall)) return undefined;
  return { ...base, state: action.duration === undefined ? "ringing" : "ended" };
};

const memberChanges = (
  action: Api.TypeMessageAction,
  sender: UserId,
): readonly Member[] | undefined => {
  if (action instanceof Api.MessageActionChatAddUser) {
    return action.users.map((id) => joined(user(id), sender));
  }
  if (action instanceof Api.MessageActionChatDeleteUser) {
    const left = user(action.userId);
    return [{ user: left, state: "leave", ...(left === sender ? {} : { by: sender }) }];
  }
  if (
    action instanceof Api.MessageActionChatJoinedByLink ||
    action instanceof Api.MessageActionChatJoinedByRequest
  ) {
    return [{ user: sender, state: "join" }];
  }
  return undefined;
};

const joined = (who: UserId, by: UserId): Member => ({
  user: who,
  state: "join",
  ...(who === by ? {} : { by }),
});

/** A basic group that went on as a supergroup: told on both sides, it is one rename. */
const migration = (
  action: Api.TypeMessageAction,
  peer: PeerId,
  view: View,
): (RemoteEvent & { kind: "chat" }) | undefined => {
  let from: PeerId = peer;
  let to: PeerId = peer;
  if (action instanceof Api.MessageActionChatMigrateTo) {
    to = { kind: "channel", id: decimal(action.channelId) };
  } else if (action instanceof Api.MessageActionChannelMigrateFrom) {
    from = { kind: "chat", id: decimal(action.chatId) };
  } else {
    return undefined;
  }
  return {
    kind: "chat",
    chat: chatRef(to, view.login),
    renamedFrom: chatRef(from, view.login),
    info: {},
    at: 0,
  };
};

const wordings: Readonly<Record<string, string>> = {
  MessageActionPinMessage: "pinned a message",
  MessageActionChatEditPhoto: "changed the picture of the chat",
  MessageActionChatDeletePhoto: "removed the picture of the chat",
  MessageActionHistoryClear: "cleared the history",
  MessageActionScreenshotTaken: "took a screenshot",
  MessageActionContactSignUp: "joined Telegram",
  MessageActionGroupCallScheduled: "scheduled a video chat",
  MessageActionGameScore: "set a score in a game",
  MessageActionTopicEdit: "changed a topic",
};

const who = (message: Api.MessageService, view: View): string =>
  view.nameOf(fromPeer(message.fromId ?? message.peerId)) ?? "Somebody";

const wording = (action: Api.TypeMessageAction, name: string): string => {
  if (action instanceof Api.MessageActionCustomAction) return action.message;
  const known = wordings[action.className];
  if (known !== undefined) return `${name} ${known}`;
  const words = action.className.replace(/^MessageAction/, "").replace(/([a-z])([A-Z])/g, "$1 $2");
  return `Telegram notice: ${words.toLowerCase()}`;
};

/** A participant update that only bots and group admins get, as one change of the roster. */
export const participantChange = (
  update: Api.UpdateChatParticipant | Api.UpdateChannelParticipant,
): Member => {
  const who = user(update.userId);
  const actor = user(update.actorId);
  const now = update.newParticipant;
  const by = actor === who ? {} : { by: actor };
  if (now === undefined || now instanceof Api.ChannelParticipantLeft) {
    return { user: who, state: "leave", ...by };
  }
  if (now instanceof Api.ChannelParticipantBanned) {
    const banned = now.bannedRights.viewMessages === true;
    return banned
      ? { user: who, state: "ban", ...by }
      : { user: who, state: "join", role: "muted" };
  }
  return { user: who, state: "join", role: roleOf(now) };
};

/** Telegram's kinds of participant as the core's roles. */
export const roleOf = (
  participant: Api.TypeChatParticipant | Api.TypeChannelParticipant,
): "owner" | "admin" | "moderator" | "member" => {
  if (
    participant instanceof Api.ChatParticipantCreator ||
    participant instanceof Api.ChannelParticipantCreator
  ) {
    return "owner";
  }
  if (participant instanceof Api.ChannelParticipantAdmin) return adminRole(participant.adminRights);
  return participant instanceof Api.ChatParticipantAdmin ? "admin" : "member";
};

/** The person a channel participant is about; channels that were banned are no persons. */
export const participantUser = (participant: Api.TypeChannelParticipant): UserId | undefined => {
  if ("userId" in participant) return parseUser(decimal(participant.userId));
  const peer = fromPeer(participant.peer);
  return peer.kind === "user" ? senderId(peer) : undefined;
};
