import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readRegistration } from "@bridgebox/registration";
import type { Registration } from "@bridgebox/registration";
import { CORE_SCHEMA, load } from "js-yaml";
import { failed, ok, skipped, warning } from "./finding.ts";
import type { Checked } from "./finding.ts";

const key = "app_service_config_files:";
/** What both homeservers name registrations under, at the beginning of a line. */
const lists = [key, "app_service_api:"];

export interface HomeserverConfig {
  readonly check?: string;
  /** The homeserver's own file; absent: it was not named. */
  readonly file: string | undefined;
  /** Our registration. */
  readonly path: string;
  readonly registration: Registration;
}

/** Whether the homeserver's own config names the registration, or a copy with the same tokens. */
export const lookAtHomeserverConfig = ({
  check = "homeserver config",
  file,
  path,
  registration,
}: HomeserverConfig): Checked => {
  if (file === undefined)
    return skipped(
      check,
      "Name the homeserver's own file with --homeserver-config to have it looked at.",
    );
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return failed(
      check,
      `${file} could not be read (${code}).`,
      "Run this as a user who may read it, or name another file.",
    );
  }
  const twice = twiceAt(text);
  if (twice !== undefined)
    return failed(
      check,
      `Lines ${twice.join(" and ")} of ${file} each begin such a list, and the homeserver reads the last one only, or none.`,
      "Make one list of them, and restart the homeserver.",
    );
  const line = hiddenAt(text, path);
  if (line !== undefined)
    return failed(
      check,
      `Line ${line} of ${file} has app_service_config_files behind other text, so the homeserver reads nothing of it.`,
      "Put it on a line of its own, and restart the homeserver.",
    );
  const named = filesIn(text);
  if (named === undefined)
    return failed(
      check,
      `${file} is not YAML.`,
      "Repair it: the homeserver cannot read it either.",
    );
  const open = text !== "" && !text.endsWith("\n");
  const found = named.map((it) => ({
    it,
    says: compare(resolve(dirname(file), it), path, registration),
  }));
  const right = found.find(({ says }) => says === "same");
  if (right !== undefined && !open) return ok(check, `${file} names ${right.it}.`);
  if (right !== undefined)
    return warning(
      check,
      `${file} names ${right.it}, and has no line break at its end: the next line that is appended becomes part of the last one.`,
      "Put a line break at its end.",
    );
  const old = found.find(({ says }) => says === "older");
  if (old !== undefined)
    return failed(
      check,
      `${file} names ${old.it}, which is an older copy of the registration.`,
      `Copy ${path} there again, and restart the homeserver.`,
    );
  const end = open ? " It has no line break at its end, so begin on a new line." : "";
  const closed = found.find(({ says }) => says === "closed");
  if (closed !== undefined)
    return warning(
      check,
      `${file} names ${closed.it}, which cannot be read here: it may be a copy of the registration.`,
      `If it is, run this as a user who may read it (\`sudo\`).`,
    );
  return failed(
    check,
    `${file} does not name ${path}.${end}`,
    "Put the lines there that `register` prints, and restart the homeserver.",
  );
};

/** The lines, from 1, that name one list a second time; nothing: each is there once at most. */
const twiceAt = (text: string): readonly number[] | undefined => {
  const lines = text.split("\n");
  return lists
    .map((list) => lines.flatMap((line, at) => (line.startsWith(list) ? [at + 1] : [])))
    .find((places) => places.length > 1);
};

/** The line, from 1, that became a part of the one that had no line break; only where ours is named. */
const hiddenAt = (text: string, path: string): number | undefined => {
  if (!text.includes(path)) return undefined;
  const lines = text.split("\n");
  if (lines.some((line) => line.startsWith(key))) return undefined;
  const index = lines.findIndex((line) => line.includes(key));
  return index < 0 ? undefined : index + 1;
};

/** The registrations that Synapse or Dendrite is told of; nothing: it is not YAML. */
const filesIn = (text: string): readonly string[] | undefined => {
  let value: unknown;
  try {
    // As Synapse reads it: of a key that stands there twice the last one counts.
    value = load(text, { schema: CORE_SCHEMA, json: true });
  } catch {
    return undefined;
  }
  const top = at(value, "app_service_config_files");
  const inner = at(at(value, "app_service_api"), "config_files");
  return [top, inner]
    .flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []))
    .filter((it): it is string => typeof it === "string");
};

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;

/** A copy for the homeserver is often its own user's only. */
const isReadable = (path: string): boolean => {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
};

const compare = (
  named: string,
  path: string,
  registration: Registration,
): "same" | "older" | "other" | "closed" => {
  if (named === resolve(path)) return "same";
  if (existsSync(named) && !isReadable(named)) return "closed";
  const read = readRegistration(named);
  if (!read.ok || read.registration.id !== registration.id) return "other";
  const { as_token: as, hs_token: hs } = read.registration;
  const fits =
    as === registration.as_token &&
    hs === registration.hs_token &&
    JSON.stringify([read.registration.url, read.registration.namespaces]) ===
      JSON.stringify([registration.url, registration.namespaces]);
  return fits ? "same" : "older";
};
