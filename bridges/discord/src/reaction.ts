import type { Reaction } from "@bridgebox/core/adapter";
import { userOf } from "./ids.ts";

/** A reaction as the core has it: a custom emoji by its name and its picture. */
export const reactionOf = (
  user: string,
  emoji: { readonly id: string | null; readonly name: string | null; readonly animated?: boolean },
  on: boolean,
): Reaction => {
  const name = emoji.name ?? "emoji";
  if (emoji.id === null) return { user: userOf(user), emoji: name, on };
  const locator = { kind: "emoji", id: emoji.id, animated: emoji.animated === true } as const;
  return { user: userOf(user), emoji: `:${name}:`, custom: { locator, name }, on };
};
