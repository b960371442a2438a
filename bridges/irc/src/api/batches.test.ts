import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ircLineParser } from "irc-framework";
import { Batches } from "./batches.ts";

const line = (text: string) => ircLineParser(text);

const pushed = (batches: Batches, ...lines: readonly string[]) =>
  lines.map((text) => batches.push(line(text))).at(-1);

describe("batches of a server that goes wrong", () => {
  it("are refused before few long lines fill the memory", () => {
    const batches = new Batches();
    batches.push(line("BATCH +0 chathistory #a"));
    const long = line(`@batch=0;x=${"x".repeat(8000)} :a!b@c PRIVMSG #a :y`);
    assert.throws(() => {
      for (let at = 0; at < 20_000; at += 1) batches.push(long);
    }, /no end/);
  });

  it("are refused however many others end meanwhile", () => {
    const batches = new Batches();
    batches.push(line("BATCH +0 chathistory #a"));
    const one = line("@batch=0 :a!b@c PRIVMSG #a :x");
    const [begin, end] = [line("BATCH +1 netjoin a b"), line("BATCH -1")];
    assert.throws(() => {
      for (let at = 0; at < 400_000; at += 1) {
        batches.push(one);
        if (at % 1000 !== 0) continue;
        batches.push(begin);
        batches.push(end);
      }
    }, /no end/);
  });

  it("do not count any more once they are over", () => {
    const batches = new Batches();
    const one = line("@batch=1 :a!b@c PRIVMSG #a :x");
    for (let round = 0; round < 20; round += 1) {
      pushed(batches, "BATCH +0 chathistory #a", "@batch=0 BATCH +1 draft/multiline #a");
      for (let at = 0; at < 20_000; at += 1) batches.push(one);
      pushed(batches, "BATCH -1");
      assert.equal(pushed(batches, "BATCH -0")?.as, "batch");
    }
  });

  it("are refused where one is opened twice: nobody knows what belongs to which", () => {
    const batches = new Batches();
    pushed(batches, "BATCH +0 chathistory #a", "@batch=0 :a!b@c PRIVMSG #a :x");
    assert.throws(() => pushed(batches, "BATCH +0 draft/multiline #a"), /twice/);
    assert.equal(
      pushed(new Batches(), "BATCH +0 netjoin", "BATCH -0", "BATCH +0 netjoin"),
      undefined,
    );
  });

  it("are told by themselves where what they are in is over or was never there", () => {
    const batches = new Batches();
    pushed(batches, "BATCH +0 chathistory #a", "@batch=0 BATCH +1 draft/multiline #a");
    pushed(batches, "@batch=1 :a!b@c PRIVMSG #a :x");
    const outer = pushed(batches, "BATCH -0");
    assert.ok(outer?.as === "batch");
    assert.deepEqual(outer.batch.items, []);
    const inner = pushed(batches, "BATCH -1");
    assert.ok(inner?.as === "batch");
    assert.equal(inner.batch.items.length, 1);
    assert.deepEqual(outer.batch.items, []);
    const lost = pushed(batches, "@batch=9 BATCH +2 draft/multiline #a", "BATCH -2");
    assert.ok(lost?.as === "batch");
  });
});
