import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig, wrongFlag } from "../config/index.ts";
import type { BoxConfig, ConfigSource } from "../config/index.ts";
import { copyStore, loadBoxKey, restoreSqlite } from "../store/index.ts";

type Command = "backup" | "restore";

const help: Readonly<Record<Command, string>> = {
  backup: `bridgebox backup – copies the database into one file, also while the box runs

  npm run backup -- -c config.yaml PLACE

  PLACE          a file that is not there yet, or a folder, in which it gets the time as its name
  -c, --config FILE   the config
  -h, --help`,
  restore: `bridgebox restore – puts a copy in the place of the database; the one that is there is kept beside it

  npm run restore -- -c config.yaml FILE

  FILE           what "backup" wrote; the box must not run
  -c, --config FILE   the config
  -h, --help`,
};

const exitCodes = `
Exit codes: 0 well, 1 wrong use, 10 config unreadable, 11 config wrong, 50 it was not done.`;

export interface BackupOptions {
  readonly command: Command;
  /** What stands after the command's name. */
  readonly argv: readonly string[];
  /** Where the config comes from, without its path. */
  readonly source: Omit<ConfigSource, "path"> & { readonly path?: string | undefined };
  readonly now: Date;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Either command. Resolves with its exit code. */
export const runBackup = async (options: BackupOptions): Promise<0 | 1 | 10 | 11 | 50> => {
  const { command, say, complain, source, now } = options;
  const parsed = parse(options.argv);
  const usage = help[command] + exitCodes;
  if (typeof parsed === "string") {
    complain(`Nothing was copied: ${parsed}\n\n${usage}`);
    return 1;
  }
  if (parsed.values.help) {
    say(usage);
    return 0;
  }
  const path = parsed.values.config ?? source.path;
  const [place, ...more] = parsed.positionals;
  if (path === undefined || place === undefined || more.length > 0) {
    complain(`Nothing was copied: say which config and one place.\n\n${usage}`);
    return 1;
  }
  const loaded = await loadConfig({ ...source, path });
  if (!loaded.ok) {
    for (const problem of loaded.problems) complain(problem);
    return loaded.why === "unreadable" ? 10 : 11;
  }
  try {
    const job = { config: loaded.config, file: path, place: resolve(place), now };
    for (const line of await (command === "backup" ? backUp(job) : restore(job))) say(line);
    return 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 50;
  }
};

const options = {
  config: { type: "string", short: "c" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options,
    });
  } catch (error) {
    return wrongFlag(error, Object.keys(options));
  }
};

interface Job {
  readonly config: BoxConfig;
  readonly file: string;
  readonly place: string;
  readonly now: Date;
}

const backUp = async ({ config, file, place, now }: Job): Promise<readonly string[]> => {
  const isFolder = existsSync(place) && statSync(place).isDirectory();
  const to = isFolder ? join(place, `bridgebox-${stamp(now)}.db`) : place;
  if (existsSync(to))
    throw new Error(`The database was not copied – ${to} is there already – name another place.`);
  await copyStore(config.database, to).catch((error: unknown) => {
    throw notTaken(error, to);
  });
  const { registration, doublePuppet, database } = config;
  const second = doublePuppet.registration;
  const beside = [database.keyFile, registration, ...(second ? [second] : []), file];
  return [
    `The database is copied to ${to} (${sizeOf(to)}).`,
    "Without these it is of little use. Keep them too, but not in the same place:",
    ...beside.map((one) => `  ${one}`),
  ];
};

/** What the file system says of a place is no sentence; what the store says is one already. */
const notTaken = (error: unknown, to: string): unknown => {
  const code = error instanceof Error && "syscall" in error && "code" in error ? error.code : "";
  if (typeof code !== "string" || code === "") return error;
  return new Error(
    `The database was not copied – ${to} could not be written (${code}) – name a place in a folder that is there and that you may write to.`,
    { cause: error },
  );
};

const restore = async ({ config, place, now }: Job): Promise<readonly string[]> => {
  const { path, uri, keyFile } = config.database;
  if (uri !== undefined)
    throw new Error(
      "Nothing was restored – the config names a PostgreSQL database, and this is a file – restore what pg_dump wrote with pg_restore, or take database.uri out of the config to go on with the file.",
    );
  const { bytes, fresh } = await loadBoxKey(keyFile);
  const boxKey = fresh === undefined ? bytes : undefined;
  const beside = `${path}.before-${stamp(now)}`;
  const replaced = await restoreSqlite(place, { path, boxKey, beside });
  return [
    `The database is restored from ${place}.`,
    ...(replaced ? [`The one that was there is ${beside} now.`] : []),
    "What happened since that copy was made the box does not know: some of it may come a second time.",
  ];
};

/** As a part of a file's name. */
const stamp = (now: Date): string => now.toISOString().replaceAll(/[:.]/g, "-");

const sizeOf = (path: string): string => {
  const { size } = statSync(path);
  return `${Math.max(0.1, size / 1_048_576).toFixed(1)} MiB`;
};
