import type { OwnChat } from "@bridgebox/core/adapter";
import type { Api } from "./api/tl.ts";

/** The folder of what is archived (core.telegram.org/api/folders). */
export const archive = 1;

/** What is silent for longer than a year is silent for good. */
const year = 31_536_000_000;

/** Until when a chat is silent; `null`: it is not. */
export const mutedUntil = (
  { muteUntil = 0 }: Api.PeerNotifySettings,
  now: number,
): number | "ever" | null => {
  const until = muteUntil * 1000;
  if (until <= now) return null;
  return until - now > year ? "ever" : until;
};

/** How the account sees a chat, as the chat list has it. */
export const ownOf = (dialog: Api.Dialog, now: number): OwnChat => {
  const { pinned, unreadMark, folderId, notifySettings } = dialog;
  return {
    muted: mutedUntil(notifySettings, now),
    unread: unreadMark === true,
    tags: [
      ...(pinned === true && folderId !== archive ? (["favourite"] as const) : []),
      ...(folderId === archive ? (["archive"] as const) : []),
    ],
  };
};
