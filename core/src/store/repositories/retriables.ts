import type { Selectable } from "kysely";
import type { Millis } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { RetriableTable } from "../tables.ts";
import type { PortalId, Retriable, Retriables } from "../types.ts";
import { limitOfForgotten } from "./forgetting.ts";
import { parsed, parsedDraft, textIf } from "./json.ts";

type Row = Selectable<RetriableTable>;

const changeable = [
  "portal",
  "origin",
  "sub",
  "kind",
  "payload",
  "draft",
  "attempt",
  "first_at",
  "notes",
  "doubtful",
  "at",
] as const satisfies readonly (keyof Row)[];

const put = query<Row>()((db, slot) =>
  db
    .insertInto("retriable")
    .values(slotsOf(slot, ["key", ...changeable]))
    .onConflict((conflict) => conflict.column("key").doUpdateSet(slotsOf(slot, changeable))),
);

const byKey = query<{ key: string }>()((db, slot) =>
  db.selectFrom("retriable").selectAll().where("key", "=", slot("key")),
);

const ofOrigin = query<{ origin: string }>()((db, slot) =>
  db
    .selectFrom("retriable")
    .selectAll()
    .where("origin", "=", slot("origin"))
    .orderBy("portal")
    .orderBy("sub")
    .orderBy("key"),
);

const remove = query<{ key: string }>()((db, slot) =>
  db.deleteFrom("retriable").where("key", "=", slot("key")),
);

const forget = query<{ before: Millis }>()((db, slot) =>
  db
    .deleteFrom("retriable")
    .where("key", "in", (old) =>
      old
        .selectFrom("retriable")
        .select("key")
        .where("at", "<", slot("before"))
        .orderBy("at")
        .limit(limitOfForgotten),
    ),
);

const toRetriable = (row: Row): Retriable => ({
  key: row.key,
  portal: row.portal,
  origin: row.origin,
  sub: row.sub,
  kind: row.kind,
  payload: parsed(row.payload),
  draft: row.draft === null ? undefined : parsedDraft(row.draft),
  attempt: row.attempt,
  firstAt: row.first_at ?? undefined,
  notes: row.notes === null ? null : parsed(row.notes),
  doubtful: row.doubtful === 1,
  at: row.at,
});

export const retriables = (queries: Queries): Retriables => ({
  put: async (row) =>
    void (await queries.run(put, {
      key: row.key,
      portal: row.portal,
      origin: row.origin,
      sub: row.sub,
      kind: row.kind,
      payload: JSON.stringify(row.payload),
      draft: textIf(row.draft),
      attempt: row.attempt,
      first_at: row.firstAt ?? null,
      notes: row.notes === null ? null : JSON.stringify(row.notes),
      doubtful: Number(row.doubtful),
      at: row.at,
    })),
  async byKey(key) {
    const row = await queries.one(byKey, { key });
    return row && toRetriable(row);
  },
  async of(origin: string, portal?: PortalId) {
    const rows = await queries.all(ofOrigin, { origin });
    return rows.filter((row) => portal === undefined || row.portal === portal).map(toRetriable);
  },
  remove: async (key) => void (await queries.run(remove, { key })),
  forget: (before) => queries.run(forget, { before }),
});
