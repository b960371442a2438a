import type { Selectable, SqlBool } from "kysely";
import { sql } from "kysely";
import type { MessageId } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { AssertionTable } from "../tables.ts";
import type { Assertion, Assertions, PortalId } from "../types.ts";
import { parsed } from "./json.ts";

type Row = Selectable<AssertionTable>;

const place = ["portal", "message", "part", "kind", "user_id", "name", "by_mxid"] as const;
const changeable = ["value", "event", "room", "dirty", "at"] as const;

const put = query<Omit<Row, "seq">>()((db, slot) =>
  db
    .insertInto("assertion")
    .values(slotsOf(slot, [...place, ...changeable]))
    .onConflict((conflict) => conflict.columns(place).doUpdateSet(slotsOf(slot, changeable))),
);

const of = query<{ portal: PortalId; message: MessageId }>()((db, slot) =>
  db
    .selectFrom("assertion")
    .selectAll()
    .where("portal", "=", slot("portal"))
    .where("message", "=", slot("message"))
    .orderBy("seq"),
);

const byEvent = query<{ event: string }>()((db, slot) =>
  db
    .selectFrom("assertion")
    .selectAll()
    .where(sql<SqlBool>`event is not null`)
    .where("event", "=", slot("event"))
    .orderBy("seq"),
);

const ofKind = query<{ portal: PortalId; kind: Assertion["kind"] }>()((db, slot) =>
  db
    .selectFrom("assertion")
    .selectAll()
    .where("portal", "=", slot("portal"))
    .where("kind", "=", slot("kind"))
    .orderBy("seq"),
);

const remove = query<{ seq: number }>()((db, slot) =>
  db.deleteFrom("assertion").where("seq", "=", slot("seq")),
);

const forget = query<{ portal: PortalId; message: MessageId }>()((db, slot) =>
  db
    .deleteFrom("assertion")
    .where("portal", "=", slot("portal"))
    .where("message", "=", slot("message")),
);

const toAssertion = (row: Row): Assertion => ({
  seq: row.seq,
  portal: row.portal,
  message: row.message,
  part: row.part,
  kind: row.kind,
  user: row.user_id,
  name: row.name,
  by: row.by_mxid === "" ? undefined : row.by_mxid,
  value: row.value === null ? null : parsed(row.value),
  event: row.event ?? undefined,
  room: row.room ?? undefined,
  dirty: row.dirty === 1,
  at: row.at,
});

export const assertions = (queries: Queries): Assertions => ({
  put: async (row) =>
    void (await queries.run(put, {
      portal: row.portal,
      message: row.message,
      part: row.part,
      kind: row.kind,
      user_id: row.user,
      name: row.name,
      by_mxid: row.by ?? "",
      value: row.value === null ? null : JSON.stringify(row.value),
      event: row.event ?? null,
      room: row.room ?? null,
      dirty: Number(row.dirty),
      at: row.at,
    })),
  of: async (portal, message) => (await queries.all(of, { portal, message })).map(toAssertion),
  byEvent: async (portal, event) =>
    (await queries.all(byEvent, { event })).filter((row) => row.portal === portal).map(toAssertion),
  ofKind: async (portal, kind) => (await queries.all(ofKind, { portal, kind })).map(toAssertion),
  remove: async (seq) => void (await queries.run(remove, { seq })),
  forget: async (portal, message) => void (await queries.run(forget, { portal, message })),
});
