import {
  fchmodSync,
  fchownSync,
  fstatSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";

import { CORE_SCHEMA, YAMLException, dump, load } from "js-yaml";

import type { Registration } from "./types.ts";

export type ReadRegistration =
  | { readonly ok: true; readonly registration: Registration }
  | { readonly ok: false; readonly why: "absent" | "unreadable" | "bad"; readonly problem: string };

/** `register` as it is typed for that config. */
export const registerCommand = (config: string, flag = ""): string =>
  `npm run register -- -c ${/^[\w./-]+$/.test(config) ? config : JSON.stringify(config)}${flag}`;

/**
 * The file that the homeserver and the box share, judged before anybody relies on it. `making`: the
 * command that makes it.
 */
export const readRegistration = (path: string, making = "npm run register"): ReadRegistration => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const absent = code === "ENOENT";
    const todo = absent
      ? `Make it with \`${making}\`.`
      : code === "EISDIR"
        ? "It is a folder: name a file."
        : "Let this user read it.";
    const problem = `${path}  The registration could not be read (${code}). ${todo}`;
    return { ok: false, why: absent ? "absent" : "unreadable", problem };
  }
  const read = parsed(text);
  if (typeof read !== "string") return { ok: true, registration: read };
  const todo = `Repair it, or move it away and run \`${making}\`, which makes new tokens.`;
  return { ok: false, why: "bad", problem: `${path}  The registration ${read}. ${todo}` };
};

/**
 * Readable by this user only, or by the group that the file `like` was opened to (the homeserver's own);
 * and whole or not at all: a homeserver that starts in that moment reads the old file or the new one.
 */
export const writeRegistration = (path: string, registration: Registration, like = path): void =>
  writeLike(path, toYaml(registration), like);

/** The same for a registration as it was read, to the letter. */
export const writeLike = (path: string, text: string, like: string): void => {
  const beside = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = openSync(beside, "wx", 0o600);
    try {
      writeFileSync(file, text);
      keepGroup(file, like);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
};

const keepGroup = (file: number, like: string): void => {
  const before = statSync(like, { throwIfNoEntry: false });
  if (before === undefined || (before.mode & 0o007) !== 0 || (before.mode & 0o060) === 0) return;
  try {
    if (fstatSync(file).gid !== before.gid) fchownSync(file, -1, before.gid);
  } catch {
    return; // Who is not in that group cannot give it a file; so it stays closed.
  }
  fchmodSync(file, 0o600 | (before.mode & 0o060));
};

/** The name is on the disk as well, where the system lets a folder be opened. */
const syncFolder = (path: string): void => {
  let folder: number | undefined;
  try {
    folder = openSync(path, "r");
    fsyncSync(folder);
  } catch {
    return; // The file is whole and has its name.
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
};

const order: readonly string[] = ["id", "url", "as_token", "hs_token", "sender_localpart"];

/** What is read first stands first. */
export const toYaml = (registration: Registration): string => {
  const rank = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length);
  const entries = Object.entries(registration).sort(([a], [b]) => rank(a) - rank(b));
  return dump(Object.fromEntries(entries), { lineWidth: -1, noRefs: true, quotingType: '"' });
};

/** A text is what is wrong with it, as the end of a sentence. */
const parsed = (text: string): Registration | string => {
  try {
    return judge(load(text, { schema: CORE_SCHEMA }));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return "is not YAML";
  }
};

const judge = (value: unknown): Registration | string => {
  if (!isMap(value)) return "is not a list of keys";
  if (Object.hasOwn(value, "__proto__")) return "has a key __proto__";
  for (const key of ["id", "as_token", "hs_token", "sender_localpart"]) {
    const text = value[key];
    if (typeof text !== "string" || !/^\S+$/.test(text)) return `has no usable ${key}`;
  }
  if (value["as_token"] === value["hs_token"]) return "has two equal tokens";
  const { url, protocols, namespaces } = value;
  if (url !== null && typeof url !== "string") return "has no usable url";
  if (protocols !== undefined && protocols !== null && !isListOf(protocols, isText)) {
    return "has protocols that are not a list of text";
  }
  if (namespaces !== undefined && !isNamespaces(namespaces)) {
    return "has namespaces that are not lists of regex and exclusive";
  }
  return value as Registration;
};

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === "string";

const isListOf = (value: unknown, test: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(test);

const isNamespaces = (value: unknown): boolean =>
  isMap(value) &&
  Object.entries(value).every(
    ([kind, list]) =>
      ["users", "aliases", "rooms"].includes(kind) &&
      isListOf(
        list,
        (it) => isMap(it) && isText(it["regex"]) && typeof it["exclusive"] === "boolean",
      ),
  );
