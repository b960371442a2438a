import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { StoreBroken } from "./errors.ts";
import { refusedFile } from "./own-file.ts";

const keyLength = 32;
const unread = "The box key was not read";

/** A key that is nowhere yet: its file was not there. */
export interface FreshKey {
  /** Where it was looked for, and goes. */
  readonly path: string;
  /**
   * Puts it on the disk, before anything is sealed with it.
   * @throws StoreBroken when there is one by now.
   */
  keep(): void;
}

/** What encrypts secrets in the database. It lives outside of it, 0600. */
export interface BoxKey {
  readonly bytes: Uint8Array;
  readonly fresh: FreshKey | undefined;
}

const hasCode = (thrown: unknown, code: string): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === code;

/** Whole or not at all, and never over one that is there: a lost key is every login lost. */
const keep = (path: string, bytes: Uint8Array): void => {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(draft, "wx", 0o600);
    try {
      writeSync(file, `${Buffer.from(bytes).toString("base64")}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path);
  } catch (thrown) {
    if (!hasCode(thrown, "EEXIST")) throw refusedFile("The box key was not kept", path, thrown);
    throw new StoreBroken(
      `The box key was not kept – another process has just made ${path} – start again.`,
      thrown,
    );
  } finally {
    rmSync(draft, { force: true });
  }
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};

/** Reads the box key. Where there is none it is a new one, which only a new store is bound to. */
export const loadBoxKey = async (path: string): Promise<BoxKey> => {
  const found = await stat(path).catch((thrown: unknown) => {
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw refusedFile(unread, path, thrown);
  });
  if (!found) {
    const bytes = new Uint8Array(randomBytes(keyLength));
    return { bytes, fresh: { path, keep: () => keep(path, bytes) } };
  }
  if ((found.mode & 0o077) !== 0) {
    throw new StoreBroken(
      `${unread} – other users of this machine may read ${path} – run: chmod 600 ${path}`,
    );
  }
  const text = await readFile(path, "utf8").catch((thrown: unknown) => {
    throw refusedFile(unread, path, thrown);
  });
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === keyLength) return { bytes: new Uint8Array(key), fresh: undefined };
  throw new StoreBroken(
    `${unread} – ${path} does not hold a key of ${keyLength} bytes – put the right file back from your backup.`,
  );
};
