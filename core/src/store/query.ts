import type { Compilable, Kysely, RawBuilder } from "kysely";
import { sql } from "kysely";
import type { Tables } from "./tables.ts";

/** What a column may hold in every dialect; anything richer is JSON text. */
export type Value = string | number | null;
export type Values = Readonly<Record<string, Value>>;

/** Stands in a built statement where a value comes later. */
export class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export type Slots<P> = <K extends keyof P & string>(name: K) => RawBuilder<P[K]>;

/**
 * A statement written once, without values and without a dialect. Each dialect builds it on first
 * use and keeps it prepared: building the SQL anew costs ten times what running it does.
 */
export interface Query<P extends Values, Row> {
  readonly build: (db: Kysely<Tables>, slot: Slots<P>) => Compilable<Row>;
}

/** `query<{ id: ItemId }>()((db, slot) => db.selectFrom("item").where("id", "=", slot("id")))` */
export const query =
  <P extends Values = Readonly<Record<string, never>>>() =>
  <Row>(build: Query<P, Row>["build"]): Query<P, Row> => ({ build });

/** What a dialect gives the repositories. */
export interface Queries {
  all<P extends Values, Row>(query: Query<P, Row>, values: P): Promise<readonly Row[]>;
  one<P extends Values, Row>(query: Query<P, Row>, values: P): Promise<Row | undefined>;
  /** How many rows it changed. */
  run<P extends Values>(query: Query<P, unknown>, values: P): Promise<number>;
}

/** A slot for each of these columns, as an insert wants them. */
export const slotsOf = <P, K extends keyof P & string>(
  slot: Slots<P>,
  names: readonly K[],
): { [N in K]: RawBuilder<P[N]> } =>
  Object.fromEntries(names.map((name) => [name, slot(name)])) as { [N in K]: RawBuilder<P[N]> };

export interface Compiled {
  readonly sql: string;
  /** The values to bind, in order: a slot's name, or a constant of the statement. */
  readonly binds: readonly (Slot | Value)[];
}

const isValue = (value: unknown): value is Value =>
  value === null || typeof value === "string" || typeof value === "number";

/** How a database wants its statements written. */
export interface Dialect {
  readonly builder: Kysely<Tables>;
  /** Stands before each value that comes later. */
  readonly beforeSlot: string;
}

/** Writes a statement for that dialect. */
export const compile = <P extends Values, Row>(
  { builder, beforeSlot }: Dialect,
  query: Query<P, Row>,
): Compiled => {
  const slot: Slots<P> = (name) => sql`${sql.raw(beforeSlot)}${new Slot(name)}`;
  const { sql: text, parameters } = query.build(builder, slot).compile();
  const binds = parameters.map((bind) => {
    if (bind instanceof Slot || isValue(bind)) return bind;
    throw new TypeError(`A statement binds a ${typeof bind}: ${text}`);
  });
  return { sql: text, binds };
};
