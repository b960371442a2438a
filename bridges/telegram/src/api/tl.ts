import "./fast-numbers.ts";
import bigInt from "big-integer";
import type { BigInteger } from "big-integer";

/** The generated TL classes of the client library: the one place that they come in by. */
export { Api } from "telegram/tl/index.js";
export { LAYER } from "telegram/tl/AllTLObjects.js";

/** A TL `long`, as the library wants it. */
export type Long = BigInteger;

/** A request, by what it is answered with. */
export interface Rpc<R> {
  readonly className: string;
  readonly __response: R;
}

/** A decimal id as a TL `long`. */
export const long = (text: string | number | bigint): Long => bigInt(String(text));

/** A TL `long` as the decimal text that everything outside this folder uses. */
export const decimal = (value: Long): string => value.toString();

/** The fields that are set: the library takes an absent flag for unset, and `null` for a value. */
export const given = <T extends Record<string, unknown>>(
  fields: T,
): { [K in keyof T]: Exclude<T[K], undefined> } => {
  const set: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) set[name] = value;
  }
  return set as { [K in keyof T]: Exclude<T[K], undefined> };
};

/**
 * The library decodes an absent field as `null`, which its types and everything here call
 * `undefined`: every object that comes in passes through this once.
 */
export const withoutNulls = <T>(value: T): T => {
  if (Array.isArray(value)) {
    for (const each of value) withoutNulls<unknown>(each);
    return value;
  }
  if (typeof value !== "object" || value === null || !("CONSTRUCTOR_ID" in value)) return value;
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (name.startsWith("_") || name === "originalArgs") continue;
    const field = fields[name];
    if (field === null) fields[name] = undefined;
    else if (typeof field === "object") withoutNulls(field);
  }
  return value;
};
