import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { openPostgresStore } from "../store/postgres.ts";
import type { PostgresOptions } from "../store/postgres.ts";
import { copyStore } from "../store/index.ts";
import type { Store } from "../store/index.ts";
import { open as openSqlite, testBoxKey } from "./store-sqlite.ts";

/** Where the tests' server is; a child process has it from its environment. */
const serverUri = "BRIDGEBOX_TEST_POSTGRES";

export const useServer = (uri: string): void => {
  process.env[serverUri] = uri;
};

/** The URI of a schema of that name on the tests' server, made if it is not there. */
export const schemaUri = async (name: string): Promise<string> => {
  const uri = process.env[serverUri] ?? "";
  const client = new Client({ connectionString: uri });
  await client.connect();
  await client.query(`create schema if not exists ${name}`);
  await client.end();
  return `${uri}?options=${encodeURIComponent(`-c search_path=${name}`)}`;
};

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** A store of the tests there, which does not wait for a server that is not there. */
export const optionsOf = (uri: string, more: Partial<PostgresOptions> = {}): PostgresOptions => ({
  uri,
  boxKey: testBoxKey,
  log,
  startPatience: 0,
  ...more,
});

/** The store that stands for that folder: a copy if there is one in it, else a schema of its own. */
export const open = async (dir: string): Promise<Store> =>
  existsSync(join(dir, "box.db"))
    ? openSqlite(dir)
    : openPostgresStore(optionsOf(await uriOf(dir)));

export const copy = async (dir: string, to: string): Promise<void> =>
  copyStore({ path: "", uri: await uriOf(dir) }, to);

const uriOf = (dir: string): Promise<string> =>
  schemaUri(`t_${createHash("sha256").update(dir).digest("hex").slice(0, 20)}`);
