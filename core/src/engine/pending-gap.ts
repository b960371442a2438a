import type { GapEvent, Json } from "../adapter/index.ts";
import type { Portal, Repositories } from "../store/types.ts";

const scope = "gap";

const numberIn = (value: Json | undefined, name: string): number | undefined => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const found: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
  return typeof found === "number" ? found : undefined;
};

/**
 * Remembers that something may be missing, in the caller's commit. It is said when somebody next
 * speaks there: a quiet room is left alone however often the box restarts, and several gaps in a
 * row are one.
 */
export const noteGap = async (tx: Repositories, portal: Portal, event: GapEvent): Promise<void> => {
  const key = String(portal.id);
  const before = await tx.keys.get(scope, key);
  const since = before === undefined ? event.since : numberIn(before, "since");
  await tx.keys.set(scope, key, { at: event.at, ...(since === undefined ? {} : { since }) }, false);
};

/** In the commit that ends that portal. */
export const forgetGap = (tx: Repositories, portal: Portal): Promise<void> =>
  tx.keys.set(scope, String(portal.id), null, false);

/** The gap that is to be shown before what was just said, if there is one; it is forgotten. */
export const takeGap = async (tx: Repositories, portal: Portal): Promise<GapEvent | undefined> => {
  const key = String(portal.id);
  const stored = await tx.keys.get(scope, key);
  const at = numberIn(stored, "at");
  if (at === undefined) return undefined;
  await tx.keys.set(scope, key, null, false);
  const since = numberIn(stored, "since");
  return {
    kind: "gap",
    chat: portal.chat,
    at,
    healable: false,
    ...(since === undefined ? {} : { since }),
  };
};
