import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";

/** A file that is whole before it gets its name, and only its owner's unless `fill` says otherwise. */
export interface Beside {
  readonly path: string;
  /**
   * Gives it its name in one step.
   * @throws with the code `EEXIST` where something has that name and it may not be replaced.
   */
  place(target: string, replace: boolean): void;
  /** Nothing is left of it, unless it was placed. */
  drop(): void;
}

/** Writes beside the target, on the same disk; `fill` may write by itself. */
export const writeBeside = (target: string, fill: string | ((path: string) => void)): Beside => {
  const path = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  const drop = (): void => rmSync(path, { force: true });
  try {
    if (typeof fill === "string") writeWhole(path, fill);
    else fill(path);
  } catch (error) {
    drop();
    throw error;
  }
  return {
    path,
    drop,
    place: (name, replace) => {
      if (replace) renameSync(path, name);
      else claim(path, name);
    },
  };
};

const writeWhole = (path: string, text: string): void => {
  const file = openSync(path, "wx", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** A link fails where the name is taken, as a rename does not; some disks have no links. */
const claim = (path: string, name: string): void => {
  try {
    linkSync(path, name);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const unable = code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP";
    if (!unable || existsSync(name)) throw error;
    renameSync(path, name);
  }
};
