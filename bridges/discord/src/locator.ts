import type { Json } from "@bridgebox/core/adapter";
import { isSnowflake } from "./ids.ts";

/**
 * Where bytes are: of an attachment (its link ends after a day, and is read anew from its message),
 * of a custom emoji or a sticker, or a picture of a person or server.
 */
export type Locator =
  | { readonly kind: "attachment"; readonly id: string; readonly url: string }
  | { readonly kind: "emoji"; readonly id: string; readonly animated: boolean }
  | { readonly kind: "file"; readonly path: string };

const read = (locator: Json): Readonly<Record<string, Json>> | undefined =>
  typeof locator === "object" && locator !== null && !Array.isArray(locator)
    ? (locator as Readonly<Record<string, Json>>)
    : undefined;

/** The locator as this adapter made it; `undefined` for anything else. */
export const locatorIn = (locator: Json): Locator | undefined => {
  const found = read(locator);
  if (found === undefined) return undefined;
  const { kind, id, url, animated, path } = found;
  if (kind === "file") return typeof path === "string" ? { kind, path } : undefined;
  if (typeof id !== "string" || !isSnowflake(id)) return undefined;
  if (kind === "emoji") return { kind, id, animated: animated === true };
  if (kind === "attachment" && typeof url === "string") return { kind, id, url };
  return undefined;
};

/** The custom emoji that a picture is, where it is one of Discord's. */
export const emojiIn = (
  locator: Json,
): { readonly id: string; readonly animated: boolean } | undefined => {
  const found = locatorIn(locator);
  return found?.kind === "emoji" ? { id: found.id, animated: found.animated } : undefined;
};
