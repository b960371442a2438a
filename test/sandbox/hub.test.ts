import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Hub } from "./hub.ts";

test("what happened in a long session is all told to a page that opens late, up to a bound", (t) => {
  const hub = new Hub();
  t.after(() => hub.close());
  for (let number = 1; number <= 500; number += 1) hub.happened(`line ${number}`);
  assert.deepEqual(
    [hub.log.length, hub.log[0]],
    [500, { ...hub.log[0], what: "happened", text: "line 1" }],
  );
  hub.happened("line 501");
  assert.equal(hub.log.length, 500);
});

test("the page keeps as many lines as the server does", () => {
  const kept = (path: string): string | undefined =>
    /const keptHappenings = (\d+);/.exec(readFileSync(new URL(path, import.meta.url), "utf8"))?.[1];
  assert.equal(kept("page/store.js"), kept("hub.ts"));
});
