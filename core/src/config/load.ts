import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { object, pathText } from "../adapter/index.ts";
import type { Path, Problem } from "../adapter/index.ts";
import { isPlain } from "../adapter/shape-parts.ts";
import { boxFields } from "./box-shape.ts";
import type { BoxFile } from "./box-shape.ts";
import { crossCheck } from "./cross-check.ts";
import { networksFromEnv, override } from "./env.ts";
import type { Env } from "./env.ts";
import { loadAdapters, networksShape, typeOf } from "./networks.ts";
import { splitChat } from "./rooms.ts";
import type { BoxConfig, KnownAdapters, NetworkConfig } from "./types.ts";
import { readYaml } from "./yaml.ts";
import type { ReadYaml } from "./yaml.ts";

export interface ConfigSource {
  /** Without one, everything comes from the environment. */
  readonly path?: string | undefined;
  readonly env: Env;
  readonly adapters: KnownAdapters;
  /** Names that begin as ours do and are read by something else. */
  readonly foreign?: readonly string[];
}

export type Loaded =
  | { readonly ok: true; readonly config: BoxConfig }
  | {
      readonly ok: false;
      readonly why: "unreadable" | "invalid";
      /** One line each: where, what is wrong, what to do. */
      readonly problems: readonly string[];
    };

/** The config, or everything that is wrong with it at once. Reads files; changes none. */
export const loadConfig = async (source: ConfigSource): Promise<Loaded> => {
  const file = readSource(source.path);
  if (!file.ok) return file;
  const read = readYaml(file.text);
  if (!read.ok) {
    return invalid(read.problems.map(({ line, says }) => `${source.path}:${line}  ${says}`));
  }
  const configured = configuredTypes(read.value, source.env);
  const shape = object(
    {
      ...boxFields,
      networks: networksShape({
        known: Object.keys(source.adapters),
        loaded: await loadAdapters(configured.values(), source.adapters),
        configured,
      }),
    },
    { says: "The config." },
  );
  const { env, foreign = [] } = source;
  const overridden = override(read.value, shape.doc.fields ?? [], { env, foreign });
  const where = locate(source.path, read, overridden.names);
  const parsed = shape.read(overridden.value, []);
  const problems = parsed.ok ? crossCheck(parsed.value) : parsed.problems;
  const lines = [
    ...problems
      .map(where)
      .sort(byLine)
      .map((it) => it.text),
    ...overridden.problems,
  ];
  if (!parsed.ok || lines.length > 0) return invalid(lines);
  const folder = source.path === undefined ? process.cwd() : dirname(resolve(source.path));
  return { ok: true, config: finish(parsed.value, folder) };
};

const invalid = (problems: readonly string[]): Loaded => ({ ok: false, why: "invalid", problems });

/** Why a file is not read, and what to do, as the system's words for it mean nothing to most people. */
const unread: Readonly<Record<string, string>> = {
  ENOENT: ": there is no such file (ENOENT). Make it with `npm run init`",
  EACCES:
    ": this user may not read it (EACCES). Start as the user whose it is, give it to this one (chown)",
  EISDIR: ": it is a folder (EISDIR). Put the name of a file",
};

const readSource = (
  path: string | undefined,
): { readonly ok: true; readonly text: string } | Extract<Loaded, { ok: false }> => {
  if (path === undefined) return { ok: true, text: "" };
  try {
    return { ok: true, text: readFileSync(path, "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const says = `The config could not be read${unread[code] ?? ` (${code}). Put a readable file there`}, or name another with -c.`;
    return { ok: false, why: "unreadable", problems: [`${path}  ${says}`] };
  }
};

const configuredTypes = (value: unknown, env: Env): ReadonlyMap<string, unknown> => {
  const types = new Map<string, unknown>();
  const networks = isPlain(value) ? value["networks"] : undefined;
  for (const [id, section] of Object.entries(isPlain(networks) ? networks : {})) {
    types.set(id, typeOf(id, section));
  }
  for (const [id, type] of networksFromEnv(env)) types.set(id, type ?? types.get(id) ?? id);
  return types;
};

interface Located {
  readonly line: number;
  readonly text: string;
}

/** Where a problem is: the variable that set the value, else the line of the file. */
const locate =
  (
    file: string | undefined,
    read: Extract<ReadYaml, { ok: true }>,
    names: readonly { readonly path: Path; readonly name: string }[],
  ) =>
  ({ path, says }: Problem): Located => {
    const subject = path.length === 0 ? "The config" : pathText(path);
    const by = names.find((it) => it.path.every((step, index) => step === path[index]));
    if (by) return { line: Number.MAX_SAFE_INTEGER, text: `${by.name}  ${subject} ${says}` };
    if (file === undefined) return { line: 0, text: `${subject} ${says}` };
    const line = read.line(path);
    return { line, text: `${file}:${line}  ${subject} ${says}` };
  };

const byLine = (a: Located, b: Located): number => a.line - b.line;

const finish = (
  file: BoxFile & { readonly networks: readonly NetworkConfig[] },
  folder: string,
): BoxConfig => {
  const { admin_token: adminToken, public_address: open, ...appservice } = file.appservice;
  const { hostname, port } = appservice;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const { domain } = file.homeserver;
  const { registration: puppets, servers, discovery, chats, follow } = file.double_puppet;
  const ruled = Object.keys(file.permissions).length > 0;
  return {
    homeserver: { ...file.homeserver, address: unslashed(file.homeserver.address) },
    appservice: {
      ...appservice,
      ...(adminToken === undefined ? {} : { adminToken }),
      ...(open === undefined ? {} : { publicAddress: unslashed(open) }),
      address: unslashed(appservice.address ?? `http://${host}:${port}`),
    },
    registration: resolve(folder, file.registration),
    doublePuppet: {
      ...(puppets === undefined ? {} : { registration: resolve(folder, puppets) }),
      servers: mapValues(servers, unslashed),
      discovery,
      chats,
      follow,
    },
    database: {
      path: resolve(folder, file.database.path),
      keyFile: resolve(folder, file.database.key_file),
      ...(file.database.uri === undefined ? {} : { uri: file.database.uri }),
    },
    permissions: ruled ? file.permissions : { "*": "relay", [domain]: "user" },
    networks: file.networks,
    rooms: file.rooms.map(({ room, chats }) => ({ room, chats: chats.map(splitChat) })),
    status: file.status,
    logging: file.logging,
    limits: {
      queue: file.limits.queue,
      media: file.limits.media * 1024 * 1024,
      logins: file.limits.logins,
      call: file.limits.call * 1000,
      roster: file.limits.roster,
    },
  };
};

const mapValues = <T, R>(
  values: Readonly<Record<string, T>>,
  change: (value: T) => R,
): Readonly<Record<string, R>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));

const unslashed = (address: string): string => address.replace(/\/+$/, "");
