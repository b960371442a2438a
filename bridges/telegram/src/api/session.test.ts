import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { decodeSession, encodeSession } from "./session.ts";

test("a session comes back as it was, with any port", () => {
  const key = randomBytes(256);
  for (const port of [443, 40_000, 65_535]) {
    const session = { dc: 2, host: "149.154.167.50", port, key };
    assert.deepEqual(decodeSession(encodeSession(session)), session);
  }
});

test("anything else is no session", () => {
  for (const text of ["", "1", "2abc", "1AAAA", `1${"A".repeat(352)}`, "x".repeat(400)]) {
    assert.equal(decodeSession(text), undefined, text.slice(0, 20));
  }
});
