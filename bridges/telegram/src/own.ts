import type { ChatRef, Connection, MessageId } from "@bridgebox/core/adapter";
import { reach, type Access } from "./access.ts";
import { Api, given } from "./api/tl.ts";
import { rpcName } from "./errors.ts";
import { messageNumber } from "./ids.ts";
import { archive } from "./own-view.ts";

/** The account has read a chat, or a topic of it, up to a message. */
export const markRead = async (
  access: Access,
  { chat, upTo }: { readonly chat: ChatRef; readonly upTo: MessageId },
  signal: AbortSignal,
): Promise<void> => {
  const ask = { what: "It was not marked as read", signal };
  const { peer, input } = await reach(access, chat, ask.what);
  const maxId = messageNumber(upTo) ?? 0;
  if (peer.topic !== undefined) {
    const topic = { peer: input, msgId: peer.topic, readMaxId: maxId };
    await access.client.call(new Api.messages.ReadDiscussion(topic), ask);
    return;
  }
  const channel = peer.kind === "channel" ? await access.peers.inputChannel(peer.id) : undefined;
  if (channel !== undefined) {
    await access.client.call(new Api.channels.ReadHistory({ channel, maxId }), ask);
    return;
  }
  await access.client.call(new Api.messages.ReadHistory({ peer: input, maxId }), ask);
};

/** Pins a message for everybody, or takes it off; what is so already is a success. */
export const pin = async (
  access: Access,
  { chat, id, on }: { readonly chat: ChatRef; readonly id: MessageId; readonly on: boolean },
  signal: AbortSignal,
): Promise<Api.TypeUpdates | undefined> => {
  const ask = { what: on ? "The message was not pinned" : "The message was not unpinned", signal };
  const { input: peer } = await reach(access, chat, ask.what);
  const request = new Api.messages.UpdatePinnedMessage(
    given({ peer, id: messageNumber(id) ?? 0, silent: true, unpin: on ? undefined : true }),
  );
  try {
    return await access.client.call<Api.TypeUpdates>(request, ask);
  } catch (error) {
    const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
    if (name === "CHAT_NOT_MODIFIED") return undefined;
    throw error;
  }
};

type Change = Parameters<NonNullable<Connection["own"]>>[1];

const ever = 2_147_483_647;

/** What only this account sees of a chat: silence, a mark, the top, the archive. */
export const setOwn = async (
  access: Access,
  { chat, change }: { readonly chat: ChatRef; readonly change: Change },
  signal: AbortSignal,
): Promise<void> => {
  const ask = { what: "The chat was not changed for this account", signal };
  const { input: peer } = await reach(access, chat, ask.what);
  const { muted, unread, tag, tagged } = change;
  if (muted !== undefined) {
    const muteUntil = muted === "ever" ? ever : Math.round((muted ?? 0) / 1000);
    const settings = new Api.InputPeerNotifySettings({ muteUntil });
    const request = new Api.account.UpdateNotifySettings({
      peer: new Api.InputNotifyPeer({ peer }),
      settings,
    });
    await access.client.call(request, ask);
  }
  if (unread !== undefined) {
    const dialog = new Api.InputDialogPeer({ peer });
    const request = new Api.messages.MarkDialogUnread(
      given({ peer: dialog, unread: unread ? true : undefined }),
    );
    await access.client.call(request, ask);
  }
  if (tagged?.tag === "favourite") {
    const dialog = new Api.InputDialogPeer({ peer });
    const request = new Api.messages.ToggleDialogPin(
      given({ peer: dialog, pinned: tagged.on ? true : undefined }),
    );
    await access.client.call(request, ask);
  }
  const away = tagged && tagged.tag !== "favourite" ? tagged.on : undefined;
  const isArchived = tag === undefined ? away : tag === "archive" || tag === "low";
  if (isArchived === undefined) return;
  const folderPeers = [new Api.InputFolderPeer({ peer, folderId: isArchived ? archive : 0 })];
  await access.client.call(new Api.folders.EditPeerFolders({ folderPeers }), ask);
};
