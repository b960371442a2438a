import { createHash } from "node:crypto";

/** Big-endian bytes as an unsigned number. */
export function fromBytes(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString("hex")}`);
}

/** An unsigned number as big-endian bytes, padded on the left to `length`. */
export function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex");
}

/** A number as little-endian two's complement bytes. */
export function toLittleEndian(value: bigint, length: number): Buffer {
  return backwards(toBytes(BigInt.asUintN(length * 8, value), length));
}

/** Little-endian bytes as an unsigned number. */
export function fromLittleEndian(bytes: Buffer): bigint {
  return fromBytes(backwards(bytes));
}

/** A signed 32-bit little-endian integer. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** An unsigned 32-bit little-endian integer: how a TL constructor id is written. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** SHA-1 over the parts, one after the other. */
export function sha1(...parts: Buffer[]): Buffer {
  return createHash("sha1").update(Buffer.concat(parts)).digest();
}

/** SHA-256 over the parts, one after the other. */
export function sha256(...parts: Buffer[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}

/** `base ** exponent % modulus` for numbers of handshake size. */
export function powmod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** Byte-wise exclusive or of two buffers of one length. */
export function xor(left: Buffer, right: Buffer): Buffer {
  const result = Buffer.allocUnsafe(left.length);
  for (let i = 0; i < left.length; i++) result[i] = (left[i] ?? 0) ^ (right[i] ?? 0);
  return result;
}

/** The bytes in the opposite order. */
export function backwards(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toReversed());
}
