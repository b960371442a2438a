export { loadOrCreateBoxKey } from "./box-key.ts";
export { ItemGone, StoreBroken, StoreFull } from "./errors.ts";
export { openStore } from "./open.ts";
export { forgetOld, keepForgetting } from "./retention.ts";
export type { Retention } from "./retention.ts";
export { openSqliteStore } from "./sqlite.ts";
export type { SqliteOptions } from "./sqlite.ts";
export type * from "./types.ts";
export { messageKey } from "./vault.ts";
