import type { Kysely, Selectable, SqlBool } from "kysely";
import { sql } from "kysely";
import type { NetworkId, UserId } from "../../adapter/index.ts";
import type { Queries, Slots } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { RosterTable, Tables } from "../tables.ts";
import type { PortalId, Roster, RosterRow } from "../types.ts";

type Row = Selectable<RosterTable>;
type OfOne = { portal: PortalId; user: UserId };
type InRoom = { portal: PortalId; room: string };

/** Written out, not bound: only then does its partial index answer. */
const isDirty = sql<SqlBool>`dirty = 1`;

const one = query<OfOne>()((db, slot) =>
  db
    .selectFrom("roster")
    .selectAll()
    .where("portal", "=", slot("portal"))
    .where("user_id", "=", slot("user")),
);

const changeable = [
  "state",
  "role",
  "by_user",
  "reason",
  "dirty",
] as const satisfies readonly (keyof Row)[];

const put = query<Row>()((db, slot) =>
  db
    .insertInto("roster")
    .values(slotsOf(slot, ["portal", "user_id", ...changeable]))
    .onConflict((conflict) =>
      conflict.columns(["portal", "user_id"]).doUpdateSet(slotsOf(slot, changeable)),
    ),
);

const every = query<{ portal: PortalId }>()((db, slot) =>
  db.selectFrom("roster").selectAll().where("portal", "=", slot("portal")).orderBy("user_id"),
);

const first = query<{ portal: PortalId; limit: number }>()((db, slot) =>
  db
    .selectFrom("roster")
    .selectAll()
    .where("portal", "=", slot("portal"))
    .orderBy("user_id")
    .limit(slot("limit")),
);

const dirty = query<{ portal: PortalId; limit: number }>()((db, slot) =>
  db
    .selectFrom("roster")
    .selectAll()
    .where(isDirty)
    .where("portal", "=", slot("portal"))
    .orderBy("user_id")
    .limit(slot("limit")),
);

const clean = query<OfOne>()((db, slot) =>
  db
    .updateTable("roster")
    .set({ dirty: 0 })
    .where("portal", "=", slot("portal"))
    .where("user_id", "=", slot("user")),
);

/** Who has left and is shown so: what is not known of somebody is the same. */
const forget = query<OfOne>()((db, slot) =>
  db
    .deleteFrom("roster")
    .where("portal", "=", slot("portal"))
    .where("user_id", "=", slot("user"))
    .where("state", "=", "leave")
    .where("dirty", "=", 0),
);

const removeOne = query<OfOne>()((db, slot) =>
  db.deleteFrom("roster").where("portal", "=", slot("portal")).where("user_id", "=", slot("user")),
);

const forgetAll = query<{ portal: PortalId }>()((db, slot) =>
  db.deleteFrom("roster").where("portal", "=", slot("portal")),
);

/** Of people with a ghost that stands so in that room. */
const shownIn = (db: Kysely<Tables>, slot: Slots<InRoom>, memberships: readonly string[]) =>
  db
    .selectFrom("portal")
    .innerJoin("ghost", "ghost.network", "portal.network")
    .innerJoin("member", "member.mxid", "ghost.mxid")
    .select("ghost.user_id")
    .where("portal.id", "=", slot("portal"))
    .where("member.room", "=", slot("room"))
    .where("member.membership", "in", memberships);

const soil = query<{ portal: PortalId; room: string }>()((db, slot) =>
  db
    .updateTable("roster")
    .set({ dirty: 1 })
    .where("portal", "=", slot("portal"))
    .where("state", "=", "join")
    .where("user_id", "in", shownIn(db, slot, ["join"])),
);

const seated = query<InRoom>()((db, slot) =>
  db
    .selectFrom("roster")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("portal", "=", slot("portal"))
    .where("state", "=", "join")
    .where((is) =>
      is.or([is("dirty", "=", 1), is("user_id", "in", shownIn(db, slot, ["join", "invite"]))]),
    ),
);

const unseated = query<InRoom & { after: UserId; limit: number }>()((db, slot) =>
  db
    .selectFrom("roster")
    .selectAll()
    .where("portal", "=", slot("portal"))
    .where("state", "=", "join")
    .where("dirty", "=", 0)
    .where("user_id", ">", slot("after"))
    .where("user_id", "not in", shownIn(db, slot, ["join", "invite", "ban"]))
    .orderBy("user_id")
    .limit(slot("limit")),
);

const portalsWith = query<{ network: NetworkId; user: UserId }>()((db, slot) =>
  db
    .selectFrom("roster")
    .innerJoin("portal", "portal.id", "roster.portal")
    .select("roster.portal")
    .where("roster.user_id", "=", slot("user"))
    .where("roster.state", "=", "join")
    .where("portal.network", "=", slot("network"))
    .orderBy("roster.portal"),
);

const count = query<{ portal: PortalId }>()((db, slot) =>
  db
    .selectFrom("roster")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("portal", "=", slot("portal"))
    .where("state", "=", "join"),
);

const toMember = (row: Row): RosterRow => ({
  user: row.user_id,
  state: row.state,
  ...(row.role === null ? {} : { role: row.role }),
  ...(row.by_user === null ? {} : { by: row.by_user }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  dirty: row.dirty === 1,
});

export const roster = (queries: Queries): Roster => ({
  async get(portal, user) {
    const row = await queries.one(one, { portal, user });
    return row && toMember(row);
  },
  async put(portal, member, isDirty) {
    await queries.run(put, {
      portal,
      user_id: member.user,
      state: member.state,
      role: member.role ?? null,
      by_user: member.by ?? null,
      reason: member.reason ?? null,
      dirty: Number(isDirty),
    });
    if (member.state === "leave") await queries.run(forget, { portal, user: member.user });
  },
  of: async (portal) => (await queries.all(every, { portal })).map(toMember),
  dirty: async (portal, limit) => (await queries.all(dirty, { portal, limit })).map(toMember),
  async clean(portal, user) {
    await queries.run(clean, { portal, user });
    await queries.run(forget, { portal, user });
  },
  first: async (portal, limit) => (await queries.all(first, { portal, limit })).map(toMember),
  remove: async (portal, user) => void (await queries.run(removeOne, { portal, user })),
  forget: async (portal) => void (await queries.run(forgetAll, { portal })),
  soil: async (portal, room) => void (await queries.run(soil, { portal, room })),
  seated: async (portal, room) => (await queries.one(seated, { portal, room }))?.count ?? 0,
  /** Before everybody is nobody. */
  unseated: async (portal, room, { after = "" as UserId, limit }) =>
    (await queries.all(unseated, { portal, room, after, limit })).map(toMember),
  portalsWith: async (network, user) =>
    (await queries.all(portalsWith, { network, user })).map((row) => row.portal),
  count: async (portal) => (await queries.one(count, { portal }))?.count ?? 0,
});
