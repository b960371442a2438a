import { Api } from "./api/tl.ts";
import { placeOfMessage } from "./message.ts";
import type { PollIndex } from "./poll-index.ts";
import type { Whereabouts } from "./whereabouts.ts";

/** Where what later updates about a message do not say is kept: its chat, and which poll is in it. */
export interface Noting {
  readonly whereabouts: Whereabouts;
  readonly polls: PollIndex;
}

/** Durable with the next `whereabouts.save()`. */
export const note = async (
  { whereabouts, polls }: Noting,
  message: Api.Message | Api.MessageService,
): Promise<void> => {
  const peer = placeOfMessage(message);
  await whereabouts.remember(message.id, peer);
  if (message instanceof Api.Message) await polls.remember(message, peer);
};
