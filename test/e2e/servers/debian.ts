import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const policy = "/usr/sbin/policy-rc.d";

/** A program that Debian has. */
export interface Program {
  /** As a sentence has it. */
  readonly name: string;
  /** The packages to install, the program's own first. */
  readonly packages: readonly [string, ...string[]];
  /** Where Debian puts it; a `*` stands for what differs between its releases. */
  readonly path: string;
}

/**
 * Why that program cannot be had here, or undefined once it is there; installs it where it may, once
 * for all who ask. With CI=true it is an error if that fails.
 */
export function fromDebian(program: Program): () => Promise<string | undefined> {
  let found: Promise<string | undefined> | undefined;
  return () => (found ??= find(program));
}

async function find({ name, packages, path }: Program): Promise<string | undefined> {
  if (exists(path)) return undefined;
  if (process.getuid?.() !== 0) {
    return `${name} is not installed and only root can install it - run: apt-get install ${packages[0]}`;
  }
  if (!exists("/usr/bin/apt-get")) return `${name} is not installed - this is no Debian`;
  try {
    await withoutServices(() => install(packages));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n").slice(0, 3).join("; ") : "";
    const reason = `${name} could not be installed from Debian - ${why}`;
    if (process.env["CI"] === "true") throw new Error(reason, { cause });
    return reason;
  }
  return exists(path) ? undefined : `${name} was installed but is not at ${path}`;
}

async function install(packages: readonly string[]): Promise<void> {
  const get = (): Promise<void> => apt("install", "-y", "--no-install-recommends", ...packages);
  await get().catch(async () => {
    await apt("update");
    await get();
  });
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

function exists(path: string): boolean {
  return globSync(path).length > 0;
}
