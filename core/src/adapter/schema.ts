import type { Json } from "./ids.ts";

/** Something a person fills in: a line of the config, a step of a login. */
export interface Field {
  readonly key: string;
  readonly label: string;
  readonly type:
    | "text"
    | "multiline"
    | "phone"
    | "email"
    | "password"
    | "code"
    | "token"
    | "url"
    | "select";
  readonly secret?: boolean;
  readonly help?: string;
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  /** A regular expression the whole value must match. */
  readonly pattern?: string;
  /** The sentence that says what is wrong with a value, or nothing. */
  check?(value: string): string | undefined;
}

/** One thing that is wrong in a value: where, and a sentence that ends with what is expected. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly says: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A documented line of a config: what the sample, the docs and the unknown-key check are made of. */
export interface Doc {
  readonly key: string;
  readonly says: string;
  readonly type: string;
  readonly required: boolean;
  readonly secret: boolean;
  /** Shown in the sample; the default where the key is optional. */
  readonly example: Json;
  readonly fields?: readonly Doc[];
}

/** A versioned shape of JSON that comes from outside: a config section, a stored account. */
export interface Schema<T> {
  readonly version: number;
  /** All problems at once; unknown keys are problems. */
  parse(value: unknown): Parsed<T>;
  /** From an older stored version to this one. */
  migrate?(value: Json, from: number): Json;
  readonly docs: readonly Doc[];
}
