import type { Log, Millis } from "../adapter/index.ts";
import { GroupCommit } from "./group-commit.ts";
import { createActivity } from "./postgres-activity.ts";
import { postgresQueries } from "./postgres-connection.ts";
import type { KeyTerms } from "./migrate.ts";
import { Link } from "./postgres-link.ts";
import { markName } from "./postgres-ownership.ts";
import { openReader } from "./postgres-reader.ts";
import { prepareSchema } from "./postgres-start.ts";
import { postgresWriter } from "./postgres-writer.ts";
import { repositoriesOn } from "./repositories/index.ts";
import type { Store } from "./types.ts";
import { openVault } from "./vault.ts";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`, as libpq has it. */
  readonly uri: string;
  readonly boxKey: Uint8Array;
  readonly key?: KeyTerms;
  readonly log: Log;
  /** Written on every new item; one process has one. */
  readonly shard?: number;
  readonly clock?: () => Millis;
  /** How long a start waits for a database that is not there yet; 30 s. */
  readonly startPatience?: Millis;
  /** How long a commit or a question waits for a database that went away; 20 s. */
  readonly outagePatience?: Millis;
}

/**
 * The store in a PostgreSQL database of its own, or a schema of one. One connection writes, a few
 * read. When the connection is lost, works that had begun are rejected and nothing of them is stored;
 * those that come later wait for the database to come back. A commit whose answer was lost is looked
 * up before anybody is told.
 * @throws StoreBroken when the database cannot be used, is not there in time, belongs to another box
 * or box key, or was made by a newer program.
 */
export const openPostgresStore = async (options: PostgresOptions): Promise<Store> => {
  const { uri, shard = 0, outagePatience = 20_000 } = options;
  const vault = openVault(options.boxKey);
  const link = await Link.open({
    uri,
    shard,
    log: options.log,
    startPatience: options.startPatience ?? 30_000,
    outagePatience,
    prepare: prepareSchema(vault.fingerprint, options.key),
  });
  const activity = createActivity();
  const reader = openReader({ uri, place: link.place, patience: outagePatience }, activity);
  const repositories = repositoriesOn({ vault, shard, clock: options.clock ?? Date.now });
  const writer = postgresWriter({ link, activity, repositories, markName: markName(shard) });
  const group = new GroupCommit(writer);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const hurried = link.hurry();
    await group.close();
    hurried();
    await reader.close();
    await link.close();
  };
  return {
    read: repositories(postgresQueries((asked) => reader.ask(asked))),
    commit: (work) => group.commit(work),
    get away() {
      return link.away?.message;
    },
    close: () => (closing ??= close()),
  };
};
