import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from "kysely";
import { DatabaseError } from "pg";
import type { Client, ClientBase, ClientConfig, QueryResult } from "pg";
import { StoreBroken, StoreFull } from "./errors.ts";
import type { Words } from "./migrations/migration.ts";
import { decoded, written } from "./odd-text.ts";
import type { Dialect, Queries, Query, Value, Values } from "./query.ts";
import { compile, Slot } from "./query.ts";
import type { Tables } from "./tables.ts";

export const postgresWords: Words = {
  serial: "bigint generated always as identity primary key",
  int: "bigint",
  millis: "double precision",
  compact: "",
};

/** Builds SQL only: nothing ever runs through it. */
const builder = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  },
});

export const postgresDialect: Dialect = { builder, beforeSlot: "" };

/** A 64-bit number as text; ours are counts and numbers of rows, which fit. */
const whole = (text: string): number => {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  throw new StoreBroken(
    `Nothing was read – the database holds the number ${text}, which is larger than any of ours – look at who else writes to it.`,
  );
};

/** By the object id of the type in PostgreSQL's catalogue; everything else of ours is text. */
const parsers = new Map<number, (text: string) => unknown>([
  [16, (text) => text === "t"],
  [20, whole],
  [23, whole],
  [701, Number],
]);

/** A statement that the server is still at after this long is ended, in milliseconds. */
const statementTimeout = 60_000;

/** What every connection of ours has in common. What the URI says wins. */
export const configOf = (uri: string): ClientConfig => ({
  connectionString: uri,
  application_name: "bridgebox",
  client_encoding: "UTF8",
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  connectionTimeoutMillis: 10_000,
  // Later than the server's own, which leaves the connection usable.
  query_timeout: statementTimeout + 15_000,
  types: { getTypeParser: (oid: number) => parsers.get(oid) ?? decoded },
});

/**
 * What a session is told once. A lost box is noticed within half a minute, so that its lock is free
 * for the next one. Every statement of ours has its index: without statistics, as in a new store,
 * the planner would read whole tables and go on doing so after they have grown.
 */
const sessionSettings = `
  set statement_timeout = ${statementTimeout};
  set lock_timeout = ${statementTimeout / 2};
  set idle_in_transaction_session_timeout = ${statementTimeout};
  set default_transaction_isolation = 'read committed';
  set tcp_keepalives_idle = 10;
  set tcp_keepalives_interval = 5;
  set tcp_keepalives_count = 3;
  set tcp_user_timeout = 25000;
  set enable_seqscan = off;
  set enable_bitmapscan = off;
  set jit = off`;

/** A commit that is not on disk when it resolves is none; stronger settings of the server stay. */
const durable =
  "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'";

export const setUpWriting = async (client: ClientBase): Promise<void> => {
  await client.query(sessionSettings);
  await client.query(durable);
  const { rows } = await client.query<{ standby: boolean }>(
    "select pg_is_in_recovery() as standby",
  );
  if (rows[0]?.standby === true) throw new Error("it is a standby, which only reads");
};

export const readingSettings = `${sessionSettings}; set default_transaction_read_only = on`;

/** Where that is, for people: never with the password. */
export const placeOf = ({ host, port, database }: Client): string =>
  `${host}${host.startsWith("/") ? "" : `:${port}`}/${database ?? ""}`;

/** The connection is of no use any more, or was never made; the next one may be. */
const passing = /^(?:08|57P0[1235]|25P0[34]|25006|53300)/;

/** Whatever the driver says by itself, and not for the server, is about the connection. */
export const isLost = (thrown: unknown): boolean => {
  if (thrown instanceof DatabaseError) return passing.test(thrown.code ?? "");
  return thrown instanceof Error && !(thrown instanceof StoreBroken);
};

export const whyOf = (thrown: unknown): string => {
  if (thrown instanceof AggregateError) return thrown.errors.map(whyOf).join(", ");
  return thrown instanceof Error ? thrown.message : String(thrown);
};

export const lost = (thrown: unknown): StoreBroken =>
  new StoreBroken(
    `Nothing was stored – the connection to the database was lost: ${whyOf(thrown)} – see that it runs; the box connects again by itself.`,
    thrown,
  );

/** Conditions of the server, not mistakes of a statement. */
const broken = /^(?:22021|40|42501|53|54|55|57014|58|F0|XX)/;

/** What a failing call of the database means to whoever asked for the commit. */
export const translated = (thrown: unknown): unknown => {
  if (thrown instanceof StoreBroken || thrown instanceof StoreFull) return thrown;
  if (isLost(thrown)) return lost(thrown);
  if (!(thrown instanceof DatabaseError)) return thrown;
  const { code = "", message } = thrown;
  if (code === "53100") return new StoreFull(thrown);
  if (!broken.test(code)) return thrown;
  return new StoreBroken(
    `Nothing was stored – the database said ${code}: ${message} – its own log says more.`,
    thrown,
  );
};

/** A statement with its values, prepared on each connection at its first use. */
export interface Asked {
  readonly name: string;
  readonly text: string;
  readonly values: Value[];
}

interface Prepared {
  readonly name: string;
  readonly text: string;
  readonly binds: readonly (Slot | Value)[];
}

const known = new WeakMap<object, Prepared>();
let count = 0;

const prepared = <P extends Values, Row>(query: Query<P, Row>): Prepared => {
  const found = known.get(query);
  if (found) return found;
  const { sql, binds } = compile(postgresDialect, query);
  count += 1;
  const fresh = { name: `bridgebox_${count}`, text: sql, binds };
  known.set(query, fresh);
  return fresh;
};

const askedOf = <P extends Values, Row>(query: Query<P, Row>, values: P): Asked => {
  const { name, text, binds } = prepared(query);
  return {
    name,
    text,
    values: binds.map((bind) => written(bind instanceof Slot ? (values[bind.name] ?? null) : bind)),
  };
};

/** Runs statements by whatever way `ask` has to the server. */
export const postgresQueries = (ask: (asked: Asked) => Promise<QueryResult>): Queries => ({
  all: async <P extends Values, Row>(query: Query<P, Row>, values: P) =>
    (await ask(askedOf(query, values))).rows as Row[],
  one: async <P extends Values, Row>(query: Query<P, Row>, values: P) =>
    (await ask(askedOf(query, values))).rows[0] as Row | undefined,
  run: async <P extends Values>(query: Query<P, unknown>, values: P) =>
    (await ask(askedOf(query, values))).rowCount ?? 0,
});
