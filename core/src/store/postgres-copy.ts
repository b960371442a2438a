import { chmod, rename, rm } from "node:fs/promises";
import type { ClientBase, QueryResultRow } from "pg";
import { written } from "./odd-text.ts";
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

/** Everything that was committed at one moment, as a store in one SQLite file. */
export const copyInto = async (
  client: ClientBase,
  path: string,
  fingerprint: string,
): Promise<void> => {
  const draft = `${path}.part`;
  await rm(draft, { force: true });
  const db = openForWriting(draft);
  try {
    prepareSchema(db, fingerprint);
    db.pragma("foreign_keys = OFF");
    await client.query("begin isolation level repeatable read read only");
    for (const table of tablesOf(db)) await copyTable(client, db, table);
    await client.query("commit");
    db.close();
    await chmod(draft, 0o600);
    await rename(draft, path);
  } catch (thrown) {
    db.close();
    await rm(draft, { force: true });
    throw thrown;
  }
};
