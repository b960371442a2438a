import { rename, rm } from "node:fs/promises";
import { Client } from "pg";
import type { ClientBase, QueryResultRow } from "pg";
import { StoreBroken } from "./errors.ts";
import type { Meta } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { written } from "./odd-text.ts";
import { configOf, placeOf, readingSettings } from "./postgres-connection.ts";
import { demandUri, metaOf, notOpened } from "./postgres-start.ts";
import { openForWriting } from "./sqlite-connection.ts";
import type { Database } from "./sqlite-connection.ts";
import { prepareSchema } from "./sqlite.ts";

/** Rows that are in memory at a time. */
const chunk = 2_000;

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** The column that the database numbers, if it has one. */
  readonly serial: string | undefined;
}

type Row = Readonly<Record<string, unknown>>;

const tablesOf = (db: Database): readonly Table[] => {
  const names = db
    .prepare<[], { name: string }>(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
    )
    .all();
  const numbered = db.prepare<[string], { found: number }>(
    "select 1 as found from sqlite_master where name = ? and sql like '%autoincrement%'",
  );
  return names.map(({ name }) => {
    const columns = db
      .prepare<[string], { name: string; pk: number }>("select name, pk from pragma_table_info(?)")
      .all(name);
    const key = columns.find(({ pk }) => pk === 1);
    return {
      name,
      columns: columns.map((column) => column.name),
      serial: numbered.get(name) ? key?.name : undefined,
    };
  });
};

const copyTable = async (client: ClientBase, db: Database, table: Table): Promise<void> => {
  const names = table.columns.map((name) => `"${name}"`).join(", ");
  const insert = db.prepare<unknown[]>(
    `insert or replace into "${table.name}" (${names}) values (${table.columns.map(() => "?").join(", ")})`,
  );
  const insertAll = db.transaction((rows: readonly Row[]) => {
    for (const row of rows) insert.run(table.columns.map((name) => written(row[name])));
  });
  await client.query(
    `declare rows_of_table no scroll cursor for select ${names} from "${table.name}"`,
  );
  for (;;) {
    const { rows } = await client.query<Row & QueryResultRow>(`fetch ${chunk} from rows_of_table`);
    insertAll(rows);
    if (rows.length < chunk) break;
  }
  await client.query("close rows_of_table");
  if (table.serial !== undefined) await copyNumber(client, db, table.name, table.serial);
};

/** A number that was given once is not given again, also where its row is gone. */
const copyNumber = async (
  client: ClientBase,
  db: Database,
  name: string,
  serial: string,
): Promise<void> => {
  const { rows } = await client.query<{ last: number | null }>(
    `select pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass) as last`,
    [`"${name}"`, serial],
  );
  db.prepare("delete from sqlite_sequence where name = ?").run(name);
  db.prepare("insert into sqlite_sequence (name, seq) values (?, ?)").run(name, rows[0]?.last ?? 0);
};

/**
 * Everything that was committed at one moment, as a store in one SQLite file, 0600, whole or not there
 * at all. The box may run meanwhile.
 * @throws StoreBroken when there is no store at `uri`, it is of another version, or it cannot be read.
 */
export const copyPostgres = async (uri: string, to: string): Promise<void> => {
  demandUri(uri);
  const client = new Client(configOf(uri));
  client.on("error", () => undefined);
  const place = placeOf(client);
  const draft = `${to}.part`;
  await rm(draft, { force: true });
  try {
    await client.connect();
    await client.query(readingSettings);
    await client.query("begin isolation level repeatable read read only");
    await copyInto(client, draft, demandStore(await metaOf(client), place));
    await client.query("commit");
    await rename(draft, to);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw notOpened(thrown, place);
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** The fingerprint of its box key. A table of another version would be copied by half. */
const demandStore = (meta: Meta, place: string): string => {
  const fingerprint = meta?.get("box-key");
  if (fingerprint === undefined)
    throw new StoreBroken(
      `The store was not copied – the database at ${place} holds no store of bridgebox – correct database.uri.`,
    );
  if (Number(meta?.get("schema")) === migrations.at(-1)?.version) return fingerprint;
  throw new StoreBroken(
    `The store was not copied – the database at ${place} was made by another version – start this bridgebox once, or copy it with the one that runs.`,
  );
};

const copyInto = async (client: ClientBase, draft: string, fingerprint: string): Promise<void> => {
  const db = openForWriting(draft);
  try {
    prepareSchema(db, fingerprint);
    db.pragma("foreign_keys = OFF");
    for (const table of tablesOf(db)) await copyTable(client, db, table);
  } finally {
    db.close();
  }
};
