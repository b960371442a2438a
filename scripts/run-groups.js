import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { groups, stillEmpty, usual } from "./groups.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs one group and says what became of it: its counts, its skips, and why it failed if it did. */
const runGroup = async (name, options) => {
  const group = groups[name];
  console.log(`\n=== ${name}: ${group.says}\n`);
  const none = {
    name,
    passed: 0,
    failed: 0,
    skipped: 0,
    skips: [],
    seconds: 0,
    problem: undefined,
  };
  const glob = globOf(group, options);
  if (globSync(glob, { cwd: root }).length === 0) {
    if (stillEmpty.has(name)) return { ...none, note: "no files yet" };
    return { ...none, problem: `no file matches ${glob}` };
  }
  const folder = mkdtempSync(join(tmpdir(), "bridgebox-tests-"));
  const started = performance.now();
  try {
    const file = join(folder, "tally");
    const ended = await runNode(group, file, options);
    const seconds = (performance.now() - started) / 1000;
    return { ...none, ...readTally(file), ...ended, seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const globOf = (group, { bounded }) => (bounded && group.boundedGlob) || group.glob;

const runNode = (group, file, { bounded, passedOn }) => {
  const glob = globOf(group, { bounded });
  const how = group.together
    ? ["--test-isolation=none"]
    : ["--test-isolation=process", `--test-concurrency=${group.atOnce}`];
  const reporters = [
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=./scripts/tally.js",
    `--test-reporter-destination=${file}`,
  ];
  const cache = join(root, ".cache/compile");
  const env = { NODE_COMPILE_CACHE: cache, ...(bounded && { FAULTS: "bounded" }), ...process.env };
  const child = spawn(process.execPath, ["--test", ...how, ...reporters, ...passedOn, glob], {
    cwd: root,
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const minutes = (bounded && group.boundedMinutes) || group.minutes;
  let late = false;
  const end = (signal) => () => child.kill(signal);
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGTERM");
    setTimeout(end("SIGKILL"), 5_000).unref();
  }, minutes * 60_000);
  const stops = ["SIGINT", "SIGTERM"].map((signal) => ({ signal, stop: end(signal) }));
  for (const { signal, stop } of stops) process.on(signal, stop);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      for (const { signal: known, stop } of stops) process.off(known, stop);
      if (late) resolve({ problem: `not done after ${minutes} minutes` });
      else resolve(code === 0 ? {} : { problem: `ended with ${signal ?? `exit code ${code}`}` });
    });
  });
};

const readTally = (file) => {
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const told = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  const counts = told.find((it) => it.counts)?.counts;
  if (counts === undefined) return { problem: "it ended without a summary" };
  const skips = told.flatMap(({ skip }) => (skip ? [skip] : []));
  const empty = told.flatMap((it) => (it.empty === undefined ? [] : [it.empty]));
  const passed = counts.passed - empty.length;
  const failed = counts.failed + counts.cancelled;
  const skipped = counts.skipped + counts.todo + skips.filter((skip) => skip.suite).length;
  return { passed, failed, skipped, skips, problem: emptiness(passed + failed + skipped, empty) };
};

const emptiness = (ran, empty) => {
  if (empty.length > 0) return `no test ran in ${empty.join(", ")}`;
  return ran === 0 ? "it ran no test" : undefined;
};

const sum = (results, key) => results.reduce((all, result) => all + result[key], 0);

const report = (results) => {
  console.log("\n=== all groups\n");
  for (const { name, passed, failed, skipped, seconds, note, problem } of results) {
    const counts = note ?? `${passed} passed, ${failed} failed, ${skipped} skipped`;
    const why = problem === undefined ? "" : ` - FAILED: ${problem}`;
    console.log(`${name.padEnd(9)} ${counts} (${seconds.toFixed(1)} s)${why}`);
  }
  for (const { name, skips } of results) {
    for (const skip of skips) console.log(`skipped   ${name}: ${skip.name} - ${skip.reason}`);
  }
  // A group that broke without a failed test still shows in the last line.
  const broken = results.filter(({ failed, problem }) => failed === 0 && problem !== undefined);
  const failed = sum(results, "failed") + broken.length;
  const rest = `${failed} failed, ${sum(results, "skipped")} skipped`;
  console.log(`\n${sum(results, "passed")} passed, ${rest}`);
  return failed === 0;
};

/** Runs the groups that `args` name, or the usual ones; what begins with - goes to `node --test`. */
export const runGroups = async (args) => {
  const named = args.filter((arg) => !arg.startsWith("-"));
  const passedOn = args.filter((arg) => arg.startsWith("-"));
  const unknown = named.find((name) => !Object.hasOwn(groups, name));
  if (unknown !== undefined) {
    const known = Object.keys(groups).join(", ");
    console.error(`No test ran: there is no group "${unknown}". The groups are ${known}.`);
    return 64;
  }
  const results = [];
  for (const name of named.length > 0 ? named : usual) {
    results.push(await runGroup(name, { bounded: named.length === 0, passedOn }));
  }
  return report(results) ? 0 : 1;
};
