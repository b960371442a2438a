import type { Json } from "./ids.ts";
import { nearest } from "./nearest.ts";
import type { Doc, Parsed, Problem } from "./schema.ts";

export type Path = readonly (string | number)[];

/** One value of a config or an account: how it is checked, and how it is explained. */
export interface Shape<out T> {
  /** Completes "Put …" in a problem. */
  readonly expects: string;
  readonly doc: Omit<Doc, "key">;
  /** `undefined` and `null` mean that the key is absent. */
  read(value: unknown, path: Path): Parsed<T>;
}

export interface Told<T> {
  /** The line above the key in the sample config: what it does, and why one would change it. */
  readonly says: string;
  readonly example?: Json;
  /** Makes the key optional for the person who writes the config. */
  readonly default?: T;
}

/** A problem as a sentence: `server.port is 70000. Put a whole number from 1 up to 65535.` */
export const problemLine = ({ path, says }: Problem): string =>
  `${path.length === 0 ? "It" : pathText(path)} ${says}`;

/** `chats[2].name`; a key that would be ambiguous with the dots is quoted. */
export const pathText = (path: Path): string =>
  path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const name = /^[\w-]{1,64}$/.test(step) ? step : shown(step);
      return index === 0 ? name : `.${name}`;
    })
    .join("");

/** The sentence for a key that nobody knows, with the one that was meant. */
export const unknownKey = (key: string, known: readonly string[]): string => {
  if (isUnsafeKey(key)) return "is a key that is never allowed. Remove it.";
  const meant = nearest(key, known);
  if (meant !== undefined) return `is not a known key. Put ${meant}, or remove it.`;
  return `is not a known key. Put one of ${known.slice(0, 20).join(", ")}, or remove it.`;
};

/** Keys that reach an object's prototype where a value is copied carelessly. */
export const isUnsafeKey = (key: string): boolean =>
  key === "__proto__" || key === "constructor" || key === "prototype";

export const bad = (
  path: Path,
  says: string,
): { readonly ok: false; readonly problems: readonly Problem[] } => ({
  ok: false,
  problems: [{ path, says }],
});

/** What an absent key is read as: its default, or a problem. */
export const absent = <T>(
  fallback: T | undefined,
  value: null | undefined,
  { path, expects }: { readonly path: Path; readonly expects: string },
): Parsed<T> => {
  if (fallback !== undefined) return { ok: true, value: fallback };
  return bad(path, `is ${value === null ? "empty" : "missing"}. Put ${expects}.`);
};

/** All values, or the problems of all. */
export const gather = <T>(parts: readonly Parsed<T>[]): Parsed<readonly T[]> => {
  const problems = parts.flatMap((part) => (part.ok ? [] : part.problems));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: parts.flatMap((part) => (part.ok ? [part.value] : [])) };
};

export const docOf = <T>(from: {
  readonly type: string;
  readonly says: string;
  readonly secret?: boolean;
  readonly options: Told<T>;
}): Omit<Doc, "key"> => {
  const { example, default: fallback } = from.options;
  const display = example ?? fallback;
  return {
    type: from.type,
    says: from.says,
    secret: from.secret ?? false,
    required: fallback === undefined,
    example: isJson(display, 32) ? display : null,
  };
};

/** A shape without parts: `wrong` says what is wrong with a value that is there. */
export const scalar = <T>(from: {
  readonly type: string;
  readonly says: string;
  readonly secret?: boolean;
  readonly expects: string;
  readonly options: Told<T>;
  readonly wrong: (value: unknown) => string | undefined;
}): Shape<T> => ({
  expects: from.expects,
  doc: docOf(from),
  read: (value, path) => {
    if (value === undefined || value === null)
      return absent(from.options.default, value, { path, expects: from.expects });
    const problem = from.wrong(value);
    return problem === undefined ? { ok: true, value: value as T } : bad(path, problem);
  },
});

/** A value inside a sentence: short, on one line, quotes around text; never called for a secret. */
export const shown = (value: unknown): string => {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return kindOf(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
};

export const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "true or false" : "a number";
};

export const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Whether a value survives JSON unchanged, has no unsafe key, and is not nested deeper than `depth`. */
export const isJson = (value: unknown, depth: number): value is Json => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth - 1));
  if (!isPlain(value)) return false;
  return Object.entries(value).every(([key, item]) => !isUnsafeKey(key) && isJson(item, depth - 1));
};

/** C0, DEL, C1 and the two Unicode line separators: what could end a line of a wire protocol or a log. */
export const hasControls = (value: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(value);
