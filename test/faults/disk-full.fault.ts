import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { withWorld } from "./open-world.ts";

const size = 16 * 1024 * 1024;

/** A disk of its own that is small enough to be full; the reason where this machine lets nobody have one. */
const smallDisk = (): { readonly dir: string } | { readonly why: string } => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir], { stdio: "pipe" });
    return { dir };
  } catch {
    rmSync(dir, { recursive: true, force: true });
    return { why: "a small disk can be mounted by root only" };
  }
};

const fill = (path: string): void => {
  const block = Buffer.alloc(4096);
  try {
    for (;;) appendFileSync(path, block);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes("ENOSPC")) throw error;
  }
};

test("the disk is full, and then it is not", { timeout: 60_000 }, async (t) => {
  const disk = smallDisk();
  if ("why" in disk) return t.skip(disk.why);
  const database = { path: join(disk.dir, "box.db"), key_file: join(disk.dir, "box.key") };
  const ballast = join(disk.dir, "ballast");
  try {
    await withWorld({ networks: ["irc", "telegram"], config: { database } }, async (world) => {
      await world.say("matrix", "before it is full");
      await world.settle();
      fill(ballast);
      const large = "x".repeat(300);
      for (let number = 1; number <= 60; number += 1) {
        await world.say("matrix", `full Matrix ${number} ${large}`);
        await world.say("telegram", `full Telegram ${number} ${large}`);
      }
      await until("the store says so", () =>
        /disk that holds the store is full/.test(world.stage.box.log),
      );
      rmSync(ballast);
      world.stage.homeserver.retryNow();
      await world.say("matrix", "after it was full");
      await world.arrived(30_000);
      await world.settle();
    });
  } finally {
    execFileSync("umount", ["-l", disk.dir]);
    rmSync(disk.dir, { recursive: true, force: true });
  }
});
