import type { Millis } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { Inbox } from "../types.ts";
import { limitOfForgotten } from "./forgetting.ts";
import { parsed } from "./json.ts";

const takeTransaction = query<{ id: string; at: Millis }>()((db, slot) =>
  db
    .insertInto("inbox_transaction")
    .values(slotsOf(slot, ["id", "at"]))
    .onConflict((conflict) => conflict.doNothing()),
);

const take = query<{ event_id: string; at: Millis }>()((db, slot) =>
  db
    .insertInto("inbox_taken")
    .values(slotsOf(slot, ["event_id", "at"]))
    .onConflict((conflict) => conflict.doNothing()),
);

const insert = query<{ event_id: string; at: Millis; event: string }>()((db, slot) =>
  db.insertInto("inbox").values(slotsOf(slot, ["event_id", "at", "event"])),
);

const next = query<{ limit: number }>()((db, slot) =>
  db.selectFrom("inbox").select(["seq", "at", "event"]).orderBy("seq").limit(slot("limit")),
);

const remove = query<{ seq: number }>()((db, slot) =>
  db.deleteFrom("inbox").where("seq", "=", slot("seq")),
);

const count = query()((db) =>
  db.selectFrom("inbox").select((row) => row.fn.countAll<number>().as("count")),
);

const forgetTransactions = query<{ before: Millis }>()((db, slot) =>
  db
    .deleteFrom("inbox_transaction")
    .where("id", "in", (old) =>
      old
        .selectFrom("inbox_transaction")
        .select("id")
        .where("at", "<", slot("before"))
        .orderBy("at")
        .limit(limitOfForgotten),
    ),
);

/** What is not routed yet is not forgotten, however old: it would be taken a second time. */
const forgetTaken = query<{ before: Millis }>()((db, slot) =>
  db.deleteFrom("inbox_taken").where("event_id", "in", (old) =>
    old
      .selectFrom("inbox_taken")
      .select("event_id")
      .where("at", "<", slot("before"))
      .where("event_id", "not in", (waiting) => waiting.selectFrom("inbox").select("event_id"))
      .orderBy("at")
      .limit(limitOfForgotten),
  ),
);

export const inbox = (queries: Queries): Inbox => ({
  takeTransaction: async (id, at) => (await queries.run(takeTransaction, { id, at })) > 0,
  take: async (eventId, at) => (await queries.run(take, { event_id: eventId, at })) > 0,
  async add(eventId, event, at) {
    if ((await queries.run(take, { event_id: eventId, at })) === 0) return false;
    await queries.run(insert, { event_id: eventId, at, event: JSON.stringify(event) });
    return true;
  },
  next: async (limit) =>
    (await queries.all(next, { limit })).map((row) => ({ ...row, event: parsed(row.event) })),
  done: async (seq) => void (await queries.run(remove, { seq })),
  count: async () => (await queries.one(count, {}))?.count ?? 0,
  async forget(before) {
    const transactions = await queries.run(forgetTransactions, { before });
    return transactions + (await queries.run(forgetTaken, { before }));
  },
});
