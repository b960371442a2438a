import { readFileSync } from "node:fs";

import { nearest } from "../adapter/index.ts";
import type { Doc, Path } from "../adapter/index.ts";
import { isPlain } from "../adapter/shape-parts.ts";
import { readScalar } from "./yaml.ts";

export type Env = Readonly<Record<string, string | undefined>>;

export interface Overridden {
  readonly value: unknown;
  /** Names by path, so that a problem names the variable and not a line of the file. */
  readonly names: readonly { readonly path: Path; readonly name: string }[];
  readonly problems: readonly string[];
}

export const prefix = "BRIDGEBOX_";

/** How a path of the config is called in the environment. */
export const envName = (path: readonly string[]): string => prefix + path.map(segmentOf).join("__");

/** The networks, and their types, that only the environment configures. */
export const networksFromEnv = (env: Env): ReadonlyMap<string, string | undefined> => {
  const found = new Map<string, string | undefined>();
  for (const name of Object.keys(env).sort()) {
    const [, id, key] = /^BRIDGEBOX_NETWORKS__([A-Z][A-Z0-9_]*?)__(\w+)$/.exec(name) ?? [];
    if (id === undefined) continue;
    const known = found.get(idOf(id));
    found.set(idOf(id), key === "TYPE" ? env[name] : known);
  }
  return found;
};

/**
 * `BRIDGEBOX_HOMESERVER__ADDRESS=…` over what the file says; `…_FILE` takes the value from that
 * file, for secrets that a container gets as files. A name that leads nowhere is a problem: a
 * setting that is silently not taken is worse than no start.
 */
export const override = (
  value: unknown,
  docs: readonly Doc[],
  from: { readonly env: Env; readonly foreign: readonly string[] },
): Overridden => {
  const names: { path: Path; name: string }[] = [];
  const problems: string[] = [];
  let tree = value;
  for (const [name, given] of Object.entries(from.env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith(prefix) || from.foreign.includes(name)) continue;
    if (given === undefined || given === "" || isServiceLink(name, given)) continue;
    const target = resolve(name, docs);
    if (target === undefined) {
      problems.push(unknownName(name, docs));
      continue;
    }
    const content = target.file ? readSecret(given) : given;
    if (content === undefined) {
      problems.push(`${name}  names a file that cannot be read. Put the path of a readable one.`);
      continue;
    }
    names.push({ path: target.path, name });
    tree = withValue(tree, target.path, typed(content, target.doc.type));
  }
  return { value: tree, names, problems };
};

/**
 * What Kubernetes tells every pod of a Service called `bridgebox` or `bridgebox-…`: none of it is for
 * the box. kubernetes.io/docs/concepts/services-networking/service, "Environment variables". A bare
 * `…_PORT` is one by its value only, because people may have meant the box's port.
 */
export const isServiceLink = (name: string, value: string): boolean =>
  serviceLink.test(name) || (servicePort.test(name) && /^(?:tcp|udp|sctp):\/\//.test(value));

const serviceLink =
  /^BRIDGEBOX_(?:[A-Z0-9]+_)*?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const servicePort = /^BRIDGEBOX_(?:[A-Z0-9]+_)*?PORT$/;

interface Target {
  readonly path: readonly string[];
  readonly doc: Doc;
  readonly file: boolean;
}

/** A key may itself end in `_file`, so the whole name is tried first. */
const resolve = (name: string, docs: readonly Doc[]): Target | undefined => {
  const whole = walk(name.slice(prefix.length).split("__"), docs);
  if (whole) return { ...whole, file: false };
  if (!name.endsWith("_FILE")) return undefined;
  const bare = walk(name.slice(prefix.length, -"_FILE".length).split("__"), docs);
  return bare && { ...bare, file: true };
};

const walk = (
  segments: readonly string[],
  docs: readonly Doc[],
): { readonly path: readonly string[]; readonly doc: Doc } | undefined => {
  const [first, ...rest] = segments;
  const doc = docs.find((candidate) => segmentOf(candidate.key) === first);
  if (doc === undefined || first === undefined) return undefined;
  if (rest.length === 0) return { path: [doc.key], doc };
  if (doc.type.startsWith("list")) return undefined;
  const [second, ...others] = rest;
  if (doc.type.startsWith("record") && doc.fields?.every((field) => field.key === "<name>")) {
    const key = second?.toLowerCase() ?? "";
    const fields = doc.fields[0]?.fields ?? [];
    const below = others.length === 0 ? { path: [], doc } : walk(others, fields);
    return below && { path: [doc.key, key, ...below.path], doc: below.doc };
  }
  const below = walk(rest, doc.fields ?? []);
  return below && { path: [doc.key, ...below.path], doc: below.doc };
};

const unknownName = (name: string, docs: readonly Doc[]): string => {
  const all = allNames(docs, []);
  const meant = nearest(name, all) ?? nearest(name.replace(/_FILE$/, ""), all);
  const put =
    meant === undefined
      ? "Remove it; docs/config.md lists the names"
      : `Put ${meant}, or remove it`;
  return `${name}  is not a known name. ${put}.`;
};

const allNames = (docs: readonly Doc[], path: readonly string[]): readonly string[] =>
  docs.flatMap((doc) => [
    envName([...path, doc.key]),
    ...(doc.type.startsWith("list") ? [] : allNames(doc.fields ?? [], [...path, doc.key])),
  ]);

const segmentOf = (key: string): string => key.toUpperCase().replaceAll("-", "_");
const idOf = (segment: string): string => segment.toLowerCase().replaceAll("_", "-");

/** Text stays as it is, so that a password of digits is one; everything else is read as YAML. */
export const typed = (content: string, type: string): unknown => {
  const structured = /^(?:integer|flag|list|record|object|json)\b/.test(type);
  const either = type.includes(" or ") && /^[[{]/.test(content);
  return structured || either ? readScalar(content) : content;
};

const readSecret = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch {
    return undefined;
  }
};

const withValue = (tree: unknown, path: readonly string[], value: unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const around = isPlain(tree) ? tree : {};
  const inner = Object.hasOwn(around, key) ? around[key] : undefined;
  return Object.fromEntries([...Object.entries(around), [key, withValue(inner, rest, value)]]);
};
