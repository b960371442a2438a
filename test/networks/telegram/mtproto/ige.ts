import { createCipheriv, createDecipheriv } from "node:crypto";
import { xor } from "./bytes.ts";

const BLOCK = 16;

/** A 256-bit AES key and the 32-byte start vector of infinite garble extension mode. */
export interface IgeKey {
  readonly key: Buffer;
  readonly iv: Buffer;
}

/** AES-256 in IGE mode, which OpenSSL lacks: every block is mixed with both neighbours. */
export function igeEncrypt({ key, iv }: IgeKey, data: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return chain(iv.subarray(0, BLOCK), iv.subarray(BLOCK), data, (block) => cipher.update(block));
}

/** The inverse of `igeEncrypt`; the length must be a multiple of 16. */
export function igeDecrypt({ key, iv }: IgeKey, data: Buffer): Buffer {
  const cipher = createDecipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return chain(iv.subarray(BLOCK), iv.subarray(0, BLOCK), data, (block) => cipher.update(block));
}

function chain(
  firstMask: Buffer,
  secondMask: Buffer,
  data: Buffer,
  crypt: (block: Buffer) => Buffer,
): Buffer {
  if (data.length % BLOCK !== 0) throw new Error("the encrypted length is no multiple of 16");
  const result = Buffer.alloc(data.length);
  let before = firstMask;
  let after = secondMask;
  for (let at = 0; at < data.length; at += BLOCK) {
    const input = data.subarray(at, at + BLOCK);
    const output = xor(crypt(xor(input, before)), after);
    output.copy(result, at);
    before = output;
    after = input;
  }
  return result;
}
