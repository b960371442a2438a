import type { RemoteEvent } from "@bridgebox/core/adapter";
import type { GatewayMessagePollVoteDispatchData } from "discord.js";
import { listIn, messageFrom } from "./api/answers.ts";
import { messageOf, userOf } from "./ids.ts";
import { isAmong, readPeople } from "./people.ts";
import { chatOf } from "./view.ts";
import type { View } from "./view.ts";
import { fieldsOf, unread } from "./wire.ts";
import { keepSome } from "./keep-some.ts";

/** Polls whose votes are kept in mind, and votes of each. */
const mostPolls = 100;
const mostVotes = 2000;
const what = "The votes were not read";

interface Ballot {
  /** The ids of what can be voted for. */
  readonly answers: readonly string[];
  readonly votes: Map<string, Set<string>>;
  /** Who is not in it has not voted; else that has to be asked for. */
  whole: boolean;
}

type Data = GatewayMessagePollVoteDispatchData;

/**
 * Who voted for what: Discord tells one answer at a time, the core wants all answers of a voter. The
 * first time a poll is heard of, its votes are asked for.
 */
export class Votes {
  readonly #polls = new Map<string, Ballot>();

  /** A session begins that does not go on where the last one ended: votes were given meanwhile. */
  forget(): void {
    this.#polls.clear();
  }

  async change(data: Data, on: boolean, view: View): Promise<readonly RemoteEvent[]> {
    const { message_id: message, user_id: voter, answer_id: answer } = data;
    const ballot = this.#polls.get(message) ?? (await readBallot(data, view));
    keepSome(this.#polls, message, ballot, mostPolls);
    const known = ballot.votes.get(voter);
    const options = known ?? (ballot.whole ? new Set() : await readVotes(data, ballot, view));
    if (on) options.add(String(answer));
    else options.delete(String(answer));
    if (keepSome(ballot.votes, voter, options, mostVotes)) ballot.whole = false;
    return [
      {
        kind: "votes",
        chat: chatOf(data, view),
        id: messageOf(message),
        voter: userOf(voter),
        options: [...options].sort(),
        at: Date.now(),
      },
    ];
  }
}

const answersPath = ({ channel_id: channel, message_id: message }: Data, answer: string) =>
  `/channels/${channel}/polls/${message}/answers/${answer}` as const;

const readBallot = async (data: Data, view: View): Promise<Ballot> => {
  const { rest, signal } = view;
  const path = `/channels/${data.channel_id}/messages/${data.message_id}` as const;
  const answer = await rest.call("GET", path, { what, signal, patient: true });
  const { poll } = messageFrom(answer, what);
  const answers = listIn(poll?.answers ?? [], what).map((each) => numberOf(each));
  const ballot: Ballot = { answers, votes: new Map(), whole: true };
  let most = mostVotes;
  for (const answer of answers) {
    const { ids, whole } = await readPeople(view, answersPath(data, answer), { what, most });
    ballot.whole &&= whole;
    most -= ids.length;
    for (const id of ids) {
      const options = ballot.votes.get(id) ?? new Set();
      ballot.votes.set(id, options.add(answer));
    }
  }
  // Of whom the last pages were not read, not all answers are known.
  if (!ballot.whole) ballot.votes.clear();
  return ballot;
};

/** It stands in an address. */
const numberOf = (answer: unknown): string => {
  const { answer_id: id } = fieldsOf(answer);
  if (!Number.isSafeInteger(id)) throw unread(what);
  return String(id);
};

/** What one person voted for, in a poll of very many. */
const readVotes = async (data: Data, { answers }: Ballot, view: View): Promise<Set<string>> => {
  const chosen = new Set<string>();
  for (const answer of answers)
    if (await isAmong(view, answersPath(data, answer), { what, who: data.user_id }))
      chosen.add(answer);
  return chosen;
};
