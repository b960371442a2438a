import { execFile } from "node:child_process";
import { access, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const cache = fileURLToPath(new URL("../../../.cache/debian", import.meta.url));
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** A program of some Debian, which need not be the one that runs here. */
export interface Foreign {
  /** As a sentence has it. */
  readonly name: string;
  readonly package: string;
  readonly suite: "bookworm" | "trixie";
  /** Where it is inside of the package. */
  readonly path: string;
}

/** Where the package was unpacked, or why it cannot be had. */
export type Unpacked = { readonly root: string } | { readonly why: string };

const known = new Map<string, Promise<Unpacked>>();

/**
 * Brings a package by a source list of its own and unpacks it beside the tests: nothing is installed
 * and nobody needs to be root. Its signature is checked by Debian's keyring. Kept for the next run.
 */
export function unpacked(program: Foreign): Promise<Unpacked> {
  const found = known.get(program.package) ?? bring(program);
  known.set(program.package, found);
  return found;
}

async function bring({ name, package: pack, suite, path }: Foreign): Promise<Unpacked> {
  const root = join(cache, `${suite}-${pack}`);
  if (await exists(join(root, path))) return { root };
  for (const needed of ["/usr/bin/apt-get", "/usr/bin/dpkg-deb", keyring]) {
    if (!(await exists(needed)))
      return { why: `${name} cannot be unpacked - there is no ${needed}` };
  }
  try {
    await download(pack, suite, root);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n").slice(0, 3).join("; ") : "";
    return { why: `${name} could not be had from Debian ${suite} - ${why}` };
  }
  if (await exists(join(root, path))) return { root };
  return { why: `${name} was unpacked but is not at ${path}` };
}

async function download(pack: string, suite: string, root: string): Promise<void> {
  const own = join(cache, `apt-${suite}-${pack}`);
  const dirs = ["lists/partial", "archives/partial", "deb"].map((dir) => join(own, dir));
  for (const dir of [...dirs, root]) await mkdir(dir, { recursive: true });
  const list = join(own, "source.list");
  await writeFile(list, `deb [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${list}`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::lists=${join(own, "lists")}`,
    `Dir::Cache=${own}`,
    "APT::Sandbox::User=",
  ].flatMap((option) => ["-o", option]);
  const apt = (...args: readonly string[]) =>
    run("apt-get", ["-qq", ...options, ...args], { cwd: join(own, "deb"), timeout: 240_000 });
  await apt("update");
  await apt("download", pack);
  const [file] = (await readdir(join(own, "deb"))).filter((one) => one.endsWith(".deb"));
  if (file === undefined) throw new Error(`${suite} has no ${pack}`);
  await run("dpkg-deb", ["-x", join(own, "deb", file), root]);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
