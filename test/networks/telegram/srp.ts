import { pbkdf2Sync, randomBytes } from "node:crypto";
import { fromBytes, powmod, sha256, toBytes, xor } from "./mtproto/bytes.ts";
import { GENERATOR, PRIME, PRIME_BYTES } from "./mtproto/prime.ts";
import { Api, long } from "./tl.ts";
import type { Long } from "./tl.ts";

const GENERATOR_BYTES = toBytes(GENERATOR, 256);
const MULTIPLIER = fromBytes(sha256(PRIME_BYTES, GENERATOR_BYTES));

/** The server's memory between `account.getPassword` and `auth.checkPassword`. */
export interface SrpChallenge {
  readonly id: Long;
  readonly algorithm: Api.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow;
  readonly publicValue: Buffer;
  proves(answer: Api.InputCheckPasswordSRP): boolean;
}

/** Salts for a password that is yet to be set. */
export function passwordAlgorithm(): SrpChallenge["algorithm"] {
  return new Api.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow({
    salt1: randomBytes(8),
    salt2: randomBytes(16),
    g: Number(GENERATOR),
    p: PRIME_BYTES,
  });
}

/** The server's half of the password check (core.telegram.org/api/srp). */
export function challenge(password: string): SrpChallenge {
  const algorithm = passwordAlgorithm();
  const { salt1, salt2 } = algorithm;
  const verifier = powmod(GENERATOR, passwordNumber(password, salt1, salt2), PRIME);
  const secret = fromBytes(randomBytes(32));
  const publicNumber = (MULTIPLIER * verifier + powmod(GENERATOR, secret, PRIME)) % PRIME;
  const publicValue = toBytes(publicNumber, 256);
  return {
    id: long(fromBytes(randomBytes(8))),
    algorithm,
    publicValue,
    proves({ A, M1 }) {
      const theirs = toBytes(fromBytes(A), 256);
      const mix = fromBytes(sha256(theirs, publicValue));
      const shared = powmod(fromBytes(A) * powmod(verifier, mix, PRIME), secret, PRIME);
      const groupHash = xor(sha256(PRIME_BYTES), sha256(GENERATOR_BYTES));
      const key = sha256(toBytes(shared, 256));
      const proof = sha256(groupHash, sha256(salt1), sha256(salt2), theirs, publicValue, key);
      return proof.equals(M1);
    },
  };
}

function passwordNumber(password: string, salt1: Buffer, salt2: Buffer): bigint {
  const salted = (data: Buffer, salt: Buffer): Buffer => sha256(salt, data, salt);
  const first = salted(salted(Buffer.from(password), salt1), salt2);
  return fromBytes(salted(pbkdf2Sync(first, salt1, 100_000, 64, "sha512"), salt2));
}
