import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import type { SaslStep } from "../sasl-talk.ts";
import type { Settings } from "../settings.ts";

/** The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding. Bytes are latin1. */

const hash = (data: Buffer): Buffer => createHash("sha256").update(data).digest();
const mac = (key: Buffer, data: string): Buffer =>
  createHmac("sha256", key).update(data, "latin1").digest();
const xor = (one: Buffer, other: Buffer): Buffer =>
  Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)));

const clientFirst = /^(n,(?:a=([^,]*))?,)(n=([^,]+),r=([!-+\--~]+))$/;
const clientFinal = /^(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)),p=([A-Za-z0-9+/=]+)$/;

const unescaped = (name: string): string => name.replaceAll("=2C", ",").replaceAll("=3D", "=");

/** What the account's password becomes; both sides know the first key, only the client the password. */
const keysOf = (password: string, salt: Buffer, iterations: number) => {
  const salted = pbkdf2Sync(Buffer.from(password, "latin1"), salt, iterations, 32, "sha256");
  const clientKey = mac(salted, "Client Key");
  return { stored: hash(clientKey), server: mac(salted, "Server Key") };
};

export const scram =
  (settings: Settings) =>
  (first: string): SaslStep => {
    const [, header = "", identity = "", bare = "", name = "", nonce = ""] =
      clientFirst.exec(first) ?? [];
    const account = unescaped(name);
    const password = settings.accounts.get(account);
    const { iterations = 4096, lie, without = [] } = settings.scram;
    if (password === undefined || without.includes(account)) return "refused";
    if (identity !== "" && unescaped(identity) !== account) return "refused";
    if (lie === "silence") return { account };
    const salt = randomBytes(16);
    const whole = `${lie === "nonce" ? "" : nonce}${randomBytes(18).toString("base64")}`;
    const serverFirst = `r=${whole},s=${salt.toString("base64")},i=${iterations}`;
    const proved = (final: string): SaslStep => {
      const [, unproved = "", binding = "", echoed = "", proof = ""] =
        clientFinal.exec(final) ?? [];
      const bound = Buffer.from(binding, "base64").toString("latin1") === header;
      if (!bound || echoed !== whole) return "refused";
      const keys = keysOf(password, salt, iterations);
      const said = `${bare},${serverFirst},${unproved}`;
      const clientKey = xor(Buffer.from(proof, "base64"), mac(keys.stored, said));
      if (!timingSafeEqual(hash(clientKey), keys.stored)) return "refused";
      if (lie === "shortcut") return { account };
      const signature = lie === "signature" ? randomBytes(32) : mac(keys.server, said);
      const next = (answer: string): SaslStep => (answer === "" ? { account } : "refused");
      return { say: `v=${signature.toString("base64")}`, next };
    };
    return { say: serverFirst, next: proved };
  };
