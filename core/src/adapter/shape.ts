import type { Json } from "./ids.ts";
import { nearest } from "./nearest.ts";
import type { Problem, Schema, Parsed } from "./schema.ts";
import {
  absent,
  bad,
  docOf,
  gather,
  hasControls,
  isJson,
  isPlain,
  isUnsafeKey,
  kindOf,
  scalar,
  shown,
  unknownKey,
} from "./shape-parts.ts";
import type { Shape, Told } from "./shape-parts.ts";

/** What `optional` makes: the key may be absent from the parsed object. */
export interface OptionalShape<out T> extends Shape<T | undefined> {
  readonly optional: true;
  readonly of: Shape<T>;
}

/** The static type that a shape parses to. */
export type Shaped<S> = S extends OptionalShape<infer T> ? T : S extends Shape<infer T> ? T : never;

export type Fields = Readonly<Record<string, Shape<unknown>>>;

type Flat<T> = { readonly [K in keyof T]: T[K] };
export type ObjectOf<F extends Fields> = Flat<
  { [K in keyof F as F[K] extends OptionalShape<unknown> ? never : K]: Shaped<F[K]> } & {
    [K in keyof F as F[K] extends OptionalShape<unknown> ? K : never]?: Shaped<F[K]>;
  }
>;

export interface TextOptions extends Told<string> {
  /** Never shown: not in a problem, not in a log, not in the redacted config. */
  readonly secret?: boolean;
  /** The whole value must match. */
  readonly pattern?: RegExp;
  /** Completes "Put …", e.g. `a host name`. */
  readonly expects?: string;
  /** Leaving the example in place is a problem. */
  readonly placeholder?: boolean;
  /** Characters, 1,000 if not given. */
  readonly max?: number;
}

/** One line of text that is not empty. Control characters are refused, so no value can end a line. */
export const text = (options: TextOptions): Shape<string> => {
  const { says, example, pattern, secret = false, placeholder = false, max = 1000 } = options;
  const such = example === undefined || placeholder ? "" : `, such as ${shown(example)}`;
  const expects = `${options.expects ?? "text"}${such}`;
  const whole =
    pattern && new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ""));
  const wrong = (value: unknown): string | undefined => {
    const it = secret ? `is ${kindOf(value)}` : `is ${shown(value)}`;
    if (typeof value === "number" || typeof value === "boolean") {
      return `${it}, which YAML takes for ${kindOf(value)}. Put it in quotes.`;
    }
    if (typeof value !== "string") return `is ${kindOf(value)}. Put ${expects}.`;
    if (value === "") return `is empty. Put ${expects}.`;
    if (placeholder && value === example)
      return `is still the example ${shown(value)}. Put ${expects}.`;
    if (value.length > max) return `is longer than ${max} characters. Put ${expects}.`;
    if (hasControls(value)) return `has a line break or control character in it. Put ${expects}.`;
    if (whole && !whole.test(value)) return `${it}. Put ${expects}.`;
    return undefined;
  };
  return scalar<string>({ type: "text", says, secret, expects, wrong, options });
};

export interface IntegerOptions extends Told<number> {
  readonly min?: number;
  readonly max?: number;
}

export const integer = (options: IntegerOptions): Shape<number> => {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  const range = [
    options.min === undefined ? "" : ` from ${min}`,
    options.max === undefined ? "" : ` up to ${max}`,
  ].join("");
  const expects = `a whole number${range}`;
  const wrong = (value: unknown) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
      ? undefined
      : `is ${shown(value)}. Put ${expects}.`;
  return scalar<number>({ type: "integer", says: options.says, expects, wrong, options });
};

export const flag = (options: Told<boolean>): Shape<boolean> => {
  const expects = "true or false";
  const wrong = (value: unknown) =>
    typeof value === "boolean" ? undefined : `is ${shown(value)}. Put ${expects}.`;
  return scalar<boolean>({ type: "flag", says: options.says, expects, wrong, options });
};

export const choice = <const C extends string>(
  choices: readonly C[],
  options: Told<NoInfer<C>>,
): Shape<C> => {
  const known: readonly string[] = choices;
  const expects = `one of ${choices.join(", ")}`;
  const wrong = (value: unknown) => {
    if (typeof value === "string" && known.includes(value)) return undefined;
    const meant = typeof value === "string" ? nearest(value, known) : undefined;
    return `is ${shown(value)}. Put ${meant === undefined ? expects : `${shown(meant)}, or another of ${choices.join(", ")}`}.`;
  };
  return scalar<C>({ type: choices.join(" | "), says: options.says, expects, wrong, options });
};

/** Any JSON, for what only the adapter's own library understands. */
export const json = (options: Told<Json>): Shape<Json> => {
  const wrong = (value: unknown) =>
    isJson(value, 32) ? undefined : "is not plain JSON. Put JSON.";
  return scalar<Json>({ type: "json", says: options.says, expects: "JSON", wrong, options });
};

export const list = <T>(
  of: Shape<T>,
  options: Told<readonly T[]> & { readonly min?: number; readonly max?: number },
): Shape<readonly T[]> => {
  const { says, min = 0, max = 10_000 } = options;
  const expects = `a list of ${of.doc.type}`;
  const doc = {
    ...docOf({ type: expects.slice(2), says, secret: of.doc.secret, options }),
    ...(of.doc.fields && { fields: of.doc.fields }),
  };
  return {
    expects,
    doc,
    read: (value, path) => {
      if (value === undefined || value === null)
        return absent(options.default, value, { path, expects });
      if (!Array.isArray(value)) return bad(path, `is ${kindOf(value)}. Put ${expects}.`);
      const items: readonly unknown[] = value;
      if (items.length < min || items.length > max) {
        return bad(path, `has ${items.length} entries. Put from ${min} to ${max} of them.`);
      }
      return gather(items.map((item, index) => of.read(item, [...path, index])));
    },
  };
};

