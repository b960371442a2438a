import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { StoreBroken } from "./errors.ts";

const remedies: Readonly<Record<string, readonly [why: (path: string) => string, cure: string]>> = {
  EACCES: [
    (path) => `this user may not use ${path}`,
    "start the box as the user whose it is, or give the file and its folder to this one (chown)",
  ],
  EISDIR: [(path) => `${path} is a folder`, "name a file in the config"],
  EROFS: [(path) => `the disk of ${path} takes nothing`, "name a place on another disk"],
};

/**
 * What a file or folder refused, in words, for whoever starts the box: `what` did not happen. What the system did not
 * say comes back as it is. `path`: which file, where the system names none.
 */
export const refusedFile = (what: string, path: string, thrown: unknown): unknown => {
  if (!(thrown instanceof Error) || !("code" in thrown) || typeof thrown.code !== "string")
    return thrown;
  const { code } = thrown;
  if (!/^E[A-Z]+$/.test(code)) return thrown;
  const named = "path" in thrown && typeof thrown.path === "string" ? thrown.path : path;
  const [why, cure] = remedies[code === "EPERM" ? "EACCES" : code] ?? [
    (it: string) => `${it} cannot be used`,
    "look at that place, or name another in the config",
  ];
  return new StoreBroken(`${what} – ${why(named)} (${code}) – ${cure}.`, thrown);
};

/**
 * Makes a file of the store with its folder, 0600 before anything is in it.
 * @throws StoreBroken when the place does not take it.
 */
export const makeOwnFile = (path: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
  } catch (thrown) {
    throw refusedFile("The store was not opened", path, thrown);
  }
};
