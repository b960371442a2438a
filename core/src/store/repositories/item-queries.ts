import type { Insertable, SqlBool } from "kysely";
import { sql } from "kysely";
import type { Millis } from "../../adapter/index.ts";
import { query, slotsOf } from "../query.ts";
import type { ItemTable } from "../tables.ts";
import type { Direction, ItemId, PortalId } from "../types.ts";

export type NewRow = Required<Omit<Insertable<ItemTable>, "id">>;

/** Written out, not bound: only then does the partial index of the lane's head answer. */
export const notParked = sql<SqlBool>`state <> 'parked'`;
export const isParked = sql<SqlBool>`state = 'parked'`;
const order = sql<number>`coalesce(ord, id)`;

type InLane = { portal: PortalId; direction: Direction; limit: number };
type ById = { id: ItemId };

const columns = [
  "portal",
  "direction",
  "shard",
  "epoch",
  "rank",
  "ord",
  "place",
  "sub",
  "origin",
  "kind",
  "payload",
  "draft",
  "at",
  "key",
  "state",
  "attempt",
  "first_at",
  "until",
  "wait_key",
  "notes",
  "why",
] as const satisfies readonly (keyof NewRow)[];

export const insert = query<NewRow>()((db, slot) =>
  db.insertInto("item").values(slotsOf(slot, columns)).returning("id"),
);

export const byId = query<ById>()((db, slot) =>
  db.selectFrom("item").selectAll().where("id", "=", slot("id")),
);

export const byKey = query<{ key: string }>()((db, slot) =>
  db.selectFrom("item").selectAll().where("key", "=", slot("key")),
);

export const firstOf = query<InLane>()((db, slot) =>
  db
    .selectFrom("item")
    .selectAll()
    .where(notParked)
    .where("portal", "=", slot("portal"))
    .where("direction", "=", slot("direction"))
    .orderBy("rank")
    .orderBy(order)
    .orderBy("place")
    .limit(slot("limit")),
);

export const parkedOf = query<InLane>()((db, slot) =>
  db
    .selectFrom("item")
    .selectAll()
    .where(isParked)
    .where("portal", "=", slot("portal"))
    .where("direction", "=", slot("direction"))
    .orderBy("rank")
    .orderBy(order)
    .orderBy("place")
    .limit(slot("limit")),
);

export const lanesOf = query<{ shard: number }>()((db, slot) =>
  db
    .selectFrom("item")
    .select(["portal", "direction"])
    .distinct()
    .where(notParked)
    .where("shard", "=", slot("shard")),
);

export const byOrigin = query<{ origin: string }>()((db, slot) =>
  db
    .selectFrom("item")
    .selectAll()
    .where("origin", "=", slot("origin"))
    .orderBy(order)
    .orderBy("place"),
);

export const claim = query<ById & { at: Millis; draft: string | null }>()((db, slot) =>
  db
    .updateTable("item")
    .set((item) => ({
      state: "trying",
      attempt: item("attempt", "+", 1),
      first_at: item.fn.coalesce("first_at", slot("at")),
      draft: item.fn.coalesce(slot("draft"), "draft"),
      until: null,
    }))
    .where("id", "=", slot("id")),
);

export const wait = query<ById & { until: Millis; why: string; state: "waiting" | "trying" }>()(
  (db, slot) =>
    db
      .updateTable("item")
      .set(slotsOf(slot, ["state", "until", "why"]))
      .where("id", "=", slot("id")),
);

/** Nothing of it failed: its attempts are counted anew. */
export const goOn = query<ById>()((db, slot) =>
  db
    .updateTable("item")
    .set({ state: "ready", attempt: 0, first_at: null, until: null, why: null })
    .where("id", "=", slot("id")),
);

export const park = query<ById & { until: Millis; waitKey: string }>()((db, slot) =>
  db
    .updateTable("item")
    .set({ state: "parked", until: slot("until"), wait_key: slot("waitKey") })
    .where("id", "=", slot("id")),
);

export const wake = query<{ waitKey: string }>()((db, slot) =>
  db
    .updateTable("item")
    .set({ state: "ready", until: null, wait_key: null })
    .where(isParked)
    .where("wait_key", "=", slot("waitKey"))
    .returning(["portal", "direction"]),
);

export const wakeExpired = query<{ now: Millis }>()((db, slot) =>
  db
    .updateTable("item")
    .set({ state: "ready", until: null })
    .where(isParked)
    .where("until", "<=", slot("now"))
    .returning(["portal", "direction"]),
);

export const parkedKeys = query()((db) =>
  db.selectFrom("item").select("wait_key").distinct().where(isParked),
);

/** `like`: the beginning of their keys and a percent sign. */
export const parkedFor = query<{ like: string }>()((db, slot) =>
  db
    .selectFrom("item")
    .innerJoin("portal", "portal.id", "item.portal")
    .select(["item.id", "item.until", "portal.network"])
    .where(sql<SqlBool>`item.state = 'parked'`)
    .where("item.wait_key", "like", slot("like")),
);

export const nextExpiry = query()((db) =>
  db.selectFrom("item").select("until").where(isParked).orderBy("until").limit(1),
);

export const untriedOf = query<Omit<InLane, "limit">>()((db, slot) =>
  db
    .selectFrom("item")
    .selectAll()
    .where(notParked)
    .where("portal", "=", slot("portal"))
    .where("direction", "=", slot("direction"))
    .where("state", "<>", "trying"),
);

export const parkedIn = query<Omit<InLane, "limit">>()((db, slot) =>
  db
    .selectFrom("item")
    .selectAll()
    .where(isParked)
    .where("portal", "=", slot("portal"))
    .where("direction", "=", slot("direction")),
);

export const note = query<ById & { notes: string }>()((db, slot) =>
  db
    .updateTable("item")
    .set({ notes: slot("notes") })
    .where("id", "=", slot("id")),
);

export const replacePayload = query<ById & { payload: string }>()((db, slot) =>
  db
    .updateTable("item")
    .set({ payload: slot("payload") })
    .where("id", "=", slot("id")),
);

export const remove = query<ById>()((db, slot) =>
  db.deleteFrom("item").where("id", "=", slot("id")),
);

export const depth = query()((db) =>
  db
    .selectFrom("item")
    .select(["direction", "state", (item) => item.fn.countAll<number>().as("count")])
    .groupBy(["direction", "state"]),
);

export const depthByNetwork = query()((db) =>
  db
    .selectFrom("item")
    .innerJoin("portal", "portal.id", "item.portal")
    .select(["portal.network", "item.direction", (it) => it.fn.countAll<number>().as("count")])
    .groupBy(["portal.network", "item.direction"]),
);
