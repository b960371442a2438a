import type { UserId } from "../../adapter/index.ts";
import type { LiveNetwork } from "../box.ts";

/** Whether that is an account that somebody here is logged in with: what it does elsewhere is no ghost's. */
export const isOwnAccount = (live: LiveNetwork, user: UserId): boolean =>
  [...live.logins.values()].some(({ row }) => row.user === user);
