import type { RemoteEvent } from "@bridgebox/core/adapter";
import type { Ask } from "./access.ts";
import { Api } from "./api/tl.ts";
import { chatRef, fromPeer, messageOf, type PeerId } from "./ids.ts";
import { botReactionEvent, reactionsEvent, type Reacting } from "./reactions.ts";
import { botVoteEvents, messageVotes, pollEvents, type Polling } from "./votes.ts";

interface At {
  readonly peer: PeerId;
  readonly message: number;
}

/** What an update or message says only in part: the rest is asked for. */
export interface Lookups {
  /** Reactions to a message, as an update or the message itself has them. */
  reactions(at: At, reactions: Api.TypeMessageReactions | undefined): Promise<RemoteEvent>;
  /** Votes in a poll that is in a message. */
  votes(message: Api.Message, peer: PeerId): Promise<readonly RemoteEvent[]>;
  /** What else is told by an update about reactions and votes; nothing for any other update. */
  update(update: Api.TypeUpdate): Promise<readonly RemoteEvent[] | undefined>;
}

export interface LookupOptions extends Reacting, Polling {
  readonly signal: AbortSignal;
  topicOf(channel: string, message: number): Promise<number | undefined>;
}

const callTimeout = 15_000;

export const createLookups = (options: LookupOptions): Lookups => {
  const ask = (): Ask => ({
    what: "What was told in part could not be looked up",
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(callTimeout)]),
  });
  const once = (): Ask => ({ ...ask(), once: true });
  const placed = async (peer: PeerId, message: number, top?: number): Promise<PeerId> => {
    if (peer.kind !== "channel") return peer;
    const topic = top ?? (await options.topicOf(peer.id, message));
    return topic === undefined ? peer : { ...peer, topic };
  };
  const reactionsAt = (
    { peer, message, reactions }: At & { reactions: Api.TypeMessageReactions | undefined },
    asking: Ask,
  ): Promise<RemoteEvent> => {
    const chat = chatRef(peer, options.login);
    return reactionsEvent(options, { chat, peer, id: messageOf(message), reactions }, asking);
  };
  return {
    reactions: (at, reactions) => reactionsAt({ ...at, reactions }, ask()),
    votes: (message, peer) => messageVotes(options, message, { peer, ask: ask() }),
    update: async (update) => {
      if (update instanceof Api.UpdateMessageReactions) {
        const { msgId: message } = update;
        const peer = await placed(fromPeer(update.peer), message, update.topMsgId);
        const { reactions } = update;
        // These and the votes of people have no number of their own: no difference brings them again.
        return [await reactionsAt({ peer, message, reactions }, once())];
      }
      if (update instanceof Api.UpdateBotMessageReaction) {
        const peer = await placed(fromPeer(update.peer), update.msgId);
        const chat = chatRef(peer, options.login);
        const id = messageOf(update.msgId);
        return [await botReactionEvent(options, update, { chat, id, ask: ask() })];
      }
      if (update instanceof Api.UpdateMessagePoll) return pollEvents(options, update, once());
      if (update instanceof Api.UpdateMessagePollVote) return botVoteEvents(options, update);
      return undefined;
    },
  };
};
