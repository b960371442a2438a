import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One measured number; `goal` is what the issue asks for. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: string;
}

/** Prints the rows as a table. */
export const print = (title: string, rows: readonly Row[]): void => {
  console.log(`\n${title}\n`);
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, goal } of rows) {
    const shown = value.toFixed(value >= 100 ? 0 : 2).padStart(9);
    console.log(
      `${name.padEnd(width)} ${shown} ${unit}${goal === undefined ? "" : `   (${goal})`}`,
    );
  }
};

/** Writes the result as JSON; returns the path. */
export const save = (kind: string, result: object): string => {
  const dir = fileURLToPath(new URL("../../.cache/bench", import.meta.url));
  mkdirSync(dir, { recursive: true });
  const at = new Date().toISOString();
  const path = join(dir, `${kind}-${at.replaceAll(":", "")}.json`);
  writeFileSync(path, `${JSON.stringify({ kind, at, ...result }, undefined, 1)}\n`);
  return path;
};

export const percentile = (values: readonly number[], part: number): number => {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * part))] ?? Number.NaN;
};

/** The median of 50 small writes with fsync, in milliseconds: what a commit costs at least here. */
export const fsyncTime = (): number => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-fsync-"));
  const file = openSync(join(dir, "f"), "w");
  const times = Array.from({ length: 50 }, () => {
    const began = performance.now();
    writeSync(file, "x".repeat(4096));
    fsyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  rmSync(dir, { recursive: true });
  return percentile(times, 0.5);
};

/** Milliseconds of CPU that a process has used, in user and system mode. */
export const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

/** Resident MiB of a process. */
export const rssOf = (pid: number): number => {
  const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1]) / 1024;
};
