import { createCipheriv, createDecipheriv } from "node:crypto";
import { IGE } from "telegram/crypto/IGE.js";
import { xor } from "./bytes.ts";

const BLOCK = 16;
/** Above this the client library's decryption takes over, which is four times as fast. */
const LARGE = 65_536;

/** A 256-bit AES key and the 32-byte start vector of infinite garble extension mode. */
export interface IgeKey {
  readonly key: Buffer;
  readonly iv: Buffer;
}

/**
 * AES-256 in IGE mode, which OpenSSL lacks. C[i] ^ P[i-1] is what CBC makes of P[i] ^ P[i-2], so CBC
 * does it in one go.
 */
export function igeEncrypt({ key, iv }: IgeKey, data: Buffer): Buffer {
  mustBeBlocks(data);
  const shifted = Buffer.concat([iv.subarray(BLOCK), data]).subarray(0, data.length);
  const twice = Buffer.concat([Buffer.alloc(BLOCK), shifted]).subarray(0, data.length);
  const cipher = createCipheriv("aes-256-cbc", key, iv.subarray(0, BLOCK)).setAutoPadding(false);
  return xor(cipher.update(xor(data, twice)), shifted);
}

/** The inverse of `igeEncrypt`; the length must be a multiple of 16. */
export function igeDecrypt({ key, iv }: IgeKey, data: Buffer): Buffer {
  mustBeBlocks(data);
  if (data.length > LARGE) return new IGE(key, iv).decryptIge(data);
  const decipher = createDecipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  const result = Buffer.alloc(data.length);
  let before = iv.subarray(BLOCK);
  let after = iv.subarray(0, BLOCK);
  for (let at = 0; at < data.length; at += BLOCK) {
    const input = data.subarray(at, at + BLOCK);
    const output = xor(decipher.update(xor(input, before)), after);
    output.copy(result, at);
    before = output;
    after = input;
  }
  return result;
}

function mustBeBlocks(data: Buffer): void {
  if (data.length % BLOCK !== 0) throw new Error("the encrypted length is no multiple of 16");
}
