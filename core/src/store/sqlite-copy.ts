import { existsSync } from "node:fs";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { StoreBroken } from "./errors.ts";
import { preparation } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { lockFor } from "./process-lock.ts";
import { openForReading, translated } from "./sqlite-connection.ts";
import type { Database } from "./sqlite-connection.ts";
import { metaOf, words } from "./sqlite.ts";
import { openVault } from "./vault.ts";

/**
 * Everything that was committed at one moment, as one file, 0600, whole or not there at all. Whoever
 * has the store open goes on undisturbed.
 * @throws StoreBroken when there is no store at `from`, or it cannot be read.
 */
export const copySqlite = async (from: string, to: string): Promise<void> => {
  const draft = `${to}.part`;
  await rm(draft, { force: true });
  try {
    const db = openedStore(from);
    try {
      await writeFile(draft, "", { mode: 0o600, flag: "wx" });
      db.prepare("vacuum into ?").run(draft);
    } finally {
      db.close();
    }
    await kept(draft, to);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw translated(thrown);
  }
};

/** On the disk under its own name. */
const kept = async (draft: string, to: string): Promise<void> => {
  const file = await open(draft, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, to);
};

/** @throws StoreBroken when that is no store of ours. */
const openedStore = (path: string): Database => {
  const no = (why: string, cause?: unknown): StoreBroken =>
    new StoreBroken(`The store was not copied – ${path} ${why} – name the file of a store.`, cause);
  let db: Database | undefined;
  try {
    db = openForReading(path);
    if (metaOf(db) !== undefined) return db;
  } catch (thrown) {
    db?.close();
    throw no("cannot be read as one", thrown);
  }
  db.close();
  throw no("holds no store of bridgebox");
};

export interface RestoreInto {
  readonly path: string;
  /** Where the store goes that is there; on the same disk. */
  readonly beside: string;
  /** What the copy's secrets must be sealed with; undefined: nobody knows, and the box will see. */
  readonly boxKey: Uint8Array | undefined;
}

/**
 * Puts a copy in the place of the store, while no box runs. Resolves with whether there was one, which
 * is kept beside it.
 * @throws StoreBroken when a box runs, or the copy is not of a store that this program can open with
 * that box key; then nothing has changed.
 */
export const restoreSqlite = async (
  from: string,
  { path, beside, boxKey }: RestoreInto,
): Promise<boolean> => {
  const lock = lockFor(path);
  const fresh = `${path}.restored`;
  try {
    demandSound(from, boxKey);
    await copySqlite(from, fresh);
    const replaced = existsSync(path);
    const putBack = await putAside(path, beside);
    try {
      await rename(fresh, path);
    } catch (thrown) {
      await putBack();
      throw thrown;
    }
    return replaced;
  } finally {
    await rm(fresh, { force: true });
    lock.release();
  }
};

/**
 * The database with its log, whatever state they are in: a log that stays would be read into the next
 * one of that name. Gives what undoes it.
 */
const putAside = async (path: string, beside: string): Promise<() => Promise<void>> => {
  const moved: { readonly from: string; readonly to: string }[] = [];
  const putBack = async (): Promise<void> => {
    for (const { from, to } of moved) await rename(to, from);
  };
  for (const end of ["", "-wal", "-shm"]) {
    const move = { from: path + end, to: beside + end };
    if (!existsSync(move.from)) continue;
    try {
      await rename(move.from, move.to);
    } catch (thrown) {
      await putBack();
      throw thrown;
    }
    moved.push(move);
  }
  return putBack;
};

const demandSound = (path: string, boxKey: Uint8Array | undefined): void => {
  const db = openedStore(path);
  try {
    const meta = metaOf(db);
    const fingerprint = boxKey ? openVault(boxKey).fingerprint : (meta?.get("box-key") ?? "");
    void preparation(meta, { migrations, words, fingerprint });
    const said = db.pragma("quick_check", { simple: true });
    if (said !== "ok")
      throw new StoreBroken(
        `The store was not copied – ${path} is damaged: ${String(said)} – take an older copy.`,
      );
  } finally {
    db.close();
  }
};
