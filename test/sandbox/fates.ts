import type { BoxOutcome } from "./box-status.ts";
import type { Fate, FateState, SideId } from "./types.ts";

const words: Readonly<Record<string, FateState>> = {
  delivered: "sent",
  retrying: "retrying",
  failed: "failed",
  not_bridged: "failed",
  doubtful: "unsure",
};

export interface FateFacts {
  readonly to: SideId;
  /** Seen on the other side's own server. */
  readonly arrived: boolean;
  /** What the box says of it. */
  readonly outcome: BoxOutcome | undefined;
  /** Why nobody could carry it. */
  readonly excuse: string | undefined;
}

/** What a person is told of one message on one other side: the server's word, then the box's. */
export const fateOf = ({ to, arrived, outcome, excuse }: FateFacts): Fate => {
  const told = outcome && words[outcome.state];
  if (told === "failed" || told === "unsure") {
    return { to, state: told, sentence: outcome?.sentence ?? null, until: null };
  }
  if (arrived || told === "sent") return { to, state: "sent", sentence: null, until: null };
  if (excuse !== undefined) return { to, state: "failed", sentence: excuse, until: null };
  if (told === "retrying") {
    const { sentence = null, until = null } = outcome ?? {};
    return { to, state: told, sentence, until };
  }
  return { to, state: "queued", sentence: null, until: null };
};
