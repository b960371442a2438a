import type { Log } from "../adapter/index.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { Store } from "./types.ts";

/**
 * The store that the config names: a PostgreSQL database if it has a URI, else a SQLite file.
 * @throws StoreBroken when it cannot be used.
 */
export const openStore = async (
  { path, uri }: { readonly path: string; readonly uri?: string },
  { boxKey, log }: { readonly boxKey: Uint8Array; readonly log: Log },
): Promise<Store> => {
  if (uri === undefined) return openSqliteStore({ path, boxKey });
  const { openPostgresStore } = await import("./postgres.ts");
  return openPostgresStore({ uri, boxKey, log });
};
