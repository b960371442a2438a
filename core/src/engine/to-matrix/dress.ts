import type { JsonObject } from "../../matrix/types.ts";

/** What stands around the content of an event, which its edit has to keep. */
export interface Dress {
  /** Words of what it answers, which is not in the room. */
  readonly quoted: boolean;
  /** The name of whoever says this one message. */
  readonly profile: boolean;
}

/** The hash of a content as its row keeps it, with what stands around it. */
export const dressed = (hash: string, { quoted, profile }: Dress): string =>
  `${quoted ? "q" : ""}${profile ? "p" : ""}${quoted || profile ? ":" : ""}${hash}`;

/** What stands around the content that a row keeps the hash of. */
export const dressOf = (kept: string | undefined): Dress => {
  const [, marks = ""] = /^([qp]{1,2}):/.exec(kept ?? "") ?? [];
  return { quoted: marks.includes("q"), profile: marks.includes("p") };
};

/** The hash alone. */
export const undressed = (kept: string): string => kept.replace(/^[qp]{1,2}:/, "");

/** The name that an event shows as its sender's, as `asProfile` wrote it. */
export const nameIn = (content: JsonObject): string | undefined => {
  const profile = content["com.beeper.per_message_profile"];
  if (profile === null || typeof profile !== "object" || Array.isArray(profile)) return undefined;
  const name = "displayname" in profile ? profile["displayname"] : undefined;
  return typeof name === "string" ? name : undefined;
};
