import { createHash } from "node:crypto";
import bigInt from "big-integer";
import { _serverKeys as serverKeys } from "telegram/crypto/RSA.js";
import { serializeBytes } from "telegram/tl/index.js";
import { parseServerKey } from "./server-key.ts";

const number = (base64url: string): Buffer => Buffer.from(base64url, "base64url");

/**
 * Lets the library shake hands with a server that has this RSA key, beside
 * Telegram's own. The fingerprint is core.telegram.org/mtproto/auth_key's: the low 64 bits of the SHA-1.
 */
export const trustServerKey = (pem: string): void => {
  const { n, e } = parseServerKey(pem)?.export({ format: "jwk" }) ?? {};
  if (n === undefined || e === undefined) throw new Error("The server key is not an RSA key.");
  const serialized = Buffer.concat([serializeBytes(number(n)), serializeBytes(number(e))]);
  const fingerprint = createHash("sha1").update(serialized).digest().readBigInt64LE(12);
  serverKeys.set(fingerprint.toString(), {
    n: bigInt(number(n).toString("hex"), 16),
    e: Number.parseInt(number(e).toString("hex"), 16),
  });
};
