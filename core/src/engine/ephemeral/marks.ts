import type { LoginId, Millis } from "../../adapter/index.ts";
import { Lru } from "../../flow/lru.ts";
import type { PortalId } from "../../store/types.ts";

/**
 * Up to when each login has read each chat, as one side was told by us: it says so itself then, and
 * the other side knows it already.
 */
export type Marks = Lru<string, Millis>;

export const newMarks = (): Marks => new Lru(10_000);

export const markKey = (login: LoginId, portal: PortalId): string =>
  JSON.stringify([login, portal]);
