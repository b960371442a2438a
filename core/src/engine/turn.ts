import type { Draft, ErrorCode, Millis } from "../adapter/index.ts";
import type { Item, Lane, NewItem, Portal, Repositories } from "../store/types.ts";
import type { Confirmation } from "./inflight.ts";

/** How one turn of an item ends. What `write` does is in the commit that ends it. */
export type Settlement =
  | {
      readonly end: "delivered";
      readonly write?: (tx: Repositories) => Promise<void>;
      /** In the same commit: more work that comes of it, and the lanes that have it. */
      readonly queue?: (tx: Repositories) => Promise<readonly Lane[]>;
      /** Keys of items that waited for what this one made. */
      readonly wakes?: readonly string[];
    }
  | {
      readonly end: "failed" | "doubtful" | "not_bridged";
      readonly code: ErrorCode;
      readonly sentence: string;
      /** Nobody in the room needs to read it: it stands with the outcomes only. */
      readonly quiet?: boolean;
      /** Something can be done about it, and then another try makes sense. */
      readonly again?: boolean;
      readonly write?: (tx: Repositories) => Promise<void>;
    }
  /** Nothing had to be done, and nobody waits for an answer: an echo, a state that is so already. */
  | {
      readonly end: "dropped";
      readonly write?: (tx: Repositories) => Promise<void>;
      /** As of what is delivered. */
      readonly queue?: (tx: Repositories) => Promise<readonly Lane[]>;
      /** True: there is more to do, so the item stays for another turn. */
      readonly keep?: (tx: Repositories) => Promise<boolean>;
    }
  | {
      readonly end: "parked";
      readonly key: string;
      readonly until: Millis;
      /** What it waits for may never come: only so much of one network waits so (`Parked.hasRoom`). */
      readonly isBounded?: true;
      /** In the commit that parks: false if what it waits for has come meanwhile. */
      readonly still?: (tx: Repositories) => Promise<boolean>;
    }
  /** In its place come these; a function finds them out in the commit that puts them there. */
  | {
      readonly end: "expanded";
      readonly into: readonly NewItem[] | ((tx: Repositories) => Promise<readonly NewItem[]>);
    };

/** What a handler gets for one item. */
export interface Turn {
  readonly item: Item;
  readonly portal: Portal;
  readonly signal: AbortSignal;
  /** The last attempt may have arrived: look before you send again. */
  readonly suspect: boolean;
  /** Settles when the other direction proves that the attempt arrived. */
  readonly confirmed: Promise<Confirmation>;
  /** Whether this turn has claimed: only then its call can have left. */
  readonly claimed: boolean;
  now(): Millis;
  /**
   * Write ahead, before the call leaves.
   * @throws Gone when somebody else settled the item meanwhile.
   */
  claim(draft?: Draft): Promise<{ readonly number: number; readonly firstAt: Millis }>;
  /** It has to wait before its call: what was claimed before its turn came is so no more. */
  unclaim(why: string): Promise<void>;
}

/** Thrown by `claim`: the item was settled elsewhere, so this turn is over. */
export class Gone extends Error {
  constructor() {
    super("the item was settled elsewhere");
    this.name = "Gone";
  }
}

/** Does one kind of item. */
export type Handler = (turn: Turn) => Promise<Settlement>;

/** A settlement that a person reads. */
export const notBridged = (
  code: ErrorCode,
  sentence: string,
): Settlement & { readonly end: "not_bridged" } => ({
  end: "not_bridged",
  code,
  sentence,
});
