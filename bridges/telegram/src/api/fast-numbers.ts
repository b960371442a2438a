import { createRequire } from "node:module";
import bigInt from "big-integer";
import type { BigInteger } from "big-integer";
import { powerOf } from "./handshake-numbers.ts";

/**
 * The library turns each number of 64 bits and more into bytes and back by text in base 2 and 16 and
 * by arithmetic on every byte: a third of what a message costs. These do the same in one step. Comes
 * before the library's own files, which take theirs once.
 */
export const readNumber = (bytes: Buffer, little = true, signed = false): BigInteger => {
  if (bytes.length === 0) return bigInt.zero;
  const big = little ? Buffer.from(bytes.toReversed()) : bytes;
  const value = BigInt(`0x${big.toString("hex")}`);
  return bigInt(signed ? BigInt.asIntN(bytes.length * 8, value) : value);
};

/** Little-endian two's complement, cut to so many bytes: a multiple of eight. What is left out is 0. */
export const writeNumber = (
  number: BigInteger | bigint | number | string | undefined,
  length = 8,
): Buffer => {
  const value = BigInt((number ?? 0).toString());
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 8) {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value >> BigInt(at * 8)), at);
  }
  return bytes;
};

const helpers: unknown = createRequire(import.meta.url)("telegram/Helpers.js");
if (typeof helpers === "object" && helpers !== null) {
  Object.assign(helpers, {
    readBigIntFromBuffer: readNumber,
    toSignedLittleBuffer: writeNumber,
    modExp: powerOf,
  });
}
