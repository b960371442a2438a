import type { Place } from "./api/gateway.ts";

/** What the cursor keeps of a session; `at` is when it was last heard, for a look at missed changes. */
export interface Kept extends Place {
  readonly at: number;
}

/** Nothing where it was written by somebody else. */
export const readKept = (cursor: string | undefined): Kept | undefined => {
  if (cursor === undefined) return undefined;
  const kept: unknown = JSON.parse(cursor);
  const whole =
    typeof kept === "object" &&
    kept !== null &&
    "sessionId" in kept &&
    "resumeURL" in kept &&
    "sequence" in kept &&
    "at" in kept;
  if (!whole) return undefined;
  const { sessionId, resumeURL, sequence, at } = kept;
  return typeof sessionId === "string" &&
    typeof resumeURL === "string" &&
    typeof sequence === "number" &&
    typeof at === "number"
    ? { sessionId, resumeURL, sequence, at }
    : undefined;
};
