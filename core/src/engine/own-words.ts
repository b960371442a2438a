import { createHash } from "node:crypto";
import type { Part } from "../adapter/index.ts";
import { toPlain } from "../richtext/index.ts";

/**
 * What we sent, as far as it can be told again from what a network says of it: the words without
 * their marks and spaces.
 */
export const wordsHash = (plain: string): string =>
  createHash("sha256").update(plain.replaceAll(/\s+/g, " ").trim()).digest("base64url");

/** The words of a part; what has none is called by its kind. */
export const wordsIn = (part: Part): string => {
  if (part.kind === "text") return toPlain(part.text);
  return part.kind === "media" ? toPlain(part.caption ?? []) : part.kind;
};
