import { badJson } from "./errors.ts";

/** A JSON object from outside: every value in it is unknown until it was looked at. */
export type Json = Record<string, unknown>;

/** Tells an object from arrays, null and plain values. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The string under a key; undefined when absent, M_BAD_JSON when it is something else. */
export function optionalText(source: Json, key: string): string | undefined {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw badJson(`${key} must be a string`);
  return value;
}

/** The string under a key, or M_MISSING_PARAM as Synapse words it. */
export function requiredText(source: Json, key: string): string {
  const value = optionalText(source, key);
  if (value === undefined) throw badJson(`Missing params: ['${key}']`, "M_MISSING_PARAM");
  return value;
}

/** The object under a key, or an empty one when absent. */
export function objectAt(source: Json, key: string): Json {
  const value = source[key];
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw badJson(`${key} must be an object`);
  return value;
}

/** The list under a key, or an empty one when absent. */
export function listAt(source: Json, key: string): unknown[] {
  const value = source[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badJson(`${key} must be a list`);
  return value;
}

/** The strings of a list under a key; undefined when there is no list, so filters can tell "all". */
export function textsAt(source: Json, key: string): string[] | undefined {
  if (source[key] === undefined) return undefined;
  return listAt(source, key).filter((item) => typeof item === "string");
}

/** The integer under a key as power levels and limits need it, or the fallback. */
export function integerAt(source: Json, key: string, fallback: number): number {
  const value = source[key];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : fallback;
}

/** Refuses what canonical JSON has no form for: fractions and integers beyond 2^53 (spec, appendix 3.1). */
export function assertCanonical(value: unknown): void {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value))
      throw badJson("Bad JSON value: float or integer out of range");
  } else if (Array.isArray(value)) {
    for (const item of value) assertCanonical(item);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) assertCanonical(value[key]);
  }
}

/** Deep equality of JSON values whatever the order of keys: what makes two state events "identical". */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, at) => sameJson(item, right[at]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => key in right && sameJson(left[key], right[key]));
}
