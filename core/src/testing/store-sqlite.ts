import { join } from "node:path";
import { copyStore, openSqliteStore } from "../store/index.ts";
import type { Store } from "../store/index.ts";

/** A key for tests: the same in every process, so that a store can be opened again. */
export const testBoxKey: Uint8Array = new Uint8Array(32).fill(7);

/** The SQLite store of that folder, for the suite and for the child processes it kills. */
export const open = (dir: string): Promise<Store> =>
  openSqliteStore({ path: join(dir, "box.db"), boxKey: testBoxKey });

export const copy = (dir: string, to: string): Promise<void> =>
  copyStore({ path: join(dir, "box.db") }, to);
