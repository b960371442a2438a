import type { Batch, Millis } from "../../adapter/index.ts";
import type { Ephemeral } from "../../matrix/types.ts";
import type { LiveNetwork } from "../box.ts";

/** Typing, receipts and presence, both ways: never stored, dropped where they cannot be told at once. */
export interface EphemeralFlow {
  /** What a source accepted, once it is on disk; only what is ephemeral in it is looked at. */
  fromNetwork(live: LiveNetwork, batch: Batch): void;
  /** What a transaction carried beside its events; `behind`: how old the newest thing in it is. */
  fromHomeserver(list: readonly Ephemeral[], behind: Millis): void;
}
