import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startFlags } from "../sandbox/start-flags.ts";

const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));

/** The real box as a process of its own, as an admin runs it. */
export class BoxChild {
  readonly #dir: string;
  readonly #program: readonly string[];
  #child: ChildProcess | undefined;

  /** `program`: what reads the config in that folder; the box itself where it is absent. */
  constructor(dir: string, program: readonly string[] = [entry, "start", "-c"]) {
    this.#dir = dir;
    this.#program = program;
  }

  /** Its log so far; of a box that never started there is none, which hides no other error. */
  get log(): string {
    const file = join(this.#dir, "box.log");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the box says that it listens; rejects with its log if it ends before. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const words = [...startFlags(), ...this.#program, join(this.#dir, "config.yaml")];
    const child = spawn(process.execPath, words, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    const log = createWriteStream(join(this.#dir, "box.log"), { flags: "a" });
    child.stderr.pipe(log, { end: false });
    child.stdout.pipe(log, { end: false });
    let heard = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        heard = heard.length > 200_000 ? heard : heard + chunk.toString();
        if (heard.includes("The box listens")) resolve();
      });
      child.once("exit", (code, signal) => {
        log.end();
        reject(new Error(`The box ended (${code ?? signal}):\n${heard}\n${this.log}`));
      });
    });
  }

  /** Resolves when its log satisfies the test. */
  async until(fits: (log: string) => boolean, deadline = 15_000): Promise<void> {
    const end = Date.now() + deadline;
    while (!fits(this.log)) {
      if (Date.now() > end) throw new Error(`The box's log never came so far:\n${this.log}`);
      await delay(20);
    }
  }

  /** Resolves when the process has ended, however it ended. */
  async ended(): Promise<string> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return "gone";
    const exit: readonly unknown[] = await once(child, "exit");
    const [code, signal] = exit;
    return String(signal ?? code);
  }

  /** The process stands still while that is done. */
  async meanwhile(work: () => Promise<void>): Promise<void> {
    this.#child?.kill("SIGSTOP");
    await work().finally(() => this.#child?.kill("SIGCONT"));
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const over = this.ended();
    this.#child?.kill("SIGKILL");
    await over;
  }

  async stop(): Promise<void> {
    const over = this.ended();
    this.#child?.kill("SIGTERM");
    await over;
  }
}
