import { rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { buildRegistration, readRegistration, writeRegistration } from "@bridgebox/registration";
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
  try {
    const draft = writeBeside(target, text);
    beside.push(draft);
    const loaded = await loadConfig({ ...source, path: draft.path });
    if (!loaded.ok) return { ok: false, code: 11, problems: loaded.problems.map(withoutPlace) };
    const { config } = loaded;
    const path = config.registration;
    const before = readRegistration(path);
    const there = before.ok || before.why !== "absent";
    if (there && !overwrite) return { ok: false, code: 12, problems: [isThere(path)] };
    if (!before.ok && there) return { ok: false, code: 12, problems: [before.problem] };
    const registration = buildRegistration(config, before.ok ? before.registration : undefined);
    const made = writeBeside(path, (to) => writeRegistration(to, registration));
    beside.push(made);
    made.place(path, overwrite);
    try {
      draft.place(target, overwrite);
    } catch (error) {
      if (!before.ok) rmSync(path, { force: true });
      throw error;
    }
    return { ok: true, config, path, registration };
  } catch (error) {
    return { ok: false, code: 12, problems: [unwritten(error, target)] };
  } finally {
    for (const file of beside) file.drop();
  }
};

/** The lines of a file that is not there yet help nobody. */
const withoutPlace = (problem: string): string => problem.replace(/^.*?\.tmp:\d+ {2}/, "");

export const isThere = (path: string): string =>
  `${path} is there already. Say --overwrite to replace it (the tokens of a registration are kept), or move it away.`;

const unwritten = (error: unknown, target: string): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "EEXIST") return isThere(target);
  if (code === undefined) throw error;
  return `${dirname(resolve(target))} takes no file (${code}). Let this user write there, or name another place with -c.`;
};