/** Free keys, all with the same kind of value. */
export const record = <T>(
  of: Shape<T>,
  options: Told<Readonly<Record<string, T>>> & {
    readonly keys?: { readonly pattern: RegExp; readonly expects: string };
  },
): Shape<Readonly<Record<string, T>>> => {
  const { says, keys } = options;
  const expects = `keys with ${of.expects} each`;
  const whole = keys && new RegExp(`^(?:${keys.pattern.source})$`, keys.pattern.flags);
  return {
    expects,
    doc: {
      ...docOf({ type: `record of ${of.doc.type}`, says, secret: of.doc.secret, options }),
      ...(of.doc.fields && { fields: [{ key: "<name>", ...of.doc }] }),
    },
    read: (value, path) => {
      if (value === undefined || value === null)
        return absent(options.default, value, { path, expects });
      if (!isPlain(value)) return bad(path, `is ${kindOf(value)}. Put ${expects}.`);
      const entries = Object.entries(value).map(([key, item]): Parsed<readonly [string, T]> => {
        const at = [...path, key];
        if (isUnsafeKey(key)) return bad(at, "is a key that is never allowed. Remove it.");
        if (whole && !whole.test(key)) {
          return bad(at, `is not a good key. Put ${keys?.expects ?? "another key"}.`);
        }
        const parsed = of.read(item, at);
        return parsed.ok ? { ok: true, value: [key, parsed.value] } : parsed;
      });
      const all = gather(entries);
      return all.ok ? { ok: true, value: Object.fromEntries(all.value) } : all;
    },
  };
};

/** Known keys. An absent object is read as an empty one, so its own defaults and problems count. */
export const object = <const F extends Fields>(
  fields: F,
  options: { readonly says: string; readonly check?: (value: ObjectOf<F>) => readonly Problem[] },
): Shape<ObjectOf<F>> => {
  const known = Object.keys(fields);
  const docs = Object.entries(fields).map(([key, shape]) => ({ key, ...shape.doc }));
  const expects = `the keys ${known.join(", ")}`;
  return {
    expects,
    doc: {
      type: "object",
      says: options.says,
      required: docs.some((doc) => doc.required),
      secret: false,
      example: Object.fromEntries(docs.map((doc) => [doc.key, doc.example])),
      fields: docs,
    },
    read: (value, path) => {
      if (value !== undefined && value !== null && !isPlain(value)) {
        return bad(path, `is ${kindOf(value)}. Put ${expects}.`);
      }
      const given = new Map<string, unknown>(Object.entries(value ?? {}));
      const problems: Problem[] = [];
      for (const key of given.keys()) {
        if (!known.includes(key))
          problems.push({ path: [...path, key], says: unknownKey(key, known) });
      }
      const entries: (readonly [string, unknown])[] = [];
      for (const [key, shape] of Object.entries(fields)) {
        const parsed = shape.read(given.get(key), [...path, key]);
        if (!parsed.ok) problems.push(...parsed.problems);
        else if (parsed.value !== undefined) entries.push([key, parsed.value]);
      }
      if (problems.length > 0) return { ok: false, problems };
      const parsed = Object.fromEntries(entries) as ObjectOf<F>;
      const more = options.check?.(parsed) ?? [];
      if (more.length === 0) return { ok: true, value: parsed };
      return {
        ok: false,
        problems: more.map((problem) => ({ ...problem, path: [...path, ...problem.path] })),
      };
    },
  };
};

/** The key may be left out; nothing stands in for it. */
export const optional = <T>(of: Shape<T>): OptionalShape<T> => ({
  expects: of.expects,
  doc: { ...of.doc, required: false },
  optional: true,
  of,
  read: (value, path) =>
    value === undefined || value === null ? { ok: true, value: undefined } : of.read(value, path),
});

/** The first that fits. If neither does, the problems are those of the one that came further. */
export const either = <A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> => ({
  expects: `${first.expects}, or ${second.expects}`,
  doc: {
    ...first.doc,
    type: `${first.doc.type} or ${second.doc.type}`,
    secret: first.doc.secret || second.doc.secret,
    required: first.doc.required && second.doc.required,
    ...((first.doc.fields ?? second.doc.fields) && {
      fields: [...(first.doc.fields ?? []), ...(second.doc.fields ?? [])],
    }),
  },
  read: (value, path) => {
    const a = first.read(value, path);
    if (a.ok) return a;
    const b = second.read(value, path);
    if (b.ok) return b;
    const deeper = [a, b].find((tried) =>
      tried.problems.every((it) => it.path.length > path.length),
    );
    if (deeper) return deeper;
    return bad(
      path,
      `is ${kindOf(value)} that does not fit. Put ${first.expects}, or ${second.expects}.`,
    );
  },
});

/** A versioned `Schema` from a shape: what an adapter gives as `config` and `account`. */
export const schema = <T>(from: {
  readonly version: number;
  readonly shape: Shape<T>;
  readonly migrate?: (value: Json, from: number) => Json;
}): Schema<T> => ({
  version: from.version,
  parse: (value) => from.shape.read(value, []),
  docs: from.shape.doc.fields ?? [],
  ...(from.migrate && { migrate: from.migrate }),
});
