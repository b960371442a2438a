import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../adapter/index.ts";
import type { ErrorCode, ErrorScope } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import { judge } from "./policy.ts";

type Row = readonly [
  code: ErrorCode,
  scope: ErrorScope,
  reached: "no" | "unknown",
  next: string,
  sure?: boolean,
];

const ofNetwork: readonly Row[] = [
  ["network", "login", "no", "wait", true],
  ["network", "item", "unknown", "wait", false],
  ["timeout", "item", "unknown", "wait", false],
  ["rate_limit", "chat", "no", "wait", true],
  ["full", "network", "no", "wait", true],
  ["auth", "login", "no", "wait", true],
  ["auth", "item", "no", "fail"],
  ["forbidden", "item", "no", "fail"],
  ["forbidden", "item", "unknown", "wait", false],
  ["too_large", "item", "no", "fail"],
  ["invalid", "item", "no", "fail"],
  ["gone", "chat", "no", "fail"],
  ["internal", "item", "no", "fail"],
];

for (const [code, scope, reached, next, sure] of ofNetwork)
  test(`network: ${code} of the ${scope}, reached ${reached} → ${next}`, () => {
    const verdict = judge(new BridgeError(code, "why", { reached, scope, retryAfter: 5 }));
    assert.equal(verdict.next, next);
    assert.equal(verdict.code, code);
    if (verdict.next === "wait")
      assert.deepEqual([verdict.sure, verdict.closes, verdict.retryAfter], [sure, scope, 5]);
  });

const ofHomeserver = [
  ["M_LIMIT_EXCEEDED", 429, "no", "wait", "rate_limit", "homeserver"],
  ["NETWORK", 0, "no", "wait", "network", "homeserver"],
  ["NETWORK", 0, "unknown", "wait", "network", "item"],
  ["HTTP", 502, "unknown", "wait", "network", "item"],
  ["M_UNKNOWN_TOKEN", 401, "no", "wait", "auth", "homeserver"],
  ["M_TOO_LARGE", 413, "no", "fail", "too_large"],
  ["M_FORBIDDEN", 403, "no", "fail", "forbidden"],
  ["M_NOT_FOUND", 404, "no", "fail", "not_found"],
  ["M_BAD_JSON", 400, "no", "fail", "invalid"],
] as const;

for (const [errcode, status, reached, next, code, closes] of ofHomeserver)
  test(`homeserver: ${errcode} ${status}, reached ${reached} → ${next} ${code}`, () => {
    const verdict = judge(new MatrixError(errcode, "why", { status, reached }));
    assert.deepEqual([verdict.next, verdict.code], [next, code]);
    if (verdict.next === "wait") assert.equal(verdict.closes, closes);
  });

test("what is neither is our own mistake, and may have arrived", () => {
  const verdict = judge(new TypeError("oops"));
  assert.ok(verdict.next === "wait" && !verdict.sure);
  assert.equal(verdict.code, "internal");
});
