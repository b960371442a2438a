import type { Selectable, SqlBool } from "kysely";
import { sql } from "kysely";
import type { Millis } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { OutcomeTable } from "../tables.ts";
import type { Outcome, Outcomes, OutcomeState, PortalId } from "../types.ts";
import { limitOfForgotten } from "./forgetting.ts";
import { isParked, notParked } from "./item-queries.ts";
import { parsedOffers } from "./json.ts";

type Row = Selectable<OutcomeTable>;

const changeable = [
  "direction",
  "state",
  "code",
  "sentence",
  "at",
  "room",
] as const satisfies readonly (keyof Row)[];

const put = query<Omit<Row, "offers">>()((db, slot) =>
  db
    .insertInto("outcome")
    .values(slotsOf(slot, ["origin", "portal", "notice", ...changeable]))
    .onConflict((conflict) =>
      conflict.columns(["origin", "portal"]).doUpdateSet(slotsOf(slot, changeable)),
    ),
);

const one = query<{ origin: string; portal: PortalId }>()((db, slot) =>
  db
    .selectFrom("outcome")
    .selectAll()
    .where("origin", "=", slot("origin"))
    .where("portal", "=", slot("portal")),
);

const setNotice = query<{ origin: string; portal: PortalId; notice: string }>()((db, slot) =>
  db
    .updateTable("outcome")
    .set({ notice: slot("notice") })
    .where("origin", "=", slot("origin"))
    .where("portal", "=", slot("portal")),
);

const setOffers = query<{ origin: string; portal: PortalId; offers: string | null }>()((db, slot) =>
  db
    .updateTable("outcome")
    .set({ offers: slot("offers") })
    .where("origin", "=", slot("origin"))
    .where("portal", "=", slot("portal")),
);

/** What the other portal has an outcome of has its own story there. */
export const follow = query<{ from: PortalId; to: PortalId }>()((db, slot) => {
  const there = db.selectFrom("item").select("item.origin").where("item.portal", "=", slot("to"));
  return db
    .updateTable("outcome")
    .set({ portal: slot("to") })
    .where("portal", "=", slot("from"))
    .where("origin", "in", there.where(notParked).unionAll(there.where(isParked)))
    .where((is) =>
      is.not(
        is.exists(
          db
            .selectFrom("outcome as known")
            .select("known.origin")
            .where("known.origin", "=", is.ref("outcome.origin"))
            .where("known.portal", "=", slot("to")),
        ),
      ),
    );
});

const byNotice = query<{ notice: string }>()((db, slot) =>
  db
    .selectFrom("outcome")
    .selectAll()
    .where(sql<SqlBool>`notice is not null`)
    .where("notice", "=", slot("notice")),
);

const recent = query<{ limit: number }>()((db, slot) =>
  db.selectFrom("outcome").selectAll().orderBy("at", "desc").limit(slot("limit")),
);

const delivered = query<{ limit: number }>()((db, slot) =>
  db
    .selectFrom("outcome")
    .selectAll()
    .where("state", "=", "delivered")
    .orderBy("at", "desc")
    .limit(slot("limit")),
);

/** The rare states have their own index; the condition is written out so that it answers. */
const trouble = query<{ limit: number; state: OutcomeState }>()((db, slot) =>
  db
    .selectFrom("outcome")
    .selectAll()
    .where(sql<SqlBool>`state <> 'delivered'`)
    .where("state", "=", slot("state"))
    .orderBy("at", "desc")
    .limit(slot("limit")),
);

const counts = query()((db) =>
  db
    .selectFrom("outcome")
    .select(["direction", "state", (row) => row.fn.countAll<number>().as("count")])
    .groupBy(["direction", "state"]),
);

const forget = query<{ before: Millis }>()((db, slot) =>
  db.deleteFrom("outcome").where(
    (row) => row.refTuple("origin", "portal"),
    "in",
    (old) =>
      old
        .selectFrom("outcome")
        .select(["origin", "portal"])
        .where("at", "<", slot("before"))
        .orderBy("at")
        .limit(limitOfForgotten)
        .$asTuple("origin", "portal"),
  ),
);

const toOutcome = (row: Row): Outcome => ({
  origin: row.origin,
  portal: row.portal,
  direction: row.direction,
  state: row.state,
  code: row.code ?? undefined,
  sentence: row.sentence ?? undefined,
  at: row.at,
  room: row.room ?? undefined,
  notice: row.notice ?? undefined,
  ...(row.offers === null ? {} : { offers: parsedOffers(row.offers) }),
});

export const outcomes = (queries: Queries): Outcomes => ({
  put: async (outcome) =>
    void (await queries.run(put, {
      origin: outcome.origin,
      portal: outcome.portal,
      direction: outcome.direction,
      state: outcome.state,
      code: outcome.code ?? null,
      sentence: outcome.sentence ?? null,
      at: outcome.at,
      room: outcome.room ?? null,
      notice: outcome.notice ?? null,
    })),
  async get(origin, portal) {
    const row = await queries.one(one, { origin, portal });
    return row && toOutcome(row);
  },
  setNotice: async (origin, portal, notice) =>
    void (await queries.run(setNotice, { origin, portal, notice })),
  setOffers: async (origin, portal, offers) => {
    const text = Object.keys(offers).length === 0 ? null : JSON.stringify(offers);
    await queries.run(setOffers, { origin, portal, offers: text });
  },
  follow: async (from, to) => void (await queries.run(follow, { from, to })),
  async byNotice(notice) {
    const row = await queries.one(byNotice, { notice });
    return row && toOutcome(row);
  },
  async recent(limit, state) {
    if (state === undefined) return (await queries.all(recent, { limit })).map(toOutcome);
    if (state === "delivered") return (await queries.all(delivered, { limit })).map(toOutcome);
    return (await queries.all(trouble, { limit, state })).map(toOutcome);
  },
  counts: () => queries.all(counts, {}),
  forget: (before) => queries.run(forget, { before }),
});
