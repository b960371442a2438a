import type { Draft, Json, Millis } from "../adapter/index.ts";
import type { PortalId } from "./numbers.ts";

/** What the attempts of an item leave behind. */
export interface Tried {
  readonly attempt: number;
  readonly firstAt: Millis | undefined;
  readonly notes: Json | null;
}

/** A piece of an event that did not arrive, or may not have: what is needed to send it again. */
export interface Retriable extends Tried {
  /** The item's own: a network that knows it takes the message only once. */
  readonly key: string;
  readonly portal: PortalId;
  readonly origin: string;
  readonly sub: number;
  readonly kind: string;
  readonly payload: Json;
  readonly draft: Draft | undefined;
  /** Nobody can tell whether it arrived; else it certainly did not. */
  readonly doubtful: boolean;
  readonly at: Millis;
}

export interface Retriables {
  put(row: Retriable): Promise<void>;
  byKey(key: string): Promise<Retriable | undefined>;
  /** All pieces of an event, in order; without a portal those of all. */
  of(origin: string, portal?: PortalId): Promise<readonly Retriable[]>;
  remove(key: string): Promise<void>;
  /** As the inbox does. */
  forget(before: Millis): Promise<number>;
}
