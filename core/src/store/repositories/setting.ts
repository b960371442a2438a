import type { Millis } from "../../adapter/index.ts";
import type { Vault } from "../vault.ts";

/** What repositories know beside their connection. */
export interface Setting {
  readonly vault: Vault;
  readonly shard: number;
  readonly clock: () => Millis;
}
