import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../testing/manual-clock.ts";
import { Abroad } from "./abroad.ts";

test("of too many homeservers the one goes that was called longest ago", async (t) => {
  const abroad = new Abroad({ clock: new ManualClock(), deadline: 1000 });
  t.after(() => abroad.close());
  const at = (number: number) => abroad.at({ address: `https://h${number}.test`, isTrusted: true });
  const [busy, idle] = [at(0), at(1)];
  for (let number = 2; number < 100; number += 1) at(number);
  assert.equal(at(0), busy);
  at(100);
  assert.equal(at(0), busy, "it is called all the time");
  assert.notEqual(at(1), idle);
});
