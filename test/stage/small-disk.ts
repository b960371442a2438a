import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A disk that is small enough to be full. */
export interface SmallDisk {
  readonly dir: string;
  /** Leaves no room on it, until `clear`. */
  fill(): void;
  clear(): void;
  close(): void;
}

/** A disk of its own of so many bytes, for everybody; the reason where this machine lets nobody have one. */
export const smallDisk = (size: number): SmallDisk | { readonly why: string } => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir], { stdio: "pipe" });
  } catch {
    rmSync(dir, { recursive: true, force: true });
    return { why: "a small disk can be mounted by root only" };
  }
  chmodSync(dir, 0o777);
  const ballast = join(dir, "ballast");
  return {
    dir,
    fill() {
      const block = Buffer.alloc(4096);
      try {
        for (;;) appendFileSync(ballast, block);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes("ENOSPC")) throw error;
      }
    },
    clear: () => rmSync(ballast),
    close() {
      execFileSync("umount", ["-l", dir]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
