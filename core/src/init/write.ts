import { readFileSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  buildRegistration,
  readRegistration,
  writeLike,
  writeRegistration,
} from "@bridgebox/registration";
import type { Registration } from "@bridgebox/registration";
import { loadConfig } from "../config/index.ts";
import type { BoxConfig, ConfigSource } from "../config/index.ts";
import { writeBeside } from "./place.ts";
import type { Beside } from "./place.ts";

export interface WriteOptions {
  readonly source: ConfigSource;
  /** Where the config goes. */
  readonly target: string;
  readonly text: string;
  /** Replace what is there; a registration keeps its tokens. */
  readonly overwrite: boolean;
}

export type Written =
  | {
      readonly ok: true;
      readonly config: BoxConfig;
      readonly path: string;
      readonly registration: Registration;
    }
  | { readonly ok: false; readonly code: 11 | 12; readonly problems: readonly string[] };

/**
 * Both files, or none: each is made beside its place, judged by the very loader that the box uses, and
 * gets its name in one step once both are there.
 */
export const writeBoth = async (options: WriteOptions): Promise<Written> => {
  const { source, target, text, overwrite } = options;
  const beside: Beside[] = [];
  let to: Destination = { path: target, option: "-c" };
  try {
    const draft = writeBeside(target, text);
    beside.push(draft);
    const loaded = await loadConfig({ ...source, path: draft.path });
    if (!loaded.ok) return { ok: false, code: 11, problems: loaded.problems.map(withoutPlace) };
    const { config } = loaded;
    const path = config.registration;
    to = { path, option: "--set registration=FILE" };
    const before = readRegistration(path);
    if (!before.ok && before.why === "unreadable")
      return { ok: false, code: 12, problems: [before.problem] };
    const there = before.ok || before.why !== "absent";
    if (there && !overwrite) return { ok: false, code: 12, problems: [isThere(path)] };
    if (!before.ok && there) return { ok: false, code: 12, problems: [before.problem] };
    const registration = buildRegistration(config, before.ok ? before.registration : undefined);
    const made = writeBeside(path, (name) => writeRegistration(name, registration, path));
    beside.push(made);
    const old = before.ok ? copyBeside(path) : undefined;
    if (old !== undefined) beside.push(old);
    made.place(path, overwrite);
    to = { path: target, option: "-c" };
    try {
      draft.place(target, overwrite);
    } catch (error) {
      if (old === undefined) rmSync(path, { force: true });
      else old.place(path, true);
      throw error;
    }
    return { ok: true, config, path, registration };
  } catch (error) {
    return { ok: false, code: 12, problems: [unwritten(error, to)] };
  } finally {
    for (const file of beside) file.drop();
  }
};

const copyBeside = (path: string): Beside => {
  const text = readFileSync(path, "utf8");
  return writeBeside(path, (name) => writeLike(name, text, path));
};

/** The lines of a file that is not there yet help nobody. */
const withoutPlace = (problem: string): string => problem.replace(/^.*?\.tmp:\d+ {2}/, "");

export const isThere = (path: string): string =>
  `${path} is there already. Say --overwrite to replace it (the tokens of a registration are kept), or move it away.`;

/** What is being written, and what names another place for it. */
interface Destination {
  readonly path: string;
  readonly option: string;
}

const unwritten = (error: unknown, { path, option }: Destination): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  const folder = dirname(resolve(path));
  if (code === "EEXIST") return isThere(path);
  if (code === undefined) throw error;
  if (code === "ENOENT")
    return `There is no folder ${folder}. Make it, or name another place with ${option}.`;
  if (code === "EISDIR") return `${path} is a folder. Name a file with ${option}.`;
  return `${folder} takes no file (${code}). Let this user write there, or name another place with ${option}.`;
};
