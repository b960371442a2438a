import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import type { BoxConfig } from "../config/index.ts";
import { failed, ok, skipped, warning } from "./finding.ts";
import type { Checked } from "./finding.ts";

const times = 16;
/** Milliseconds beyond which people begin to notice. */
const slow = 20;

/** How long the disk takes until it has what it was told to keep: a part of every message's way. */
export const lookAtDisk = (
  { database }: BoxConfig,
  measure: (folder: string) => number = syncTime,
): Checked => {
  const check = "disk";
  if (database.uri !== undefined)
    return skipped(check, "The state is in PostgreSQL, on its server's disk.");
  const unusable = fileItself(database.path);
  if (unusable !== undefined) return unusable;
  const folder = nearest(dirname(database.path));
  let typical: number;
  try {
    typical = measure(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return failed(
      check,
      `Nothing could be written to ${folder} (${code}).`,
      code === "ENOSPC"
        ? "Make room on that disk."
        : "Let this user write there, or put another database.path.",
    );
  }
  const shown = typical < 10 ? typical.toFixed(1) : String(Math.round(typical));
  if (typical <= slow) return ok(check, `${folder} keeps a page within ${shown} ms.`);
  return warning(
    check,
    `${folder} takes ${shown} ms to keep a page, and every message waits for that.`,
    "Put database.path on a faster disk, such as a local SSD.",
  );
};

/** A database that is there already has to be a file which this user may change. */
const fileItself = (path: string): Checked | undefined => {
  if (!existsSync(path)) return undefined;
  if (statSync(path).isDirectory())
    return failed(
      "disk",
      `${path} is a folder, and database.path names a file.`,
      "Put the name of a file into database.path.",
    );
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return failed(
      "disk",
      `This user may not read and write the database ${path}.`,
      "Run doctor and box as the user whose file it is, or give it and its folder to this one (chown).",
    );
  }
};

/** The folder, or what there is of its way: the box makes it at its first start. */
const nearest = (folder: string): string =>
  existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));

/** The median of a few writes, in milliseconds. */
const syncTime = (folder: string): number => {
  const path = join(folder, `.bridgebox-doctor-${randomBytes(6).toString("hex")}`);
  const file = openSync(path, "wx", 0o600);
  try {
    const page = Buffer.alloc(4096, 1);
    const taken = Array.from({ length: times }, () => {
      const begun = performance.now();
      writeSync(file, page);
      fsyncSync(file);
      return performance.now() - begun;
    });
    return taken.toSorted((a, b) => a - b)[times / 2] ?? 0;
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
};
