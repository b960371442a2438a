// npm run check: everything that can be known of the tree without running it. Says all that is wrong, not the first.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules/.bin", name);

/** What the command said, if it ended with anything but 0. */
const command = (file, args) =>
  new Promise((resolve) => {
    const options = { cwd: root, maxBuffer: 64 * 1024 * 1024, timeout: 5 * 60_000 };
    execFile(file, args, options, (error, out, err) => {
      resolve(error ? `${err}${out}`.trim() || error.message : undefined);
    });
  });

/** A registry's address in the lockfile binds everyone who installs to that registry. */
const lockfile = async () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const bound = Object.entries(packages).filter(([, it]) => /^\w+:\/\//.test(it.resolved ?? ""));
  if (bound.length === 0) return undefined;
  const names = bound.slice(0, 5).map(([name]) => name);
  return `package-lock.json names a registry, for ${names.join(", ")}. Install with the .npmrc of this folder.`;
};

const problemsOfTree = async () => {
  const said = await command("npm", ["ls", "--all"]);
  const lines = said
    ?.split("\n")
    .filter((line) => /^npm error|UNMET|invalid|extraneous/.test(line));
  return lines && (lines.join("\n") || said);
};

const generated = ["--test", "--test-isolation=none", "test/generated/*.test.ts"];

const checks = {
  "types (tsc)": () => command(bin("tsc"), ["-p", "tsconfig.json"]),
  "lint (oxlint)": () => command(bin("oxlint"), ["--deny-warnings", "."]),
  "format (oxfmt)": () => command(bin("oxfmt"), ["--check", "."]),
  "installed tree (npm ls)": problemsOfTree,
  lockfile: lockfile,
  "generated files": () => command(bin("node"), generated),
};

const failed = [];
for (const [name, check] of Object.entries(checks)) {
  const problem = await check();
  console.log(`${problem === undefined ? "ok    " : "FAILED"}  ${name}`);
  if (problem !== undefined) {
    failed.push(name);
    console.log(`\n${problem}\n`);
  }
}
if (failed.length > 0) {
  console.log(`\nThe check failed: ${failed.join(", ")}.`);
  process.exitCode = 1;
}
