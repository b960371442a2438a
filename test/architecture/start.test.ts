import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { flagsIn, startFlags } from "../sandbox/start-flags.ts";

const lineOf = (file: string, begin: string): string => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  return text.split("\n").find((line) => line.startsWith(begin)) ?? "";
};

test("the box is started with the same flags by npm, Docker and systemd", () => {
  const flags = startFlags();
  assert.deepEqual(flags, ["--expose-gc"]);
  assert.deepEqual(flagsIn(lineOf("Dockerfile", "ENTRYPOINT")), flags);
  assert.deepEqual(flagsIn(lineOf("docs/admin.md", "ExecStart")), flags);
});
