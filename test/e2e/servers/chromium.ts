import { execFile } from "node:child_process";
import { access, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const policy = "/usr/sbin/policy-rc.d";

/** Where Debian puts it. */
export const chromiumPath = "/usr/bin/chromium";

/** It runs as root here, in a machine of its own, with little shared memory. */
export const chromiumArgs = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function apt(...args: string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=60", ...args], { env, timeout: 300_000 });
}

/** Keeps Debian from starting services that come along, then puts things back as they were. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const ours = await writeFile(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755, flag: "wx" }).then(
    () => true,
    () => false,
  );
  try {
    await work();
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}

async function install(): Promise<void> {
  const get = (): Promise<void> =>
    apt("install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core");
  await withoutServices(async () => {
    await get().catch(async () => {
      await apt("update");
      await get();
    });
  });
}

async function find(): Promise<string | undefined> {
  if (await exists(chromiumPath)) return undefined;
  if (process.getuid?.() !== 0) {
    return "Chromium is not installed and only root can install it - run: apt-get install chromium";
  }
  if (!(await exists("/usr/bin/apt-get"))) return "Chromium is not installed - this is no Debian";
  try {
    await install();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n").slice(0, 3).join("; ") : "";
    return `Chromium could not be installed from Debian - ${why}`;
  }
  return (await exists(chromiumPath))
    ? undefined
    : `Chromium was installed but is not at ${chromiumPath}`;
}

let found: Promise<string | undefined> | undefined;

/** Why there can be no Chromium here, or undefined once there is one; installs it from Debian where it may. */
export function whyNoChromium(): Promise<string | undefined> {
  found ??= find();
  return found;
}
