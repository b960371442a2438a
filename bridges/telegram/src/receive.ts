import type { Member, RemoteEvent } from "@bridgebox/core/adapter";
import { Api, decimal } from "./api/tl.ts";
import { chatRef, fromPeer, messageOf, parseUser, senderId, type PeerId } from "./ids.ts";
import { asideEvent, editEvent, messageEvent, placeOfMessage, type View } from "./message.ts";
import { archive, mutedUntil } from "./own-view.ts";
import { presenceEvents } from "./presence.ts";
import { participantChange, roleOf, serviceEvents } from "./service.ts";

/** Telegram repeats a typing action every five seconds while it lasts. */
const typingFor = 6000;

/** One update, already in its place in the sequence, as events. Nothing for what nobody needs. */
export const eventsOf = async (
  update: Api.TypeUpdate,
  view: View,
): Promise<readonly RemoteEvent[]> => {
  if (update instanceof Api.UpdateNewMessage || update instanceof Api.UpdateNewChannelMessage) {
    const { message } = update;
    const aside = message instanceof Api.Message ? asideEvent(message, view) : undefined;
    return [...messageEvents(message, view), ...(aside === undefined ? [] : [aside])];
  }
  if (update instanceof Api.UpdateEditMessage || update instanceof Api.UpdateEditChannelMessage) {
    return update.message instanceof Api.Message ? editEvents(update.message, view) : [];
  }
  if (update instanceof Api.UpdateDeleteChannelMessages) {
    const peer: PeerId = { kind: "channel", id: decimal(update.channelId) };
    const chats = await byTopic(peer, update.messages, view);
    return chats.map((each) => deleteEvent(each.peer, each.messages, view));
  }
  if (update instanceof Api.UpdateDeleteMessages) return boxDeletes(update.messages, view);
  return (
    memberEvents(update, view) ??
    typingEvents(update, view) ??
    readEvents(update, view) ??
    ownEvents(update, view) ??
    presenceEvents(update, view.isThere) ??
    (await pinEvents(update, view)) ??
    (await view.lookups.update(update)) ??
    []
  );
};

/** What an edit changed: the words, where a thing is, how a poll stands, who has reacted. */
const editEvents = async (message: Api.Message, view: View): Promise<readonly RemoteEvent[]> => {
  const peer = placeOfMessage(message);
  const moved = movedEvent(message, view);
  if (moved !== undefined) return [moved];
  if (message.media instanceof Api.MessageMediaPoll) return view.lookups.votes(message, peer);
  const edit = editEvent(message, view);
  if (edit !== undefined) return [edit];
  if (message.editHide !== true) return [];
  return [await view.lookups.reactions({ peer, message: message.id }, message.reactions)];
};

const movedEvent = (message: Api.Message, view: View): RemoteEvent | undefined => {
  const { media } = message;
  if (!(media instanceof Api.MessageMediaGeoLive)) return undefined;
  if (!(media.geo instanceof Api.GeoPoint)) return undefined;
  const { lat, long: lon } = media.geo;
  return {
    kind: "location",
    chat: chatRef(placeOfMessage(message), view.login),
    id: messageOf(message.id),
    at: (message.editDate ?? message.date) * 1000,
    lat,
    lon,
    until: (message.date + media.period) * 1000,
  };
};

interface There {
  readonly peer: PeerId;
  readonly messages: readonly number[];
}

/** The messages of a channel by the topics they are in. */
const byTopic = async (
  peer: PeerId,
  messages: readonly number[],
  view: View,
): Promise<readonly There[]> => {
  const topics = new Map<number | undefined, number[]>();
  for (const message of messages) {
    const topic = await view.topicOf(peer.id, message);
    topics.set(topic, [...(topics.get(topic) ?? []), message]);
  }
  return [...topics].map(([topic, list]) => ({
    peer: topic === undefined ? peer : { ...peer, topic },
    messages: list,
  }));
};

