import type { Millis } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { PortalId, Seen } from "../types.ts";
import { limitOfForgotten } from "./forgetting.ts";

const add = query<{ portal: PortalId; key: string; at: Millis }>()((db, slot) =>
  db
    .insertInto("seen")
    .values(slotsOf(slot, ["portal", "key", "at"]))
    .onConflict((conflict) => conflict.doNothing()),
);

const has = query<{ portal: PortalId; key: string }>()((db, slot) =>
  db
    .selectFrom("seen")
    .select("at")
    .where("portal", "=", slot("portal"))
    .where("key", "=", slot("key")),
);

const forget = query<{ before: Millis }>()((db, slot) =>
  db.deleteFrom("seen").where(
    (row) => row.refTuple("portal", "key"),
    "in",
    (old) =>
      old
        .selectFrom("seen")
        .select(["portal", "key"])
        .where("at", "<", slot("before"))
        .orderBy("at")
        .limit(limitOfForgotten)
        .$asTuple("portal", "key"),
  ),
);

export const seen = (queries: Queries): Seen => ({
  add: async (portal, key, at) => (await queries.run(add, { portal, key, at })) > 0,
  has: async (portal, key) => (await queries.one(has, { portal, key })) !== undefined,
  forget: (before) => queries.run(forget, { before }),
});
