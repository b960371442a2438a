import type { MediaRef, MessageId, Millis } from "../adapter/index.ts";
import type { Assertion, Lane, MessageRow, PortalId, Repositories } from "../store/types.ts";
import type { Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** Which assertions an item is to show. */
export interface AssertionsPayload {
  readonly kind: Assertion["kind"];
  readonly message: MessageId;
}

/**
 * In the caller's commit: one item per message and kind at a time; the dirty rows say what is to be
 * done, so that a newer assertion takes the place of one that was not shown yet.
 */
export const queueAssertions = async (
  works: Works,
  tx: Repositories,
  { portal, kind, message }: AssertionsPayload & { readonly portal: PortalId },
): Promise<Lane> => {
  const { box } = works;
  const lane: Lane = { portal, direction: "in" };
  const origin = `${kind}:${message}`;
  const key = box.keyOf(portal, `assertions:${origin}`, "");
  if (!(await tx.items.byKey(key))) {
    const payload = { kind, message };
    const at = box.clock.now();
    await tx.items.add({ lane, rank: 1, origin, kind: "assertions", payload, at, key });
    works.load.added();
  }
  return lane;
};

/** One assertion that the room may not show yet, and the pieces of the message that it is about. */
export interface Showing {
  readonly row: Assertion;
  readonly target: MessageRow;
  readonly pieces: readonly MessageRow[];
}

/** What shows it now, or when it may be shown. */
export type Shown =
  | { readonly event: string | undefined; readonly value?: Assertion["value"] }
  | { readonly later: Millis };

/** Brings one assertion into the room; may be run twice. */
export type Shower = (works: Works, turn: Turn, showing: Showing) => Promise<Shown>;

/** What is known of a reaction beside whose and which it is. */
export interface ReactionFacts {
  /** As the room shows it. */
  readonly key?: string;
  /** The network's own picture. */
  readonly custom?: MediaRef;
  /** The login that it was done with, where a Matrix user did it. */
  readonly login?: string;
}

/** The facts of a reaction's row; written by the core, so they are of this shape. */
export const reactionFacts = ({ value }: Pick<Assertion, "value">): ReactionFacts =>
  (value ?? {}) as ReactionFacts;

/** What somebody votes for: options of the poll; none where they took it back. */
export interface Vote {
  readonly options: readonly string[];
}

/** How many vote for what, and when that was last shown. */
export interface Tally {
  readonly tally: Readonly<Record<string, number>>;
  readonly closed: boolean;
  readonly shownAt?: Millis;
}

/** Where somebody is, and when that was last shown. */
export interface Whereabouts {
  readonly lat: number;
  readonly lon: number;
  readonly until: Millis;
  readonly shownAt?: Millis;
}
