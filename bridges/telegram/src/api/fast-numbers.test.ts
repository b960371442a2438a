import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { test } from "node:test";
import bigInt from "big-integer";
import { readNumber, writeNumber } from "./fast-numbers.ts";
import { Api } from "./tl.ts";

test("numbers are read and written as the library does it, byte by byte", () => {
  for (let round = 0; round < 500; round += 1) {
    for (const length of [8, 16, 32, 256]) {
      const bytes = randomBytes(length);
      const digits = Buffer.from(bytes.toReversed()).toString("hex");
      const unsigned = bigInt(digits, 16);
      assert.ok(readNumber(bytes, true, false).eq(unsigned));
      assert.ok(readNumber(bytes, false, false).eq(bigInt(bytes.toString("hex"), 16)));
      const negative = (bytes.at(-1) ?? 0) > 127;
      const signed = negative ? unsigned.subtract(bigInt(2).pow(length * 8)) : unsigned;
      assert.ok(readNumber(bytes, true, true).eq(signed));
      assert.deepEqual(writeNumber(signed, length), bytes);
      assert.deepEqual(writeNumber(unsigned, length), bytes);
    }
  }
  assert.ok(readNumber(Buffer.alloc(0)).isZero());
  assert.deepEqual(writeNumber("-1"), Buffer.alloc(8, 255));
  assert.deepEqual(writeNumber(1), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
});

test("the library uses them", () => {
  const helpers: unknown = createRequire(import.meta.url)("telegram/Helpers.js");
  assert.ok(typeof helpers === "object" && helpers !== null);
  assert.ok("readBigIntFromBuffer" in helpers && helpers.readBigIntFromBuffer === readNumber);
  const { pingId } = new Api.Ping({ pingId: bigInt("-9223372036854775808") });
  assert.equal(pingId.toString(), "-9223372036854775808");
});
