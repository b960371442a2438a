import type { CaseName } from "./cases.ts";
import type { Ground } from "./stage.ts";

/** What the contract suite needs to know of one network. */
export interface Harness extends Ground {
  /** A gap, with the reason that the output prints. */
  readonly skip?: readonly { readonly case: CaseName; readonly reason: string }[];
}
