import {
  userId,
  type ChatRef,
  type LoginId,
  type MessageId,
  type RemoteEvent,
} from "@bridgebox/core/adapter";
import { fetchMessages, ifTold, reach, type Access, type Ask } from "./access.ts";
import { Api, decimal, given } from "./api/tl.ts";
import { chatRef, fromPeer, messageNumber, messageOf, senderId, type PeerId } from "./ids.ts";
import type { PollIndex } from "./poll-index.ts";
import { optionBytes, optionId } from "./polls.ts";

/** What telling votes needs of a login. */
export interface Polling {
  readonly access: Access;
  readonly index: PollIndex;
  readonly login: LoginId;
}

type VotesEvent = Extract<RemoteEvent, { kind: "votes" }>;

interface Found {
  readonly poll: string;
  readonly peer: PeerId;
  readonly message: number;
  /** Votes are open, so that they can be listed by those who have voted or when it is over. */
  readonly open: boolean;
  readonly closed: boolean;
  readonly results: Api.PollResults;
}

const perPage = 50;
const mostListed = 500;

/** The votes of a poll that an update tells of; nothing for a poll whose message was never seen. */
export const pollEvents = async (
  polling: Polling,
  { pollId, poll, results }: Api.UpdateMessagePoll,
  ask: Ask,
): Promise<readonly VotesEvent[]> => {
  const id = decimal(pollId);
  const place = await polling.index.find(id);
  if (place === undefined) return [];
  const { access } = polling;
  const known = poll ?? (await ifTold(access, ask, () => pollIn(access, place, ask)))?.poll;
  const found = {
    ...place,
    poll: id,
    results,
    open: known?.publicVoters === true,
    closed: known?.closed === true,
  };
  return votesOf(polling, found, ask);
};

/** The votes of a poll in a message. */
export const messageVotes = (
  polling: Polling,
  message: Api.Message,
  { peer, ask }: { readonly peer: PeerId; readonly ask: Ask },
): Promise<readonly VotesEvent[]> => {
  const { media } = message;
  if (!(media instanceof Api.MessageMediaPoll)) return Promise.resolve([]);
  const { poll, results } = media;
  const about = { poll: decimal(poll.id), peer, message: message.id, results };
  const open = poll.publicVoters === true;
  return votesOf(polling, { ...about, open, closed: poll.closed === true }, ask);
};

const votesOf = async (
  { access, index, login }: Polling,
  found: Found,
  ask: Ask,
): Promise<readonly VotesEvent[]> => {
  const { results } = found;
  const base = {
    kind: "votes",
    chat: chatRef(found.peer, login),
    id: messageOf(found.message),
    at: Date.now(),
  } as const;
  const rows = results.results ?? [];
  const tally = Object.fromEntries(rows.map(({ option, voters }) => [optionId(option), voters]));
  const sum: VotesEvent = {
    ...base,
    ...(rows.length > 0 ? { tally } : {}),
    ...(found.closed ? { closed: true } : {}),
  };
  const chosen = rows.flatMap((row) => (row.chosen === true ? [optionId(row.option)] : []));
  const listable = found.open && !access.bot && (chosen.length > 0 || found.closed);
  const list = listable ? await ifTold(access, ask, () => listed(access, found, ask)) : undefined;
  if (list === undefined) {
    const mine: VotesEvent = { ...base, voter: senderId(access.self), options: chosen };
    const told = results.min !== true && rows.length > 0;
    return [...(rows.length > 0 || found.closed ? [sum] : []), ...(told ? [mine] : [])];
  }
  const { votes, whole } = list;
  const gone = whole ? index.replaceVoters(found.poll, new Set(votes.keys())) : [];
  return [
    sum,
    ...[...votes].map(([voter, options]) => ({ ...base, voter: userId(voter), options })),
    ...gone.map((voter) => ({ ...base, voter: userId(voter), options: [] })),
  ];
};

interface Listed {
  readonly votes: ReadonlyMap<string, readonly string[]>;
  /** Who is not in it has not voted. */
  readonly whole: boolean;
}

const listed = async (access: Access, { peer, message }: Found, ask: Ask): Promise<Listed> => {
  const votes = new Map<string, readonly string[]>();
  const input = await access.peers.inputPeer(peer);
  if (input === undefined) return { votes, whole: false };
  for (let offset = ""; ;) {
    const page: Api.messages.VotesList = await access.client.call(
      new Api.messages.GetPollVotes(
        given({ peer: input, id: message, limit: perPage, offset: offset || undefined }),
      ),
      ask,
    );
    await access.learn(page.users, page.chats);
    for (const vote of page.votes) votes.set(senderId(fromPeer(vote.peer)), optionsOf(vote));
    if (page.nextOffset === undefined) return { votes, whole: true };
    if (page.votes.length === 0 || votes.size >= mostListed) return { votes, whole: false };
    offset = page.nextOffset;
  }
};

const optionsOf = (vote: Api.TypeMessagePeerVote): readonly string[] => {
  if (vote instanceof Api.MessagePeerVote) return [optionId(vote.option)];
  return vote instanceof Api.MessagePeerVoteMultiple ? vote.options.map(optionId) : [];
};

/** What a bot hears of its own polls. */
export const botVoteEvents = async (
  { index, login }: Polling,
  update: Api.UpdateMessagePollVote,
): Promise<readonly VotesEvent[]> => {
  const place = await index.find(decimal(update.pollId));
  if (place === undefined) return [];
  const voter = senderId(fromPeer(update.peer));
  const chat = chatRef(place.peer, login);
  const options = update.options.map(optionId);
  return [{ kind: "votes", chat, id: messageOf(place.message), at: Date.now(), voter, options }];
};

const pollIn = async (
  access: Access,
  { peer, message }: { readonly peer: PeerId; readonly message: number },
  ask: Ask,
): Promise<Api.MessageMediaPoll | undefined> => {
  const { messages } = await fetchMessages(access, peer, { ids: [message], ask });
  const found = messages.find((each) => each instanceof Api.Message);
  return found?.media instanceof Api.MessageMediaPoll ? found.media : undefined;
};

interface Place {
  readonly chat: ChatRef;
  readonly id: MessageId;
}

/** Votes; no option takes the vote back. */
export const vote = async (
  access: Access,
  { chat, id, options }: Place & { readonly options: readonly string[] },
  signal: AbortSignal,
): Promise<Api.TypeUpdates> => {
  const ask = { what: "The vote was not given", signal };
  const { input: peer } = await reach(access, chat, ask.what);
  const chosen = options.flatMap((option) => optionBytes(option) ?? []);
  const msgId = messageNumber(id) ?? 0;
  return access.client.call(new Api.messages.SendVote({ peer, msgId, options: chosen }), ask);
};

/** Ends a poll for good; one that is over already is. */
export const closePoll = async (
  access: Access,
  { chat, id }: Place,
  signal: AbortSignal,
): Promise<Api.TypeUpdates | undefined> => {
  const ask = { what: "The poll was not ended", signal };
  const { peer, input } = await reach(access, chat, ask.what);
  const number = messageNumber(id) ?? 0;
  const open = await pollIn(access, { peer, message: number }, ask);
  if (open === undefined || open.poll.closed === true) return undefined;
  const { id: poll, question, answers } = open.poll;
  const media = new Api.InputMediaPoll({
    poll: new Api.Poll({ id: poll, question, answers, closed: true }),
  });
  return access.client.call(new Api.messages.EditMessage({ peer: input, id: number, media }), ask);
};
