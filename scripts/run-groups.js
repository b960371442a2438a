import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { groups, stillEmpty, usual } from "./groups.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs one group and says what became of it: its counts, its skips, and why it failed if it did. */
const runGroup = async (name, options) => {
  const group = groups[name];
  options.write(`\n=== ${name}: ${group.says}\n\n`);
  const none = {
    name,
    passed: 0,
    failed: 0,
    skipped: 0,
    skips: [],
    failures: [],
    seconds: 0,
    problem: undefined,
  };
  const glob = globOf(group, options);
  const files = globSync(glob, { cwd: root }).toSorted();
  if (files.length === 0) {
    if (stillEmpty.has(name)) return { ...none, note: "no files yet" };
    return { ...none, problem: `no file matches ${glob}` };
  }
  const started = performance.now();
  const parts = await runBeside(
    dealt(files, group).map((hand) => [hand]),
    (hand, write) => runPart(group, { ...options, files: hand, write }),
    options.write,
  );
  const seconds = (performance.now() - started) / 1000;
  const problems = parts.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  return {
    ...none,
    passed: sum(parts, "passed"),
    failed: sum(parts, "failed"),
    skipped: sum(parts, "skipped"),
    skips: parts.flatMap(({ skips }) => skips),
    failures: parts.flatMap(({ failures }) => failures),
    seconds,
    problem: problems.length === 0 ? undefined : problems.join("; "),
  };
};

/** The files of each process, such that all take about as long. */
const dealt = (files, { processes = 1, seconds = {} }) => {
  const length = (file) => seconds[basename(file)] ?? 10;
  const hands = Array.from({ length: Math.min(processes, files.length) }, () => ({
    took: 0,
    files: [],
  }));
  for (const file of files.toSorted((a, b) => length(b) - length(a))) {
    const least = hands.reduce((a, b) => (b.took < a.took ? b : a));
    least.took += length(file);
    least.files.push(file);
  }
  return hands.map((hand) => hand.files);
};

/** One of the group's processes: its counts, its skips, and why it failed if it did. */
const runPart = async (group, options) => {
  const none = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [], problem: undefined };
  const folder = mkdtempSync(join(tmpdir(), "bridgebox-tests-"));
  try {
    const file = join(folder, "tally");
    const ended = await runNode(group, file, options);
    return { ...none, ...readTally(file), ...ended };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/**
 * Where the tests' own files lie: in memory, if there is enough. What a killed process has written stays there as well as
 * on a disk, and nothing waits for one.
 */
const scratch = () => {
  const memory = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > 4 * 2 ** 30 ? { TMPDIR: memory } : {};
  } catch {
    return {};
  }
};

const globOf = (group, { bounded }) => (bounded && group.boundedGlob) || group.glob;

const runNode = async (group, file, { bounded, files, passedOn, write }) => {
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
  const env = {
    NODE_COMPILE_CACHE: cache,
    ...scratch(),
    ...(bounded && { FAULTS: "bounded" }),
    ...(process.stdout.isTTY && { FORCE_COLOR: "1" }),
    ...process.env,
  };
  const child = spawn(process.execPath, ["--test", ...how, ...reporters, ...passedOn, ...files], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", write);
  }
  const closed = once(child, "close").catch(() => undefined);
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
  const [code, signal] = await once(child, "exit").finally(() => {
    clearTimeout(timer);
    for (const { signal: known, stop } of stops) process.off(known, stop);
  });
  // Not for ever: what a test left behind may hold the pipe.
  await Promise.race([closed, delay(2_000, undefined, { ref: false })]);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  if (late) return { problem: `not done after ${minutes} minutes` };
  return code === 0 ? {} : { problem: `ended with ${signal ?? `exit code ${code}`}` };
};

const readTally = (file) => {
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const told = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  const counts = told.find((it) => it.counts)?.counts;
  if (counts === undefined) return { problem: "it ended without a summary" };
  const skips = told.flatMap(({ skip }) => (skip ? [skip] : []));
  const failures = told.flatMap(({ failure }) => (failure ? [failure] : []));
  const empty = told.flatMap((it) => (it.empty === undefined ? [] : [it.empty]));
  const passed = counts.passed - empty.length;
  const failed = counts.failed + counts.cancelled;
  const skipped = counts.skipped + counts.todo + skips.filter((skip) => skip.suite).length;
  return {
    passed,
    failed,
    skipped,
    skips,
    failures,
    problem: emptiness(passed + failed + skipped, empty),
  };
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
  for (const { name, failures } of results)
    for (const failure of failures)
      console.log(`failed    ${name}: ${failure.name} - ${failure.why}`);
  // A group that broke without a failed test still shows in the last line.
  const broken = results.filter(({ failed, problem }) => failed === 0 && problem !== undefined);
  const failed = sum(results, "failed") + broken.length;
  const rest = `${failed} failed, ${sum(results, "skipped")} skipped`;
  console.log(`\n${sum(results, "passed")} passed, ${rest}`);
  return failed === 0;
};

/** Runs lines of works at once; what the second line says comes when the first is done. */
const runBeside = async (lines, work, say) => {
  const held = lines.map(() => []);
  let turn = 0;
  const release = () => {
    for (const chunk of held[turn]?.splice(0) ?? []) say(chunk);
  };
  const done = lines.map(() => false);
  const run = async (line, at) => {
    const write = (chunk) => (at === turn ? say(chunk) : held[at].push(chunk));
    const results = [];
    for (const one of line) results.push(await work(one, write));
    done[at] = true;
    for (; done[turn]; turn += 1) release();
    release();
    return results;
  };
  return (await Promise.all(lines.map(run))).flat();
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
  const bounded = named.length === 0;
  for (const lines of bounded ? usual : named.map((name) => [[name]])) {
    const run = (name, write) => runGroup(name, { bounded, passedOn, write });
    results.push(...(await runBeside(lines, run, (chunk) => process.stdout.write(chunk))));
  }
  return report(results) ? 0 : 1;
};
