import Database from "better-sqlite3";
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { StoreBroken, StoreFull } from "./errors.ts";
import { makeOwnFile } from "./own-file.ts";
import { decoded, written } from "./odd-text.ts";
import type { Dialect, Queries, Query, Value, Values } from "./query.ts";
import { compile, Slot } from "./query.ts";
import type { Tables } from "./tables.ts";

export type { Database } from "better-sqlite3";

/** Builds SQL only: nothing ever runs through it. */
const builder = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  },
});

/**
 * With `column = ?` and an order, SQLite's planner looks at the value, and so prepares the statement
 * anew at every binding: four times the cost of running it. It does not look behind a plus sign.
 */
export const sqliteDialect: Dialect = { builder, beforeSlot: "+" };

const brokenCodes =
  /^SQLITE_(IOERR|CORRUPT|NOTADB|READONLY|CANTOPEN|BUSY|LOCKED|PROTOCOL|PERM|NOMEM)/;

/** What a failing call of the database means to whoever asked for the commit. */
export const translated = (thrown: unknown): unknown => {
  if (!(thrown instanceof Database.SqliteError)) return thrown;
  if (thrown.code === "SQLITE_FULL") return new StoreFull(thrown);
  if (!brokenCodes.test(thrown.code)) return thrown;
  return new StoreBroken(
    thrown.code.startsWith("SQLITE_BUSY")
      ? "Nothing was stored – another process holds the store – stop the other one."
      : `Nothing was stored – the database said ${thrown.code}: ${thrown.message} – look at the disk and at who may read and write the store's files.`,
    thrown,
  );
};

interface Prepared {
  readonly statement: Database.Statement<unknown[], unknown>;
  readonly bind: (values: Values) => Value[];
}

/** A row of the driver's own making, its texts as they went in. */
const asRead = <Row>(row: Row): Row => {
  const columns = row as Record<string, unknown>;
  for (const [name, value] of Object.entries(columns)) {
    if (typeof value === "string") columns[name] = decoded(value);
  }
  return row;
};

/** The prepared statements of one connection, each made once. */
export const statementsOf = (
  db: Database.Database,
): (<P extends Values, Row>(query: Query<P, Row>) => Prepared) => {
  const known = new Map<object, Prepared>();
  return (query) => {
    const old = known.get(query);
    if (old) return old;
    const { sql, binds } = compile(sqliteDialect, query);
    const fresh: Prepared = {
      statement: db.prepare(sql),
      bind: (values) =>
        binds.map((bind) => written(bind instanceof Slot ? (values[bind.name] ?? null) : bind)),
    };
    known.set(query, fresh);
    return fresh;
  };
};

/**
 * Runs statements at once: the promises are there for the dialects that need them. `guard` throws
 * when this connection must not be used now. Whole numbers beyond 2^53 would come back rounded, so
 * no column holds any: what a network calls an id is text.
 */
export const sqliteQueries = (
  prepare: ReturnType<typeof statementsOf>,
  guard: () => void = () => undefined,
): Queries => {
  const attempt = <T>(run: () => T): Promise<T> => {
    try {
      guard();
      return Promise.resolve(run());
    } catch (thrown) {
      return Promise.reject(translated(thrown));
    }
  };
  return {
    all: <P extends Values, Row>(query: Query<P, Row>, values: P) =>
      attempt(() => {
        const { statement, bind } = prepare(query);
        return (statement.all(...bind(values)) as Row[]).map(asRead);
      }),
    one: <P extends Values, Row>(query: Query<P, Row>, values: P) =>
      attempt(() => {
        const { statement, bind } = prepare(query);
        const row = statement.get(...bind(values)) as Row | undefined;
        return row && asRead(row);
      }),
    run: <P extends Values>(query: Query<P, unknown>, values: P) =>
      attempt(() => {
        const { statement, bind } = prepare(query);
        return statement.run(...bind(values)).changes;
      }),
  };
};

/** The connection that writes. Its file is 0600 before anything is in it; so are its WAL files. */
export const openForWriting = (path: string): Database.Database => {
  makeOwnFile(path);
  const db = new Database(path, { timeout: 2_000 });
  try {
    db.pragma("auto_vacuum = INCREMENTAL");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    db.pragma("journal_size_limit = 67108864");
    db.pragma("cache_size = -16000");
    // What a savepoint takes back is held here: else each group of works opens a file in a folder for temporary ones.
    db.pragma("temp_store = MEMORY");
    return db;
  } catch (thrown) {
    db.close();
    throw translated(thrown);
  }
};

/** The connection that sees what is committed and nothing else. */
export const openForReading = (path: string): Database.Database => {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 2_000 });
  db.pragma("cache_size = -8000");
  db.pragma("temp_store = MEMORY");
  return db;
};
