import type { Millis } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import { keptOf } from "./given.ts";
import type { Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** Their own homeserver has so long for what a person says, in milliseconds; a chat waits no longer. */
const patience: Millis = 60_000;

/** By which what a person perhaps said is known when it comes in after all. */
export const lateKey = (key: string, person: string): string => `late:${key}:${person}`;

interface Unsaid {
  readonly person: string;
  /** K of what was to be said. */
  readonly key: string;
  readonly error: unknown;
}

/**
 * Whether a ghost may stand in for a person whose own homeserver failed: at once where it certainly has
 * not got it, else when it had its time; what comes from it later is known then and goes no further.
 * @throws the error where it is to be tried again as that person.
 */
export const standIn = async (
  { box, puppets }: Works,
  turn: Turn,
  { person, key, error }: Unsaid,
): Promise<void> => {
  if (!(error instanceof MatrixError) || turn.signal.aborted) throw error;
  const isAbroad = puppets.isAbroad(person);
  const isLimited = error.status === 429 || error.errcode === "M_LIMIT_EXCEEDED";
  if (!isAbroad && !(isLimited && (await keptOf(box.store.read, person)))) throw error;
  const left = (turn.item.firstAt ?? turn.now()) + patience - turn.now();
  if (isLimited && (error.retryAfter ?? 0) < left) throw error;
  if (error.reached === "no" && !turn.suspect) return;
  if (!isLimited && left > 0) throw error;
  await mayComeLate({ box }, turn, { person, key });
};

/** What that person perhaps said already is known when it comes in after all. */
export const mayComeLate = async (
  { box }: Pick<Works, "box">,
  turn: Turn,
  { person, key }: Omit<Unsaid, "error">,
): Promise<void> => {
  await box.store.commit((tx) => tx.seen.add(turn.portal.id, lateKey(key, person), turn.now()));
};
