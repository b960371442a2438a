import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { StoreBroken } from "./errors.ts";

const keyLength = 32;

const hasCode = (thrown: unknown, code: string): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === code;

/** Whole or not at all, and never over one that is there: a lost key is every login lost. */
const create = async (path: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(`${randomBytes(keyLength).toString("base64")}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
  } catch (thrown) {
    if (!hasCode(thrown, "EEXIST")) throw thrown;
  } finally {
    await rm(draft, { force: true });
  }
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** Reads the box key, or makes it where there is none. It lives outside the database, 0600. */
export const loadOrCreateBoxKey = async (path: string): Promise<Uint8Array> => {
  const found = await stat(path).catch((thrown: unknown) => {
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw thrown;
  });
  if (!found) await create(path);
  else if ((found.mode & 0o077) !== 0) {
    throw new StoreBroken(
      `The box key was not read – other users of this machine may read ${path} – run: chmod 600 ${path}`,
    );
  }
  const key = Buffer.from((await readFile(path, "utf8")).trim(), "base64");
  if (key.length === keyLength) return new Uint8Array(key);
  throw new StoreBroken(
    `The box key was not read – ${path} does not hold a key of ${keyLength} bytes – put the right file back from your backup.`,
  );
};
