import assert from "node:assert/strict";
import { test } from "node:test";
import type { Open } from "./scene.ts";
import { judge, type VerdictFacts } from "./verdict.ts";

const now = 1_000_000;
const line = (change: Partial<Open> = {}): Open => ({
  id: "a",
  side: "irc",
  room: "lobby",
  at: now - 20_000,
  told: false,
  ...change,
});
const facts = (change: Partial<VerdictFacts> = {}): VerdictFacts => ({
  calmSince: now - 10_000,
  now,
  absences: [],
  early: new Set(),
  ...change,
});
const verdict = (open: Open, known: VerdictFacts): string =>
  judge([open], known).map(({ is }) => is)[0] ?? "nothing yet";

test("nothing is judged while something may still bring it", () => {
  assert.equal(verdict(line(), facts({ calmSince: undefined })), "nothing yet");
  assert.equal(verdict(line(), facts({ calmSince: now - 100 })), "nothing yet");
});

test("what is missing in the calm without a word is lost", () => {
  assert.equal(verdict(line(), facts()), "lost");
  assert.equal(verdict(line({ side: "matrix" }), facts()), "lost");
});

test("what the box itself told of is no silent loss", () => {
  assert.equal(verdict(line({ told: true }), facts()), "nothing yet");
});

test("IRC keeps nothing for who is away, but only there and only then", () => {
  const absences = [{ room: "lobby", from: now - 20_500, to: now - 19_000 }] as const;
  assert.equal(verdict(line(), facts({ absences })), "unheard");
  assert.equal(verdict(line({ side: "telegram" }), facts({ absences })), "lost");
  assert.equal(verdict(line({ room: "help" }), facts({ absences })), "lost");
  assert.equal(verdict(line({ at: now - 25_000 }), facts({ absences })), "lost");
  assert.equal(verdict(line({ at: now - 18_000 }), facts({ absences })), "lost");
});

test("what was said before the box was in the room could not be carried", () => {
  assert.equal(verdict(line({ side: "matrix" }), facts({ early: new Set(["a"]) })), "unheard");
});
