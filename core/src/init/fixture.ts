import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { acme, other } from "../config/fixture.ts";
import { loadConfig } from "../config/index.ts";
import { runInit } from "./index.ts";

const adapters = { acme: async () => acme, other: async () => other };

let dir = "";

/** A test with a folder of its own; as in the doctor's tests, without a hook of its file's. */
export const inFolder = (name: string, work: (t: TestContext) => Promise<void> | void): void =>
  void test(name, (t) => {
    dir = mkdtempSync(join(tmpdir(), "bridgebox-init-"));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    return work(t);
  });

/** In that folder; the folder itself. */
export const path = (name = ""): string => join(dir, name);

/** Nothing is there that could be asked what it is. */
export const nowhere = "http://127.0.0.1:9";

interface Told {
  readonly code: number;
  /** What was printed, questions and all. */
  readonly text: string;
}

/** Types an answer to each question, once it is asked. */
export const init = async (
  argv: readonly string[],
  answers: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Told> => {
  let text = "";
  const [input, output] = [new PassThrough(), new PassThrough()];
  const left = [...answers];
  output.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (!chunk.toString().endsWith(": ")) return;
    const next = left.shift();
    if (next === undefined) input.end();
    else input.write(`${next}\n`);
  });
  const say = (line: string): void => void (text += `${line}\n`);
  const code = await runInit({
    argv: [...argv, "-c", path("config.yaml")],
    source: { env, adapters },
    input,
    output,
    say,
    complain: say,
  });
  return { code, text };
};

export const loaded = async () => {
  const config = await loadConfig({ path: path("config.yaml"), env: {}, adapters });
  assert.ok(config.ok, config.ok ? "" : config.problems.join("\n"));
  return config.config;
};

export const given = ["--yes", "--homeserver", nowhere, "--domain", "server.test"];
export const home = ["--network", "acme:home", "--set", "networks.home.server=acme.test"];
