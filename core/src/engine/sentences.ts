import type { Settlement } from "./turn.ts";

const duration = (ms: number): string => {
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
