import type { Member, RemoteEvent } from "@bridgebox/core/adapter";
import { Api, decimal } from "./api/tl.ts";
import { chatRef, fromPeer, messageOf, parseUser, senderId, type PeerId } from "./ids.ts";
import { editEvent, messageEvent, type View } from "./message.ts";
import { participantChange, roleOf, serviceEvents } from "./service.ts";

/** Telegram repeats a typing action every five seconds while it lasts. */
const typingFor = 6000;

/** One update, already in its place in the sequence, as events. Nothing for what nobody needs. */
export const eventsOf = async (
  update: Api.TypeUpdate,
  view: View,
): Promise<readonly RemoteEvent[]> => {
  if (update instanceof Api.UpdateNewMessage || update instanceof Api.UpdateNewChannelMessage) {
    return messageEvents(update.message, view);
  }
  if (update instanceof Api.UpdateEditMessage || update instanceof Api.UpdateEditChannelMessage) {
    if (!(update.message instanceof Api.Message)) return [];
    const edit = editEvent(update.message, view);
    return edit === undefined ? [] : [edit];
  }
  if (update instanceof Api.UpdateDeleteChannelMessages) {
    const peer: PeerId = { kind: "channel", id: decimal(update.channelId) };
    return [deleteEvent(peer, update.messages, view)];
  }
  if (update instanceof Api.UpdateDeleteMessages) return boxDeletes(update.messages, view);
  return memberEvents(update, view) ?? typingEvents(update, view) ?? readEvents(update, view) ?? [];
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
    peer = { kind: "channel", id: decimal(update.channelId) };
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
