import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "../testing/scripted-homeserver.ts";
import { outAlready } from "./refusal.ts";

test("whoever is out of a room already is so in whichever words a homeserver says it", () => {
  for (const code of ["M_FORBIDDEN", "M_NOT_FOUND", "M_BAD_STATE"]) outAlready(refusal(code));
  for (const other of [refusal("M_UNKNOWN", 500), new Error("ours")])
    assert.throws(() => outAlready(other), other);
});
