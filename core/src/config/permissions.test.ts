import assert from "node:assert/strict";
import { test } from "node:test";
import { permits } from "./permissions.ts";
import { levels } from "./types.ts";

const permissions = {
  "*": "relay",
  "example.com": "user",
  "@admin:example.com": "admin",
  "@guest:example.com": "commands",
  "@eve:example.com": "block",
  "bad.example": "none",
} as const;

const cases = [
  ["@somebody:elsewhere.org", "relay"],
  ["@ana:example.com", "user"],
  ["@admin:example.com", "admin"],
  ["@guest:example.com", "commands"],
  ["@eve:example.com", "block"],
  ["@mallory:bad.example", "none"],
] as const;
for (const [mxid, level] of cases)
  test(`${mxid} may do what ${level} may, and nothing above it`, () => {
    for (const what of ["relay", "commands", "user", "admin"] as const) {
      const may = levels.indexOf(level) >= levels.indexOf(what);
      assert.equal(permits(permissions, mxid, what), may, what);
    }
  });

test("who is in no line may do nothing", () => {
  assert.equal(permits({ "example.com": "admin" }, "@ana:other.org", "relay"), false);
});
