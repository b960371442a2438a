import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../sandbox/client.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const linked = ["node_modules", "core", "registration", "bridges", "bridgebox.js"];
const copied = ["package.json", ".npmrc", "config.sample.yaml"];

/** A folder that looks like a checkout of this repository, so that its commands can be run literally. */
export class Checkout {
  readonly dir: string;
  #box: ChildProcess | undefined;

  constructor(dir: string) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
    for (const name of linked) symlinkSync(join(root, name), join(dir, name));
    for (const name of copied) copyFileSync(join(root, name), join(dir, name));
  }

  /** Everything that the box has written so far. */
  get log(): string {
    return readFileSync(join(this.dir, "box.log"), "utf8");
  }

  /** The process that the start command became. */
  get pid(): number | undefined {
    return this.#box?.pid;
  }

  /** One command of the README, to its end; its standard output. Each question it asks gets its answer. */
  async run(command: string, answer?: (key: string) => string): Promise<string> {
    const child = spawn("sh", ["-c", command], {
      cwd: this.dir,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [output, errors, answered] = ["", "", 0];
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const [, key] = /\n {2}([a-z_.]+)[^\n]*: $/.exec(output.slice(answered)) ?? [];
      if (key === undefined || answer === undefined) return;
      answered = output.length;
      child.stdin.write(`${answer(key)}\n`);
    });
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    if (answer === undefined) child.stdin.end();
    await once(child, "close");
    if (child.exitCode !== 0)
      throw new Error(`${command} ended with ${child.exitCode}:\n${output}${errors}`);
    return output;
  }

  /** A command that goes on: the box itself, in a process group of its own. */
  async start(command: string): Promise<void> {
    appendFileSync(join(this.dir, "box.log"), "");
    const log = openSync(join(this.dir, "box.log"), "a");
    const from = this.log.length;
    const child = spawn("sh", ["-c", `exec ${command}`], {
      cwd: this.dir,
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    this.#box = child;
    await until(
      "the box listens",
      () => {
        if (this.#ended(child)) throw new Error(`The box ended: ${this.log.slice(from)}`);
        return this.log.slice(from).includes("The box listens");
      },
      30_000,
    );
  }

  /** Signals the box and whatever started it, and waits for the end. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#box;
    if (child?.pid === undefined || this.#ended(child)) return;
    const gone = once(child, "exit");
    process.kill(-child.pid, signal);
    await gone;
  }

  #ended(child: ChildProcess): boolean {
    return child.exitCode !== null || child.signalCode !== null;
  }
}
