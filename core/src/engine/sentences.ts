import type { NetworkId } from "../adapter/index.ts";
import type { Outcome } from "../store/types.ts";
import { whatToClick } from "./again/worth.ts";
import type { Settlement } from "./turn.ts";

/** As people say it: whole hours, minutes or seconds. */
export const duration = (ms: number): string => {
  if (ms >= 3_600_000) return `${Math.round(ms / 3_600_000)} h`;
  if (ms >= 60_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 1000)} s`;
};

/** What is said of a message that waited longer than its network allows. */
export const tooOld = (suspect: boolean, maxAge: number): Settlement =>
  suspect
    ? {
        end: "doubtful",
        code: "doubtful",
        sentence:
          "the network could not be asked in time whether it has it. Look there, and send it again if it is missing.",
      }
    : {
        end: "failed",
        code: "expired",
        sentence: `it waited ${duration(maxAge)} and the network could not be reached. Send it again if it still matters.`,
      };

/** What the person did, by the kind of its item. */
const deeds: Readonly<Record<string, string>> = {
  edit: "edit",
  remove: "deletion",
  reaction: "reaction",
  vote: "vote",
  pollEnd: "end of a poll",
  pins: "pin",
  info: "change of the room",
  member: "removal",
  invitation: "invitation",
  power: "change of power",
};

/** What the person did, as a word. */
export const deedOf = (kind: string): string => deeds[kind] ?? "message";

/** What is said of something that did not reach where it was to go. */
export const endSentence = (network: NetworkId, kind: string, outcome: Outcome): string => {
  const why = outcome.sentence ?? "";
  if (outcome.direction === "in") return `A message from ${network} is not shown here: ${why}`;
  const deed = deedOf(kind);
  const todo = whatToClick(outcome);
  return outcome.state === "doubtful"
    ? `Your ${deed} may not have been delivered to ${network}: ${why}${todo}`
    : `Your ${deed} did not reach ${network}: ${why}${todo}`;
};
