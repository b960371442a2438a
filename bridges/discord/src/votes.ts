import type { RemoteEvent } from "@bridgebox/core/adapter";
import type { APIMessage, APIUser, GatewayMessagePollVoteDispatchData } from "discord.js";
import { messageOf, userOf } from "./ids.ts";
import { chatOf } from "./view.ts";
import type { View } from "./view.ts";

/** Polls whose votes are kept in mind. */
const mostPolls = 200;
const what = "The votes were not read";

type Ballot = Map<string, Set<string>>;

/**
 * Who voted for what: Discord tells one answer at a time, the core wants all answers of a voter. The
 * first time a poll is heard of, its votes are asked for.
 */
export class Votes {
  readonly #polls = new Map<string, Ballot>();

  async change(
    data: GatewayMessagePollVoteDispatchData,
    on: boolean,
    view: View,
  ): Promise<readonly RemoteEvent[]> {
    const { message_id: message, user_id: voter, answer_id: answer } = data;
    const ballot = this.#polls.get(message) ?? (await this.#read(data, view));
    this.#remember(message, ballot);
    const options = ballot.get(voter) ?? new Set();
    ballot.set(voter, options);
    if (on) options.add(String(answer));
    else options.delete(String(answer));
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

  #remember(message: string, ballot: Ballot): void {
    this.#polls.delete(message);
    this.#polls.set(message, ballot);
    const [oldest] = this.#polls.keys();
    if (this.#polls.size > mostPolls && oldest !== undefined) this.#polls.delete(oldest);
  }

  async #read(
    { channel_id: channel, message_id: message }: GatewayMessagePollVoteDispatchData,
    { rest, signal }: View,
  ): Promise<Ballot> {
    const ballot: Ballot = new Map();
    const ask = { what, signal, patient: true } as const;
    const path = `/channels/${channel}/messages/${message}` as const;
    const { poll } = await rest.call<APIMessage>("GET", path, ask);
    for (const { answer_id: answer } of poll?.answers ?? []) {
      const voters = `/channels/${channel}/polls/${message}/answers/${answer}` as const;
      const { users } = await rest.call<{ users: APIUser[] }>("GET", voters, {
        ...ask,
        query: { limit: 100 },
      });
      for (const { id } of users) {
        const options = ballot.get(id) ?? new Set();
        options.add(String(answer));
        ballot.set(id, options);
      }
    }
    return ballot;
  }
}
