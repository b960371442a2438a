import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createAttempt, createFailpoints, MemoryHost, scriptedLogin } from "./index.ts";

describe("failpoints", () => {
  test("without a plan nothing happens, without a promise of their own", () => {
    const points = createFailpoints(undefined);
    assert.equal(points.hit("a"), points.hit("b"));
  });

  test("fail at each hit, or at the one that is named", async () => {
    const points = createFailpoints("each=fail,second:2=fail");
    await assert.rejects(points.hit("each"), /each struck/);
    await assert.rejects(points.hit("each"));
    await points.hit("second");
    await assert.rejects(points.hit("second"));
    await points.hit("second");
    await points.hit("other");
  });

  test("hang, and go on after a while", async () => {
    const points = createFailpoints("stuck=hang,slow=delay(5)");
    const first = await Promise.race([
      points.hit("stuck").then(() => "stuck"),
      points.hit("slow").then(() => "slow"),
    ]);
    assert.equal(first, "slow");
  });

  test("kill the process at once", () => {
    const module = fileURLToPath(new URL("./failpoints.ts", import.meta.url));
    const code = `const { createFailpoints } = await import(process.argv[1]);
      await createFailpoints("x=kill").hit("x"); console.log("alive");`;
    const args = ["--input-type=module", "-e", code, module];
    const { signal, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.deepEqual([signal, stdout], ["SIGKILL", ""]);
  });

  test("refuse a plan that says nothing", () => {
    for (const plan of ["x", "x=explode", "x:y=fail", "=fail"]) {
      assert.throws(() => createFailpoints(plan), /No failpoint was set/);
    }
  });
});

describe("a scripted login", () => {
  const phone = [{ key: "phone", label: "Phone", type: "phone", pattern: "\\+\\d+" }] as const;

  test("answers, also late, and keeps what was asked and shown", async () => {
    const person = scriptedLogin({ answers: { phone: async () => "+1" } });
    assert.deepEqual(await person.ui.ask(phone), { phone: "+1" });
    person.ui.show({ qr: "abc" });
    assert.deepEqual([person.asked, person.shown], [["phone"], [{ qr: "abc" }]]);
  });

  test("refuses what the field refuses, and what the script does not know", async () => {
    await assert.rejects(scriptedLogin({ answers: { phone: "1" } }).ui.ask(phone), /pattern/);
    await assert.rejects(scriptedLogin({}).ui.ask(phone), /no answer to "phone"/);
  });

  test("gives up where the script says", async () => {
    const person = scriptedLogin({ answers: { phone: "+1" }, cancelAt: "phone" });
    await assert.rejects(person.ui.ask(phone), /cancelled/);
    assert(person.signal.aborted);
    assert.throws(() => person.ui.show({ wait: "x" }));
  });

  test("comes back from a page with what it brings", async () => {
    const returned = (url: string) => new URL(url).searchParams;
    const person = scriptedLogin({ returned });
    const url = (callback: string, state: string) => `https://a.example/?to=${callback}&s=${state}`;
    assert.equal((await person.ui.redirect(url)).get("s"), "state-1");
  });
});

describe("the host in memory", () => {
  test("keeps cursors by source over a restart, and nothing of what was refused", async () => {
    const first = new MemoryHost();
    const source = first.host.source("a");
    assert.equal(first.host.source("a"), source);
    await source.accept({ events: [], seenBy: [], cursor: { seq: "1" } });
    first.beforeCommit = () => Promise.reject(new Error("full"));
    await assert.rejects(source.accept({ events: [], seenBy: [], cursor: { seq: "2" } }));
    const second = new MemoryHost(first.kept);
    assert.equal(second.host.source("a").cursor("seq"), "1");
    assert.equal(second.host.source("b").cursor("seq"), undefined);
    await second.host.source("a").accept({ events: [], seenBy: [], cursor: { seq: null } });
    assert.equal(second.host.source("a").cursor("seq"), undefined);
  });

  test("an attempt's notes reach the next attempt", async () => {
    const first = createAttempt();
    await first.note({ file: "F1" });
    const second = createAttempt(first);
    assert.deepEqual([second.key, second.number, second.notes], [first.key, 2, { file: "F1" }]);
  });
});
