import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { createRequire } from "node:module";
import bigInt from "big-integer";
import type { BigInteger } from "big-integer";

/**
 * What a login reckons with Telegram (core.telegram.org/mtproto/auth_key, core.telegram.org/api/srp). The
 * library does it bit by bit, in which time the whole process does nothing else: a tenth of a second for each power,
 * and as long to take a number apart, or for ever where somebody on the way gives it one that has no two parts.
 */
export const powerOf = (base: BigInteger, exponent: BigInteger, modulus: BigInteger): BigInteger =>
  bigInt(power(BigInt(base.toString()), BigInt(exponent.toString()), BigInt(modulus.toString())));

const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  const reduced = base % modulus;
  if (exponent < 2n ** 64n || reduced < 0n || !isTaken(modulus))
    return stepwise(reduced, exponent, modulus);
  if (exponent < modulus)
    return native(reduced, exponent, modulus) ?? stepwise(reduced, exponent, modulus);
  const half = power(reduced, exponent / 2n, modulus);
  return (half * half * (exponent % 2n === 0n ? 1n : reduced)) % modulus;
};

/** OpenSSL reckons with odd numbers of that many bits, and with exponents below them. */
const isTaken = (modulus: bigint): boolean =>
  modulus % 2n === 1n && modulus > 2n ** 1023n && modulus < 2n ** 3072n;

const bitsAtOnce = 4;

const stepwise = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  const powers = [1n % modulus];
  for (let at = 1; at < 2 ** bitsAtOnce; at += 1)
    powers.push(((powers[at - 1] ?? 0n) * base) % modulus);
  let result = 1n % modulus;
  for (const digit of exponent.toString(2 ** bitsAtOnce)) {
    for (let bit = 0; bit < bitsAtOnce; bit += 1) result = (result * result) % modulus;
    const next = Number.parseInt(digit, 2 ** bitsAtOnce);
    if (next > 0) result = (result * (powers[next] ?? 0n)) % modulus;
  }
  return result;
};

const bytesOf = (number: bigint, length = 0): Buffer => {
  const digits = number.toString(16);
  return Buffer.from(
    digits.padStart(Math.max(length * 2, digits.length + (digits.length % 2)), "0"),
    "hex",
  );
};

/**
 * RSA without padding is that power and nothing else, and OpenSSL takes a fifteenth of the time for it. Nothing
 * where it refuses such a key, as one that is built for FIPS does: a login is not to fail by that.
 */
const native = (base: bigint, exponent: bigint, modulus: bigint): bigint | undefined => {
  const n = bytesOf(modulus);
  const jwk = {
    kty: "RSA",
    n: n.toString("base64url"),
    e: bytesOf(exponent).toString("base64url"),
  };
  const padding = constants.RSA_NO_PADDING;
  let bytes: Buffer;
  try {
    const key = createPublicKey({ key: jwk, format: "jwk" });
    bytes = publicEncrypt({ key, padding }, bytesOf(base, n.length));
  } catch {
    return undefined;
  }
  return BigInt(`0x${bytes.toString("hex")}`);
};

/** Telegram's are below that (core.telegram.org/mtproto/auth_key, "pq"). */
const largestProduct = 2n ** 63n;
/** Twenty times as many as the largest product takes on average. */
const mostSteps = 2 ** 20;

/**
 * The two factors of Telegram's challenge, the smaller one first: Pollard's rho with Brent's steps.
 * @throws Error where it has none within the time that such a number takes.
 */
export const factorsOf = (
  product: BigInteger,
): { readonly p: BigInteger; readonly q: BigInteger } => {
  const n = BigInt(product.toString());
  if (n > 3n && n < largestProduct)
    for (let start = 1n, steps = { left: mostSteps }; steps.left > 0; start += 1n) {
      const found = n % 2n === 0n ? 2n : cycleIn(n, start, steps);
      if (found === undefined) continue;
      const [p = found, q = found] = [found, n / found].toSorted((a, b) => (a < b ? -1 : 1));
      return { p: bigInt(p), q: bigInt(q) };
    }
  throw new Error("Telegram's challenge is no product of two primes.");
};

const together = 128;

const cycleIn = (n: bigint, start: bigint, steps: { left: number }): bigint | undefined => {
  const next = (x: bigint): bigint => (x * x + start) % n;
  let y = 2n;
  for (let round = 1; steps.left > 0; round *= 2) {
    const x = y;
    for (let step = 0; step < round; step += 1) y = next(y);
    for (let done = 0; done < round; done += together) {
      const before = y;
      const many = Math.min(together, round - done);
      let gathered = 1n;
      for (let step = 0; step < many; step += 1) {
        y = next(y);
        gathered = (gathered * (x > y ? x - y : y - x)) % n;
      }
      steps.left -= many;
      const common = commonOf(gathered, n);
      if (common === n) return apart({ x, y: before, many }, n, next);
      if (common > 1n) return common;
    }
    steps.left -= round;
  }
  return undefined;
};

/** Both factors came within these steps: one by one, the first of them is alone. */
const apart = (
  { x, y, many }: { readonly x: bigint; readonly y: bigint; readonly many: number },
  n: bigint,
  next: (x: bigint) => bigint,
): bigint | undefined => {
  let at = y;
  for (let step = 0; step < many; step += 1) {
    at = next(at);
    const common = commonOf(x > at ? x - at : at - x, n);
    if (common > 1n) return common === n ? undefined : common;
  }
  return undefined;
};

const commonOf = (a: bigint, b: bigint): bigint => {
  let [larger, smaller] = [b, a];
  while (smaller > 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
};

const own: unknown = createRequire(import.meta.url)("telegram/crypto/Factorizator.js");
if (typeof own === "object" && own !== null && "Factorizator" in own)
  Object.assign(own, { Factorizator: { factorize: factorsOf } });
