import type { Millis } from "../adapter/index.ts";
import { StoreBroken } from "./errors.ts";
import type { Session, Writer } from "./group-commit.ts";
import { GroupCommit } from "./group-commit.ts";
import type { KeyTerms, Meta } from "./migrate.ts";
import { preparation } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import type { Words } from "./migrations/migration.ts";
import { repositoriesOn } from "./repositories/index.ts";
import type { Database } from "./sqlite-connection.ts";
import {
  openForReading,
  openForWriting,
  sqliteQueries,
  statementsOf,
  translated,
} from "./sqlite-connection.ts";
import { lockFor } from "./process-lock.ts";
import type { Repositories, Store } from "./types.ts";
import { openVault } from "./vault.ts";

export interface SqliteOptions {
  readonly path: string;
  readonly boxKey: Uint8Array;
  readonly key?: KeyTerms;
  /** Written on every new item; one process has one. */
  readonly shard?: number;
  readonly clock?: () => Millis;
}

export const words: Words = {
  serial: "integer primary key autoincrement",
  int: "integer",
  millis: "integer",
  compact: "without rowid",
};

/** What the store says of itself; undefined: it is new. */
export const metaOf = (db: Database): Meta => {
  if (!db.prepare("select 1 from sqlite_master where name = 'meta'").get()) return undefined;
  const rows = db.prepare<[], { name: string; value: string }>("select name, value from meta");
  return new Map(rows.all().map(({ name, value }) => [name, value]));
};

const attempt = <T>(run: () => T): T => {
  try {
    return run();
  } catch (thrown) {
    throw translated(thrown);
  }
};

/** Brings the schema up to this program's, in one transaction. */
export const prepareSchema = (db: Database, fingerprint: string, key: KeyTerms = {}): void => {
  const wanted = { ...key, migrations, words, fingerprint };
  attempt(() =>
    db
      .transaction(() => {
        for (const statement of preparation(metaOf(db), wanted)) db.exec(statement);
      })
      .immediate(),
  );
};

/** The connection that writes, as the group commit wants it. */
export const sqliteWriter = (
  db: Database,
  repositories: (queries: ReturnType<typeof sqliteQueries>) => Repositories,
): Writer<Repositories> => {
  const prepare = statementsOf(db);
  const command = (sql: string): (() => void) => {
    const statement = db.prepare(sql);
    return () => void attempt(() => statement.run());
  };
  const release = command("release work");
  const back = command("rollback to work");
  return {
    get open() {
      return db.inTransaction;
    },
    begin: command("begin immediate"),
    commit: command("commit"),
    rollback: command("rollback"),
    mark: command("savepoint work"),
    release,
    undo() {
      back();
      release();
    },
    session(): Session<Repositories> {
      let revoked = false;
      const guard = (): void => {
        if (!revoked && db.inTransaction) return;
        throw new StoreBroken(
          "Nothing was stored – the transaction is over – use its repositories only inside its work.",
        );
      };
      return {
        tx: repositories(sqliteQueries(prepare, guard)),
        revoke: () => void (revoked = true),
      };
    },
    watch(stalled) {
      const turn = setImmediate(stalled);
      return () => clearImmediate(turn);
    },
  };
};

const mostPagesGivenBack = 4_000;

/** Opened by `openSqliteStore`; the writing connection is there for tests that need the real fault. */
export const openSqlite = (options: SqliteOptions): { store: Store; writing: Database } => {
  const vault = openVault(options.boxKey);
  const lock = lockFor(options.path);
  try {
    return opened(options, vault, lock);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
};

const opened = (
  options: SqliteOptions,
  vault: ReturnType<typeof openVault>,
  lock: ReturnType<typeof lockFor>,
): { store: Store; writing: Database } => {
  const writing = openForWriting(options.path);
  try {
    prepareSchema(writing, vault.fingerprint, options.key);
    const reading = openForReading(options.path);
    const repositories = repositoriesOn({
      vault,
      shard: options.shard ?? 0,
      clock: options.clock ?? Date.now,
    });
    const group = new GroupCommit(sqliteWriter(writing, repositories));
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await group.close();
      reading.close();
      attempt(() => writing.pragma(`incremental_vacuum(${mostPagesGivenBack})`));
      writing.close();
      lock.release();
    };
    const store: Store = {
      read: repositories(sqliteQueries(statementsOf(reading))),
      commit: (work) => group.commit(work),
      away: undefined,
      close: () => (closing ??= close()),
    };
    return { store, writing };
  } catch (thrown) {
    writing.close();
    throw thrown;
  }
};

/**
 * The store in one SQLite file, opened at once whatever its size.
 * @throws StoreBroken when a newer program or another box key made it, another process works with
 * it, or the file cannot be used.
 */
export const openSqliteStore = (options: SqliteOptions): Promise<Store> =>
  new Promise((resolve) => resolve(openSqlite(options).store));
