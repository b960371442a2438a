import type { Session } from "../mtproto/session.ts";
import type { Account, Chat, ChatView } from "../model.ts";
import { Api, given, RpcError } from "../tl.ts";
import { container, type Feed } from "../updates.ts";
import { asPeer } from "../views.ts";
import { userMethod, type Call, type Method } from "./method.ts";

const plain: ChatView = { muteUntil: 0, unread: false, pinned: false, archived: false };

/** How an account sees a chat now. */
export const viewOf = (account: Account, chat: Chat): ChatView => account.views.get(chat) ?? plain;

interface Seen {
  readonly chat: Chat;
  readonly change: Partial<ChatView>;
}

/**
 * An account sees a chat otherwise from now on; its other clients are told. What is archived is not
 * pinned any more (core.telegram.org/api/folders).
 */
export const see = (
  feed: Feed,
  account: Account,
  { chat, change }: Seen,
  by?: Session,
): readonly Api.TypeUpdate[] => {
  const before = viewOf(account, chat);
  const moved = change.archived !== undefined && change.archived !== before.archived;
  const after = { ...before, ...change, ...(moved ? { pinned: false } : {}) };
  account.views.set(chat, after);
  const tell = (update: Api.TypeUpdate): void => feed.tellOthers(account, update, [chat], by);
  const peer = new Api.DialogPeer({ peer: asPeer(chat) });
  if (after.muteUntil !== before.muteUntil) {
    const notifySettings = notifyOf(after);
    tell(
      new Api.UpdateNotifySettings({
        peer: new Api.NotifyPeer({ peer: asPeer(chat) }),
        notifySettings,
      }),
    );
  }
  if (after.unread !== before.unread)
    tell(new Api.UpdateDialogUnreadMark(given({ peer, unread: after.unread || undefined })));
  if (change.pinned !== undefined && after.pinned !== before.pinned)
    tell(new Api.UpdateDialogPinned(given({ peer, pinned: after.pinned || undefined })));
  if (!moved) return [];
  const { archived } = after;
  const { pts, count } = feed.record(account.box, { kind: "folder", peer: chat, archived }, by);
  const folder = new Api.FolderPeer({ peer: asPeer(chat), folderId: archived ? 1 : 0 });
  return [new Api.UpdateFolderPeers({ folderPeers: [folder], pts, ptsCount: count })];
};

export const notifyOf = ({ muteUntil }: ChatView): Api.PeerNotifySettings =>
  new Api.PeerNotifySettings(muteUntil === 0 ? {} : { muteUntil });

const chatIn = (peer: unknown, me: Account, { world }: Call): Chat => {
  if (peer instanceof Api.InputDialogPeer) return world.chat(peer.peer, me);
  throw new RpcError(400, "PEER_ID_INVALID");
};

/** Mutes, marks, pinned chats and the archive. */
export const ownMethods: readonly Method[] = [
  userMethod(Api.account.UpdateNotifySettings, (request, me, call) => {
    const { peer, settings } = request;
    if (!(peer instanceof Api.InputNotifyPeer)) throw new RpcError(400, "PEER_ID_INVALID");
    const chat = call.world.chat(peer.peer, me);
    const change = { muteUntil: settings.muteUntil ?? 0 };
    see(call.feed, me, { chat, change }, call.session);
    return true;
  }),
  userMethod(Api.messages.MarkDialogUnread, (request, me, call) => {
    const chat = chatIn(request.peer, me, call);
    see(call.feed, me, { chat, change: { unread: request.unread === true } }, call.session);
    return true;
  }),
  userMethod(Api.messages.ToggleDialogPin, (request, me, call) => {
    const chat = chatIn(request.peer, me, call);
    see(call.feed, me, { chat, change: { pinned: request.pinned === true } }, call.session);
    return true;
  }),
  userMethod(Api.folders.EditPeerFolders, (request, me, call) => {
    const chats = request.folderPeers.map(({ peer, folderId }) => {
      if (folderId !== 0 && folderId !== 1) throw new RpcError(400, "FOLDER_ID_INVALID");
      return { chat: call.world.chat(peer, me), change: { archived: folderId === 1 } };
    });
    const updates = chats.flatMap((seen) => see(call.feed, me, seen, call.session));
    return container(
      updates,
      chats.map(({ chat }) => chat),
      me,
    );
  }),
];
