import type { Millis } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { PortalId, Seen } from "../types.ts";

const add = query<{ portal: PortalId; key: string; at: Millis }>()((db, slot) =>
  db
    .insertInto("seen")
    .values(slotsOf(slot, ["portal", "key", "at"]))
    .onConflict((conflict) => conflict.doNothing()),
);

const forget = query<{ before: Millis }>()((db, slot) =>
  db.deleteFrom("seen").where("at", "<", slot("before")),
);

export const seen = (queries: Queries): Seen => ({
  add: async (portal, key, at) => (await queries.run(add, { portal, key, at })) > 0,
  forget: async (before) => void (await queries.run(forget, { before })),
});
