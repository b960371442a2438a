import type { Log } from "../adapter/index.ts";
import { loadBoxKey } from "./box-key.ts";
import type { BoxKey } from "./box-key.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { Store } from "./types.ts";

/** Where a store is: a PostgreSQL database if it has a URI, else a SQLite file. */
interface Place {
  readonly path: string;
  readonly uri?: string;
}

/**
 * The store that the config names.
 * @throws StoreBroken when it cannot be used.
 */
export const openStore = async (
  { path, uri }: Place,
  {
    boxKey: { bytes: boxKey, fresh },
    forget,
    log,
  }: { readonly boxKey: BoxKey; readonly forget?: () => void; readonly log: Log },
): Promise<Store> => {
  const key = { fresh, forget };
  if (uri === undefined) return openSqliteStore({ path, boxKey, key });
  const { openPostgresStore } = await import("./postgres.ts");
  return openPostgresStore({ uri, boxKey, key, log });
};

/**
 * Forgets what was sealed with a box key that is lost, and binds the store to the one that is there,
 * or to a new one. Whether anything had to be forgotten.
 * @throws StoreBroken when the store cannot be used.
 */
export const forgetLogins = async (
  place: Place & { readonly keyFile: string },
  log: Log,
): Promise<boolean> => {
  let forgot = false;
  const boxKey = await loadBoxKey(place.keyFile);
  const store = await openStore(place, { boxKey, forget: () => void (forgot = true), log });
  await store.close();
  return forgot;
};
