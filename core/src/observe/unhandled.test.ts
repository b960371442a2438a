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

test("what is thrown where nobody catches ends the process, and the log says no more of it than of others", async () => {
  const failing = `const error = new Error("lost", { cause: new Error("cause-secret") });
    error.url = "https://network.test/webhooks/1/url-secret";
    setImmediate(() => { throw error; })`;
  const isAll = (error: unknown): boolean => {
    assert.ok(error instanceof Error && "stdout" in error && "stderr" in error && "code" in error);
    assert.equal(error.code, 1);
    assert.match(String(error.stdout), /^\{.*"level":"error".*nobody caught.*lost.*\}\n$/);
    assert.doesNotMatch(`${String(error.stdout)}${String(error.stderr)}`, /-secret|still here/);
    return true;
  };
  await assert.rejects(printed(failing), isAll);
});
