import { Client, DatabaseError } from "pg";
import type { QueryResultRow } from "pg";
import type { Millis } from "../adapter/index.ts";
import { StoreBroken } from "./errors.ts";
import type { KeyTerms, Meta } from "./migrate.ts";
import { preparation } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { configOf, isLost, postgresWords, whyOf } from "./postgres-connection.ts";

/** @throws StoreBroken when it is none, or names files that are not there. */
export const demandUri = (uri: string): void => {
  try {
    void new Client(configOf(uri));
  } catch (thrown) {
    throw new StoreBroken(
      `The store was not opened – database.uri cannot be read: ${whyOf(thrown)} – put postgres://user:password@host:port/database, with % and two digits for odd characters.`,
    );
  }
};

const create = "createdb --encoding=UTF8 --locale=C --template=template0 NAME";

/** Sorts by code points: an upgrade of the system's locales does not turn its indexes wrong. */
const steady = /^(?:C|POSIX|C\.UTF-?8)$/i;

interface Facts {
  readonly encoding: string;
  readonly collate: string;
  readonly provider: string | null;
  readonly schema: string | null;
}

const facts = `select current_setting('server_encoding') as encoding, datcollate as collate,
  to_jsonb(pg_database) ->> 'datlocprovider' as provider, current_schema() as schema
  from pg_database where datname = current_database()`;

/** @throws StoreBroken when the database is not such that the store is safe in it. */
export const demandFit = async (client: Client, place: string): Promise<void> => {
  const { rows } = await client.query<Facts & QueryResultRow>(facts);
  const [found] = rows;
  if (found === undefined) throw new Error("the server told nothing of the database");
  const refuse = (why: string): never => {
    throw new StoreBroken(`The store was not opened – the database at ${place} ${why}.`);
  };
  if (found.encoding !== "UTF8") {
    refuse(
      `has the encoding ${found.encoding}, which cannot hold every text – make it with ${create}`,
    );
  }
  if (found.provider !== "b" && !steady.test(found.collate)) {
    refuse(
      `sorts by ${found.collate}, so an upgrade of the system may break its indexes – make it with ${create}`,
    );
  }
  if (found.schema === null) {
    refuse("has none of the schemas that its search_path names – make one, or correct the path");
  }
};

/** What the store says of itself; undefined: it is new. */
export const metaOf = async (client: Client): Promise<Meta> => {
  const { rows: tables } = await client.query<{ found: boolean }>(
    "select to_regclass('meta') is not null as found",
  );
  if (tables[0]?.found !== true) return undefined;
  const { rows } = await client.query<{ name: string; value: string }>(
    "select name, value from meta",
  );
  return new Map(rows.map(({ name, value }) => [name, value]));
};

/** Brings the schema up to this program's, in one transaction. */
export const prepareSchema =
  (fingerprint: string, key: KeyTerms = {}) =>
  async (client: Client): Promise<void> => {
    const wanted = { ...key, migrations, words: postgresWords, fingerprint };
    const statements = preparation(await metaOf(client), wanted);
    await client.query("begin; set local statement_timeout = 0");
    for (const statement of statements) await client.query(statement);
    const { command } = await client.query("commit");
    if (command !== "COMMIT") throw new Error("the schema could not be brought up to date");
  };

/** What to do about what a server says when a box comes to it. */
const advice: Readonly<Record<string, string>> = {
  "28P01": "look at the user and password of database.uri",
  "28000": "look at the user and password of database.uri, and at the server's pg_hba.conf",
  "3D000": `make it with ${create}`,
  "42501": "let its user own the database, or grant it create on its schema",
};

/** The sentence that a box that does not start ends with. */
export const notOpened = (thrown: unknown, place: string, waited?: Millis): unknown => {
  if (thrown instanceof StoreBroken) return thrown;
  const why = whyOf(thrown);
  if (isLost(thrown)) {
    const within = waited === undefined ? "" : ` within ${Math.round(waited / 1000)} s`;
    return new StoreBroken(
      `The store was not opened – the database at ${place} could not be used${within}: ${why} – start it, or correct database.uri.`,
      thrown,
    );
  }
  if (!(thrown instanceof DatabaseError)) return thrown;
  const what = advice[thrown.code ?? ""] ?? "the server's own log says more";
  return new StoreBroken(
    `The store was not opened – the database at ${place} said ${thrown.code ?? ""}: ${why} – ${what}.`,
    thrown,
  );
};
