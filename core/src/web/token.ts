import { createHash, timingSafeEqual } from "node:crypto";

/** `missing`: no Bearer token in the Authorization header, wherever else one may be. */
export type TokenVerdict = "ok" | "missing" | "wrong";

/** Compares in constant time, whatever the lengths. Tokens in the query are nobody's: logs have them. */
export const tokenCheck = (
  secret: string,
): ((authorization: string | undefined) => TokenVerdict) => {
  const expected = digest(secret);
  return (authorization) => {
    const [, given] = /^Bearer ([^\s]+)$/i.exec(authorization ?? "") ?? [];
    if (given === undefined) return "missing";
    return timingSafeEqual(digest(given), expected) ? "ok" : "wrong";
  };
};

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
