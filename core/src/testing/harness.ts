import type { CaseName } from "./cases.ts";
import type { Ground } from "./stage.ts";

/** What the contract suite needs to know of one network. */
export interface Harness extends Ground {
  /** A gap, with the reason that the output prints. */
  readonly skip?: readonly { readonly case: CaseName; readonly reason: string }[];
  /**
   * All the cases that skip themselves here, because the network has no such thing: one that is not
   * named and is skipped fails, and so does one that is named and plays. Without this none fails.
   */
  readonly gaps?: readonly CaseName[];
}
