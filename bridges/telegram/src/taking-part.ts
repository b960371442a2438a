import type { ChatRef } from "@bridgebox/core/adapter";
import { reach, type Access } from "./access.ts";
import { Api, long } from "./api/tl.ts";
import { rpcName } from "./errors.ts";

const alreadyIn = ["USER_ALREADY_PARTICIPANT", "INVITE_REQUEST_SENT"];
const alreadyOut = ["USER_NOT_PARTICIPANT", "CHAT_ID_INVALID"];

/** Enters a group or channel: by its invite link where there is one, else as everybody may. */
export const join = async (
  access: Access,
  { chat, key }: { readonly chat: ChatRef; readonly key?: string },
  signal: AbortSignal,
): Promise<void> => {
  const ask = { what: "The group was not entered", signal };
  const hash = key?.replace(/^.*(?:joinchat\/|\+)/, "");
  const done = async (request: Api.channels.JoinChannel | Api.messages.ImportChatInvite) => {
    try {
      await access.client.call<Api.TypeUpdates>(request, ask);
    } catch (error) {
      if (!isAny(error, alreadyIn)) throw error;
    }
  };
  if (hash !== undefined) return done(new Api.messages.ImportChatInvite({ hash }));
  const { peer } = await reach(access, chat, ask.what);
  const channel = peer.kind === "channel" ? await access.peers.inputChannel(peer.id) : undefined;
  // Whoever can reach a private chat or a basic group is in it.
  return channel && done(new Api.channels.JoinChannel({ channel }));
};

/** Leaves a group or channel; a private chat cannot be left. */
export const leave = async (access: Access, chat: ChatRef, signal: AbortSignal): Promise<void> => {
  const ask = { what: "The group was not left", signal };
  const { peer } = await reach(access, chat, ask.what);
  const channel = peer.kind === "channel" ? await access.peers.inputChannel(peer.id) : undefined;
  const me = new Api.InputUserSelf();
  const request =
    channel === undefined
      ? new Api.messages.DeleteChatUser({ chatId: long(peer.id), userId: me })
      : new Api.channels.LeaveChannel({ channel });
  if (peer.kind === "user") return;
  try {
    await access.client.call<Api.TypeUpdates>(request, ask);
  } catch (error) {
    if (!isAny(error, alreadyOut)) throw error;
  }
};

const isAny = (error: unknown, names: readonly string[]): boolean => {
  const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
  return name !== undefined && names.includes(name);
};
