import { Api, given, long } from "../tl.ts";
import type { Poll } from "./kinds.ts";

/** The poll as `viewer` sees it: results only after a vote of their own, or the end. */
export function asPollMedia(poll: Poll, viewer: number): Api.MessageMediaPoll {
  return new Api.MessageMediaPoll({ poll: asPoll(poll), results: asResults(poll, viewer) });
}

export function asPoll(poll: Poll): Api.Poll {
  return new Api.Poll(
    given({
      id: long(poll.id),
      question: poll.question,
      answers: [...poll.answers],
      closed: poll.closed,
      publicVoters: poll.open,
      multipleChoice: poll.multiple,
    }),
  );
}

export function asResults(poll: Poll, viewer: number): Api.PollResults {
  const mine = poll.votes.get(viewer) ?? [];
  const totalVoters = poll.votes.size;
  if (mine.length === 0 && !poll.closed) return new Api.PollResults({ totalVoters });
  return new Api.PollResults({
    totalVoters,
    results: poll.answers.map(({ option }) => {
      const name = option.toString("hex");
      const voters = [...poll.votes.values()].filter((chosen) => chosen.includes(name)).length;
      return new Api.PollAnswerVoters(
        given({ option, voters, chosen: mine.includes(name) || undefined }),
      );
    }),
  });
}
