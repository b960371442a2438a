import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What the process prints that survives, or not, with a box's log. */
const printed = async (ends: string): Promise<string> => {
  const here = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
  const script = `
    import { createLog } from ${here("./log.ts")};
    import { surviveUnhandled } from ${here("./unhandled.ts")};
    const write = (line) => void process.stdout.write(line);
    surviveUnhandled(createLog({ level: "info", format: "json", write }));
    ${ends};
    setImmediate(() => setImmediate(() => write("still here")));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
  return stdout;
};

test("a promise that fails while nobody waits for it is said, and the process goes on", async () => {
  for (const reason of [`new Error("dropped")`, `"dropped"`]) {
    const [line = "", ...rest] = (await printed(`void Promise.reject(${reason})`)).split("\n");
    assert.match(line, /"level":"error".*nobody waited.*dropped/);
    assert.deepEqual(rest, ["still here"]);
  }
});

test("what is thrown where nobody catches ends the process", async () => {
  await assert.rejects(printed(`setImmediate(() => { throw new Error("lost"); })`), /lost/);
});