const pinEvents = async (
  update: Api.TypeUpdate,
  view: View,
): Promise<readonly RemoteEvent[] | undefined> => {
  let chats: readonly There[];
  if (update instanceof Api.UpdatePinnedMessages) {
    chats = [{ peer: fromPeer(update.peer), messages: update.messages }];
  } else if (update instanceof Api.UpdatePinnedChannelMessages) {
    const peer: PeerId = { kind: "channel", id: decimal(update.channelId) };
    chats = await byTopic(peer, update.messages, view);
  } else {
    return undefined;
  }
  const on = update.pinned === true;
  return chats.map(({ peer, messages }) => ({
    kind: "pins",
    chat: chatRef(peer, view.login),
    at: Date.now(),
    set: messages.map((message) => ({ id: messageOf(message), on })),
    complete: false,
  }));
};

/** A message of any kind: what a person said, or what the service tells. */
export const messageEvents = (message: Api.TypeMessage, view: View): readonly RemoteEvent[] => {
  if (message instanceof Api.Message) return [messageEvent(message, view)];
  if (message instanceof Api.MessageService) return serviceEvents(message, view);
  return [];
};

/** Deletions in the account's box name no chat, and no remover: the chat itself stands for them. */
const boxDeletes = async (
  messages: readonly number[],
  view: View,
): Promise<readonly RemoteEvent[]> => {
  const chats = new Map<string, { peer: PeerId; messages: number[] }>();
  for (const message of messages) {
    const peer = await view.whereIs(message);
    if (peer === undefined) {
      view.log.debug("A message was deleted that was never seen", { message });
      continue;
    }
    const key = `${peer.kind}:${peer.id}`;
    const found = chats.get(key) ?? { peer, messages: [] };
    found.messages.push(message);
    chats.set(key, found);
  }
  return [...chats.values()].map((each) => deleteEvent(each.peer, each.messages, view));
};

const deleteEvent = (peer: PeerId, messages: readonly number[], view: View): RemoteEvent => ({
  kind: "delete",
  chat: chatRef(peer, view.login),
  key: `d:${messages.join(",")}`,
  ids: messages.map(messageOf),
  sender: senderId(peer),
  at: Date.now(),
  for: "all",
});

const memberEvents = (update: Api.TypeUpdate, view: View): readonly RemoteEvent[] | undefined => {
  if (
    update instanceof Api.UpdateChatParticipant ||
    update instanceof Api.UpdateChannelParticipant
  ) {
    const peer: PeerId =
      update instanceof Api.UpdateChatParticipant
        ? { kind: "chat", id: decimal(update.chatId) }
        : { kind: "channel", id: decimal(update.channelId) };
    const chat = chatRef(peer, view.login);
    const at = update.date * 1000;
    return [{ kind: "members", chat, at, list: [participantChange(update)], complete: false }];
  }
  if (update instanceof Api.UpdateChatParticipantAdmin) {
    const chat = chatRef({ kind: "chat", id: decimal(update.chatId) }, view.login);
    const user = senderId({ kind: "user", id: decimal(update.userId) });
    const list: Member[] = [{ user, state: "join", role: update.isAdmin ? "admin" : "member" }];
    return [{ kind: "members", chat, at: Date.now(), list, complete: false }];
  }
  if (!(update instanceof Api.UpdateChatParticipants)) return undefined;
  if (!(update.participants instanceof Api.ChatParticipants)) return [];
  const { chatId, participants } = update.participants;
  const list: Member[] = participants.map((each) => ({
    user: senderId({ kind: "user", id: decimal(each.userId) }),
    state: "join",
    role: roleOf(each),
  }));
  const chat = chatRef({ kind: "chat", id: decimal(chatId) }, view.login);
  return [{ kind: "members", chat, at: Date.now(), list, complete: true }];
};

