import assert from "node:assert/strict";
import crypto, { generatePrimeSync, randomBytes } from "node:crypto";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { test } from "node:test";
import bigInt from "big-integer";
import type { BigInteger } from "big-integer";
import { readNumber, writeNumber } from "./fast-numbers.ts";
import { factorsOf, powerOf } from "./handshake-numbers.ts";
import { Api } from "./tl.ts";

test("numbers are read and written as the library does it, byte by byte", () => {
  for (let round = 0; round < 100; round += 1) {
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
  assert.deepEqual(writeNumber(undefined), Buffer.alloc(8));
  assert.deepEqual(writeNumber(1), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
});

test("the library uses them", () => {
  const helpers: unknown = createRequire(import.meta.url)("telegram/Helpers.js");
  assert.ok(typeof helpers === "object" && helpers !== null);
  assert.ok("readBigIntFromBuffer" in helpers && helpers.readBigIntFromBuffer === readNumber);
  const { pingId } = new Api.Ping({ pingId: bigInt("-9223372036854775808") });
  assert.equal(pingId.toString(), "-9223372036854775808");
});

test("powers are those of the library, whatever the numbers are like", () => {
  const number = (bytes: number): BigInteger => bigInt(randomBytes(bytes).toString("hex"), 16);
  const odd = (bytes: number): BigInteger =>
    bigInt(2)
      .pow(bytes * 8 - 1)
      .add(number(bytes - 1))
      .or(1);
  const cases: readonly (readonly [BigInteger, BigInteger, BigInteger])[] = [
    [number(256), number(255), odd(256)],
    [number(300), number(255), odd(256)],
    [bigInt(3), odd(256).add(10), odd(256)],
    [number(256), bigInt(65_537), odd(256)],
    [number(30), number(30), number(31).or(1).add(1)],
    [number(8), bigInt(2), bigInt("1724114033281923457")],
    [number(200), number(200), bigInt(2).pow(2000)],
    [bigInt.zero, number(200), odd(256)],
    [bigInt.one, bigInt.zero, odd(256)],
    [number(8), bigInt.zero, bigInt.one],
    [bigInt(-5), number(200), odd(256)],
  ];
  for (const [base, exponent, modulus] of cases)
    assert.equal(
      powerOf(base, exponent, modulus).toString(),
      bitByBit(base, exponent, modulus).toString(),
      [base, exponent, modulus].join(" "),
    );
});

/** What the library does. */
const bitByBit = (base: BigInteger, exponent: BigInteger, modulus: BigInteger): BigInteger => {
  let result = bigInt.one.mod(modulus);
  let square = base.mod(modulus);
  for (let rest = exponent; rest.greater(0); rest = rest.shiftRight(1)) {
    if (rest.isOdd()) result = result.multiply(square).mod(modulus);
    square = square.multiply(square).mod(modulus);
  }
  return result;
};

test("where OpenSSL refuses to reckon, as one that is built for FIPS does, powers are the same", (t) => {
  const refuse = () => {
    throw new Error("error:1C8000A6: invalid key");
  };
  t.mock.method(crypto, "publicEncrypt", refuse);
  syncBuiltinESMExports();
  try {
    const modulus = bigInt(2)
      .pow(2047)
      .add(bigInt(randomBytes(200).toString("hex"), 16))
      .or(1);
    const [base, exponent] = [bigInt(3), modulus.add(10)];
    assert.ok(powerOf(base, exponent, modulus).eq(bitByBit(base, exponent, modulus)));
  } finally {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test("a challenge is taken apart, and one that cannot be is given up", () => {
  const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });
  for (const bits of [2, 3, 8, 16, 24, 31, 31, 31]) {
    const [p, q] = [prime(bits), prime(bits)].toSorted((a, b) => (a < b ? -1 : 1));
    const found = factorsOf(bigInt((p ?? 1n) * (q ?? 1n)));
    assert.deepEqual([found.p.toString(), found.q.toString()], [`${p}`, `${q}`]);
  }
  for (const alone of [0n, 1n, 3n, -15n, prime(63), prime(64) * prime(64), 2n ** 63n])
    assert.throws(() => factorsOf(bigInt(alone)), /no product of two primes/);
});

test("the library asks them", () => {
  const require = createRequire(import.meta.url);
  const helpers: unknown = require("telegram/Helpers.js");
  assert.ok(typeof helpers === "object" && helpers !== null);
  assert.ok("modExp" in helpers && helpers.modExp === powerOf);
  const parts: unknown = require("telegram/crypto/Factorizator.js");
  assert.deepEqual(parts, { Factorizator: { factorize: factorsOf } });
});
