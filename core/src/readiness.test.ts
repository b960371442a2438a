import assert from "node:assert/strict";
import { test } from "node:test";
import { readinessOf } from "./readiness.ts";

const well = { phase: "works", storeAway: undefined, heard: true, networks: [] } as const;

test("only what the box itself lacks makes it not ready", () => {
  assert.deepEqual(readinessOf(well), { ok: true, state: { missing: [], waits: [] } });
  for (const phase of ["starting", "stopping"] as const)
    assert.deepEqual(readinessOf({ ...well, phase }), {
      ok: false,
      state: { missing: [`the box is ${phase}`], waits: [] },
    });
  assert.deepEqual(readinessOf({ ...well, storeAway: "the database is away" }), {
    ok: false,
    state: { missing: ["the database is away"], waits: [] },
  });
  const networks = [
    { id: "one", closure: undefined },
    { id: "two", closure: "it is away" },
  ];
  assert.deepEqual(readinessOf({ ...well, heard: false, networks }), {
    ok: true,
    state: { missing: [], waits: ["the homeserver has not reached us yet", "two: it is away"] },
  });
});