/** What only this account sees of a chat: a mark that it is unread, silence, the top and the archive. */
const ownEvents = (update: Api.TypeUpdate, view: View): readonly RemoteEvent[] | undefined => {
  const { login } = view;
  const at = Date.now();
  if (update instanceof Api.UpdateDialogUnreadMark) {
    if (!(update.peer instanceof Api.DialogPeer)) return [];
    const chat = chatRef(fromPeer(update.peer.peer), login);
    return [{ kind: "unread", chat, at, login, marked: update.unread === true }];
  }
  if (update instanceof Api.UpdateNotifySettings) {
    if (!(update.peer instanceof Api.NotifyPeer)) return [];
    const chat = chatRef(fromPeer(update.peer.peer), login);
    return [{ kind: "mute", chat, at, login, until: mutedUntil(update.notifySettings, at) }];
  }
  if (update instanceof Api.UpdateDialogPinned) {
    if (!(update.peer instanceof Api.DialogPeer)) return [];
    const chat = chatRef(fromPeer(update.peer.peer), login);
    return [{ kind: "tag", chat, at, login, tag: "favourite", on: update.pinned === true }];
  }
  if (update instanceof Api.UpdateFolderPeers)
    return update.folderPeers.map(({ peer, folderId }) => ({
      kind: "tag",
      chat: chatRef(fromPeer(peer), login),
      at,
      login,
      tag: "archive",
      on: folderId === archive,
    }));
  if (!(update instanceof Api.UpdatePhoneCall)) return undefined;
  const { phoneCall } = update;
  if (!(phoneCall instanceof Api.PhoneCallRequested)) return [];
  const caller: PeerId = { kind: "user", id: decimal(phoneCall.adminId) };
  const key = `call:${decimal(phoneCall.id)}`;
  const call = { key, sender: senderId(caller), at: phoneCall.date * 1000 };
  return [{ kind: "call", chat: chatRef(caller, login), state: "ringing", ...call }];
};

const typingEvents = (update: Api.TypeUpdate, view: View): readonly RemoteEvent[] | undefined => {
  let peer: PeerId;
  let from: PeerId;
  if (update instanceof Api.UpdateUserTyping) {
    peer = { kind: "user", id: decimal(update.userId) };
    from = peer;
  } else if (update instanceof Api.UpdateChatUserTyping) {
    peer = { kind: "chat", id: decimal(update.chatId) };
    from = fromPeer(update.fromId);
  } else if (update instanceof Api.UpdateChannelUserTyping) {
    const { topMsgId: topic } = update;
    const id = decimal(update.channelId);
    peer = { kind: "channel", id, ...(topic === undefined ? {} : { topic }) };
    from = fromPeer(update.fromId);
  } else {
    return undefined;
  }
  const user = senderId(from);
  const what = typingKind(update.action);
  const chat = chatRef(peer, view.login);
  return [{ kind: "typing", chat, user, what, ttl: typingFor, at: Date.now() }];
};

const typingKind = (action: Api.TypeSendMessageAction): "text" | "media" | "none" => {
  if (action instanceof Api.SendMessageCancelAction) return "none";
  return action instanceof Api.SendMessageTypingAction ? "text" : "media";
};

const readEvents = (update: Api.TypeUpdate, view: View): readonly RemoteEvent[] | undefined => {
  if (update instanceof Api.UpdateReadHistoryOutbox) {
    const peer = fromPeer(update.peer);
    if (peer.kind !== "user") return [];
    return [readEvent(peer, { reader: peer, upTo: update.maxId }, view)];
  }
  if (update instanceof Api.UpdateReadHistoryInbox) {
    const peer = fromPeer(update.peer);
    return [readEvent(peer, { reader: view.self, upTo: update.maxId }, view)];
  }
  if (update instanceof Api.UpdateReadChannelInbox) {
    const peer: PeerId = { kind: "channel", id: decimal(update.channelId) };
    return [readEvent(peer, { reader: view.self, upTo: update.maxId }, view)];
  }
  if (update instanceof Api.UpdateReadChannelDiscussionInbox) {
    const id = decimal(update.channelId);
    const peer: PeerId = { kind: "channel", id, topic: update.topMsgId };
    return [readEvent(peer, { reader: view.self, upTo: update.readMaxId }, view)];
  }
  return undefined;
};

const readEvent = (
  peer: PeerId,
  read: { readonly reader: PeerId; readonly upTo: number },
  view: View,
): RemoteEvent => ({
  kind: "read",
  chat: chatRef(peer, view.login),
  user: parseUser(read.reader.id) ?? senderId(read.reader),
  upTo: messageOf(read.upTo),
  at: Date.now(),
});
