import {
  createHash,
  createHmac,
  pbkdf2 as withCallback,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import type { Answer, Mechanism } from "./mechanism.ts";

/** SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677): the password stays here, and the server has to know it too. */

const pbkdf2 = promisify(withCallback);

/** RFC 7677, 4, asks for 4,096 rounds at least; more than a million is work that a server makes us do. */
const rounds = { fewest: 4096, most: 1_000_000 } as const;

const serverFirst = /^r=([!-+\--~]{1,512}),s=([A-Za-z0-9+/]{2,1024}={0,2}),i=(\d{1,20})(?:,.*)?$/;
const serverFinal = /^(?:v=([A-Za-z0-9+/]{2,100}={0,2})|e=[^,]{1,200})(?:,.*)?$/;

const hash = (data: Uint8Array): Buffer => createHash("sha256").update(data).digest();
const mac = (key: Uint8Array, data: string): Buffer =>
  createHmac("sha256", key).update(data).digest();
const xor = (one: Uint8Array, other: Uint8Array): Buffer =>
  Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)));

/** A comma and a sign of equality would end the name (RFC 5802, 5.1). */
const escaped = (name: string): string => name.replaceAll("=", "=3D").replaceAll(",", "=2C");

/** No channel binding, no other identity; what is sent of it again is its base64. */
const header = "n,,";
const binding = Buffer.from(header).toString("base64");

interface Proof {
  readonly final: string;
  /** What the server has to answer. */
  readonly signature: Buffer;
}

async function prove(
  password: string,
  said: { readonly bare: string; readonly theirs: string },
  asked: { readonly nonce: string; readonly salt: string; readonly count: number },
): Promise<Proof> {
  const salt = Buffer.from(asked.salt, "base64");
  const salted = await pbkdf2(password, salt, asked.count, 32, "sha256");
  const clientKey = mac(salted, "Client Key");
  const unproved = `c=${binding},r=${asked.nonce}`;
  const all = `${said.bare},${said.theirs},${unproved}`;
  const proof = xor(clientKey, mac(hash(clientKey), all)).toString("base64");
  return { final: `${unproved},p=${proof}`, signature: mac(mac(salted, "Server Key"), all) };
}

const freshNonce = (): string => randomBytes(24).toString("base64");

/** `account` and `password` as SASLprep makes them. One talk is for one login. */
export function scram(account: string, password: string, nonce = freshNonce()): Mechanism {
  const bare = `n=${escaped(account)},r=${nonce}`;
  let step: "begin" | "prove" | "busy" | "verify" | "over" = "begin";
  let signature: Buffer | undefined;
  let settled = false;

  const first = async (theirs: string): Promise<Answer> => {
    const [, whole, salt, count] = serverFirst.exec(theirs) ?? [];
    if (whole === undefined || salt === undefined) return { refuse: "unintelligible" };
    if (!whole.startsWith(nonce) || whole === nonce) return { refuse: "unproven" };
    const asked = { nonce: whole, salt, count: Number(count) };
    if (asked.count < rounds.fewest || asked.count > rounds.most) return { refuse: "rounds" };
    const proof = await prove(password, { bare, theirs }, asked);
    signature = proof.signature;
    step = "verify";
    return { say: Buffer.from(proof.final) };
  };

  const last = (theirs: string): Answer => {
    const found = serverFinal.exec(theirs);
    if (found === null) return { refuse: "unintelligible" };
    if (found[1] === undefined) return { refuse: "fail" };
    const given = Buffer.from(found[1], "base64");
    const right = signature?.length === given.length && timingSafeEqual(signature, given);
    if (!right) return { refuse: "unproven" };
    settled = true;
    return { say: Buffer.alloc(0) };
  };

  return {
    name: "SCRAM-SHA-256",
    get settled() {
      return settled;
    },
    answer: (challenge) => {
      const theirs = challenge.toString();
      const now = step;
      step = "over";
      if (now === "begin") {
        step = "prove";
        return theirs === "" ? { say: Buffer.from(header + bare) } : { refuse: "unintelligible" };
      }
      if (now === "prove") {
        step = "busy";
        return first(theirs);
      }
      return now === "verify" ? last(theirs) : { refuse: "unintelligible" };
    },
  };
}
