import { randomInt, timingSafeEqual } from "node:crypto";
import type { Millis } from "../../adapter/index.ts";
import type { LinkOffer } from "../../store/types.ts";
import type { Box } from "../box.ts";
import { talkLane } from "../control.ts";

/** How long a code is taken, and as long again the word that answers it. */
export const codeLife: Millis = 10 * 60_000;
/** Wrong words for one code; after that it is void. */
export const mostTries = 5;

/** Without letters and digits that are taken for each other. */
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const half = 5;
const wordLength = 6;

/** A one-time code: the first half finds it, the second half proves that its sender was given it. */
export interface Code {
  readonly selector: string;
  readonly verifier: string;
}

const letters = (length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

/** 25 random bits to find it by, and 25 that are compared. */
export const newCode = (): Code => ({ selector: letters(half), verifier: letters(half) });

/** As a person reads it. */
export const codeText = ({ selector, verifier }: Code): string => `${selector}-${verifier}`;

/** The code in what a person typed, alone or after `link`. */
export const codeIn = (text: string): Code | undefined => {
  const typed = /^(?:link\s+)?([a-z2-9]{5})-([a-z2-9]{5})$/i.exec(text.trim());
  const [, selector, verifier] = typed ?? [];
  if (selector === undefined || verifier === undefined) return undefined;
  return { selector: selector.toUpperCase(), verifier: verifier.toUpperCase() };
};

type Whose = Pick<LinkOffer, "network" | "mxid" | "selector">;

/** What is stored of a code: a keyed hash, good for that person and network only. */
export const proofOf = (box: Box, whose: Whose, verifier: string): string =>
  keyed(box, whose, ["code", verifier]);

/**
 * The word that goes back the other way: known to whoever sent the code alone. It is the same each time
 * that it is asked for, so that a message that comes twice voids nothing.
 */
export const wordOf = (box: Box, whose: Whose, account: string): string =>
  Array.from(
    Buffer.from(keyed(box, whose, ["word", account]), "base64url").subarray(0, wordLength),
    (byte) => alphabet[byte % alphabet.length],
  ).join("");

const keyed = (box: Box, { network, mxid, selector }: Whose, what: readonly string[]): string =>
  box.keyOf(
    talkLane(mxid).portal,
    JSON.stringify(["link", network, mxid, selector]),
    JSON.stringify(what),
  );

/** Takes as long, whatever is different. */
export const isSame = (one: string, other: string): boolean => {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** Whether an offer is still to be had. */
export const isOpen = ({ until, tries }: LinkOffer, now: Millis): boolean =>
  until > now && tries < mostTries;
