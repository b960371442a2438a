import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startFlags } from "./start-flags.ts";

const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));
/** Whatever becomes of the sandbox, no box outlives it: it ends with the pipe that it is given. */
const bound = 'data:text/javascript,process.stdin.on("close",()=>process.exit(0)).resume()';
/** A library's use of an old API is no news for whoever looks at the log of a sandbox. */
const flags = ["--disable-warning=DEP0060", "--import", bound];
const longLife = 5000;
const mostWait = 8000;
const shownLines = 12;

export interface BoxProcessOptions {
  /** Where `config.yaml` is and `box.log` goes. */
  readonly dir: string;
  readonly adminToken: string;
  /** Called whenever something about the process changed. */
  readonly changed: (what: "started" | "died") => void;
}

/** The real box as a process of its own, started again whenever it dies. */
export class BoxProcess {
  readonly #options: BoxProcessOptions;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #lastWords: readonly string[] = [];
  #startedAt = 0;
  /** Where this start begins in the log. */
  #logFrom = 0;
  #quickDeaths = 0;
  #starts = 0;
  #why: string | undefined;

  constructor(options: BoxProcessOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  /** How it ended the last time, if it did. */
  get why(): string | undefined {
    return this.#why;
  }

  /** The end of its log, while it dies as soon as it starts. */
  get lastWords(): readonly string[] {
    return this.#lastWords;
  }

  /** It has come so far that the next death is not one at the start. */
  settled(): void {
    this.#quickDeaths = 0;
    this.#lastWords = [];
  }

  start(): void {
    if (this.#closed || this.#child) return;
    const { dir, adminToken, changed } = this.#options;
    const log = openSync(join(dir, "box.log"), "a", 0o600);
    const { size } = fstatSync(log);
    if (size > this.#logFrom) this.#logFrom = size;
    const child = spawn(
      process.execPath,
      [...startFlags(), ...flags, entry, "start", "-c", join(dir, "config.yaml")],
      {
        stdio: ["pipe", log, log],
        env: { ...cleanEnv(), BRIDGEBOX_APPSERVICE__ADMIN_TOKEN: adminToken },
      },
    );
    closeSync(log);
    this.#child = child;
    this.#startedAt = Date.now();
    this.#starts += 1;
    child.once("error", () => this.#ended(child, "it could not be started"));
    child.once("exit", (code, signal) =>
      this.#ended(child, signal === null ? `it ended with code ${code}` : `${signal} ended it`),
    );
    changed("started");
  }

  /** What no program can prepare for. False: there was nothing to kill. */
  kill(): boolean {
    return this.#child?.kill("SIGKILL") ?? false;
  }

  /** Ends it as an administrator would; resolves once it is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), 3000);
    await gone;
    clearTimeout(force);
  }

  #ended(child: ChildProcess, why: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#why = why;
    const killed = child.signalCode === "SIGKILL";
    const quick = !killed && Date.now() - this.#startedAt < longLife;
    this.#quickDeaths = quick ? this.#quickDeaths + 1 : 0;
    this.#lastWords = quick ? this.#endOfLog() : [];
    if (this.#closed) return;
    const wait = quick ? Math.min(mostWait, 250 * 2 ** this.#quickDeaths) : 0;
    this.#timer = setTimeout(() => this.start(), wait);
    this.#options.changed("died");
  }

  #endOfLog(): string[] {
    const all = readFileSync(join(this.#options.dir, "box.log")).subarray(this.#logFrom);
    const lines = all.toString("utf8").trimEnd().split("\n");
    return lines.slice(-shownLines).map((line) => line.slice(0, 300));
  }
}

/** Settings that somebody made for a real box are none for this one. */
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("BRIDGEBOX_")));
