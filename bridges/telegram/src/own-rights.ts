import { sameChat } from "@bridgebox/core/adapter";
import type { ChatRef, RemoteEvent } from "@bridgebox/core/adapter";
import { describe, type Directory } from "./directory.ts";

export interface Telling extends Directory {
  readonly chats: () => Promise<readonly ChatRef[]>;
  readonly tell: (event: RemoteEvent) => void;
  readonly signal: AbortSignal;
}

/** In milliseconds. */
const patience = 30_000;

/** What can be done in a chat follows from what the account is there: it is looked up when that changed. */
export const tellRights = async (
  { access, standard, chats, tell, signal }: Telling,
  chat: ChatRef,
): Promise<void> => {
  if (!(await chats()).some((one) => sameChat(one, chat))) return;
  const until = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const { features } = await describe({ access, standard }, chat, until);
  tell({ kind: "chat", chat, at: Date.now(), info: { features } });
};
