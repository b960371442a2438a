import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "./checker.ts";

const three = ["matrix", "irc", "telegram"];

test("a message counts as arrived once it is everywhere", () => {
  const ledger = new Ledger(three);
  ledger.said("matrix", "a", "hello");
  assert.equal(ledger.arrived("irc", "<Ana> hello")?.id, "a");
  assert.deepEqual(ledger.report().missing, [
    { id: "a", from: "matrix", to: "telegram", text: "hello" },
  ]);
  assert.equal(ledger.report().arrived, 0);
  ledger.arrived("telegram", "Ana:  hello");
  assert.deepEqual(ledger.report(), {
    sent: 1,
    arrived: 1,
    missing: [],
    doubled: [],
    outOfOrder: [],
  });
});

test("the same word ten times is ten messages, and an eleventh arrival is one too many", () => {
  const ledger = new Ledger(["matrix", "irc"]);
  for (let index = 0; index < 10; index += 1) ledger.said("irc", `w${index}`, "ping");
  const ids = Array.from({ length: 10 }, () => ledger.arrived("matrix", "ping")?.id);
  assert.deepEqual(
    ids,
    Array.from({ length: 10 }, (_, index) => `w${index}`),
  );
  assert.equal(ledger.report().arrived, 10);
  ledger.arrived("matrix", "ping");
  assert.deepEqual(
    ledger.report().doubled.map(({ id }) => id),
    ["w9"],
  );
});

test("an echo on the side where it was said is no arrival", () => {
  const ledger = new Ledger(three);
  ledger.said("irc", "a", "hello");
  assert.equal(ledger.arrived("irc", "hello"), undefined);
  assert.equal(ledger.report().missing.length, 2);
});

test("what nobody said is nobody's", () => {
  const ledger = new Ledger(three);
  assert.equal(ledger.arrived("irc", "a notice about something"), undefined);
  assert.equal(ledger.report().sent, 0);
});

test("order is judged for each way on its own", () => {
  const ledger = new Ledger(three);
  ledger.said("matrix", "a", "one");
  ledger.said("matrix", "b", "two");
  ledger.said("irc", "c", "three");
  for (const text of ["three", "two", "one"]) ledger.arrived("telegram", text);
  for (const text of ["one", "two"]) ledger.arrived("irc", text);
  assert.deepEqual(
    ledger.report().outOfOrder.map(({ id, to }) => `${id} ${to}`),
    ["a telegram"],
  );
});

test("what nobody could hear does not count, and no arrival is taken for it", () => {
  const ledger = new Ledger(["matrix", "irc"]);
  ledger.said("irc", "a", "hello");
  ledger.withdraw("a");
  ledger.said("irc", "b", "hello");
  assert.equal(ledger.arrived("matrix", "hello")?.id, "b");
  assert.equal(ledger.report().sent, 1);
  assert.equal(ledger.report().arrived, 1);
});
