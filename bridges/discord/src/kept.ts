import type { Place } from "./api/gateway.ts";
import { isSnowflake } from "./ids.ts";

/** What the cursor keeps of a session. */
export interface Kept extends Place {
  /**
   * Up to when all was heard, for a look at missed changes: when the session was last heard, or, while
   * servers are awaited, the `since` of the session.
   */
  readonly at: number;
  /** Since when the session has something to catch up; nothing where it is the first one. */
  readonly since?: number;
  /** Servers of which Discord said that they come, and which were not looked at yet. */
  readonly awaited?: readonly string[];
}

/** Discord gives more servers only to a bot of several shards. */
const mostAwaited = 2500;

/** What a session is that has begun, or that was heard again, now. */
export const keep = (
  place: Place,
  { since, awaited }: { readonly since: number | undefined; readonly awaited: Iterable<string> },
): Kept => {
  const coming = [...awaited].slice(0, mostAwaited);
  return {
    ...place,
    at: coming.length > 0 && since !== undefined ? since : Date.now(),
    ...(since === undefined ? {} : { since }),
    ...(coming.length === 0 ? {} : { awaited: coming }),
  };
};

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
    ? {
        sessionId,
        resumeURL,
        sequence,
        at,
        ...("since" in kept && typeof kept.since === "number" ? { since: kept.since } : {}),
        ...("awaited" in kept && Array.isArray(kept.awaited)
          ? { awaited: kept.awaited.filter(isServer) }
          : {}),
      }
    : undefined;
};

const isServer = (id: unknown): id is string => typeof id === "string" && isSnowflake(id);
