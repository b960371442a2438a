import Database from "better-sqlite3";
import { StoreBroken } from "./errors.ts";
import { makeOwnFile } from "./own-file.ts";

/**
 * One process per database file. A small file beside it is held exclusively for the life of the
 * process: the kernel lets go of it however the process ends, so a killed box can start again at once.
 * @throws StoreBroken when another process has it, or its folder takes no file of this user.
 */
export const lockFor = (path: string): { release(): void } => {
  const file = `${path}.lock`;
  makeOwnFile(file);
  const db = new Database(file, { timeout: 0 });
  try {
    db.exec("begin exclusive");
  } catch (thrown) {
    db.close();
    throw new StoreBroken(
      `The store was not opened – another process works with ${path} – stop that one first.`,
      thrown,
    );
  }
  return { release: () => void db.close() };
};
