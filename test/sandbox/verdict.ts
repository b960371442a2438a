import type { Open } from "./scene.ts";
import type { RoomId } from "./types.ts";

/** A time in which the box was not in a room's channel; `to` absent: it is not back yet. */
export interface Absence {
  readonly room: RoomId;
  readonly from: number;
  readonly to: number | undefined;
}

export interface VerdictFacts {
  /** Since when everything is connected and nothing is queued; undefined: it is not so. */
  readonly calmSince: number | undefined;
  readonly now: number;
  readonly absences: readonly Absence[];
  /** Messages that were said before the box had entered the room for the first time. */
  readonly early: ReadonlySet<string>;
}

export type Verdict =
  | { readonly id: string; readonly is: "lost" }
  | { readonly id: string; readonly is: "unheard"; readonly why: string };

/** Nothing is judged before it has been quiet for so long. */
const quietMs = 4000;
/** What was on its way to a process that was killed: the network cannot tell whether it was read. */
const inFlightMs = 1500;

const tooEarly =
  "Nobody carried this: it was said before the box had entered the room. Say it again.";
const away =
  "The box did not hear this: it was not on IRC then, and IRC keeps nothing for those who are away. Say it again.";

/**
 * Judges what is still missing when there is nothing left that could bring it: unheard where nobody
 * could have carried it, else lost. What the box itself called failed or doubtful is judged already.
 */
export const judge = (open: readonly Open[], facts: VerdictFacts): readonly Verdict[] => {
  const { calmSince, now, absences, early } = facts;
  if (calmSince === undefined || now - calmSince < quietMs) return [];
  return open
    .filter(({ told }) => !told)
    .map(({ id, side, room, at }) => {
      if (early.has(id)) return { id, is: "unheard", why: tooEarly };
      const absent = absences.some(
        (absence) =>
          absence.room === room &&
          at >= absence.from - inFlightMs &&
          at <= (absence.to ?? Number.POSITIVE_INFINITY),
      );
      return side === "irc" && absent ? { id, is: "unheard", why: away } : { id, is: "lost" };
    });
};
