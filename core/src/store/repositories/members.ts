import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { RoomMembers } from "../types.ts";

const one = query<{ room: string; mxid: string }>()((db, slot) =>
  db
    .selectFrom("member")
    .select("membership")
    .where("room", "=", slot("room"))
    .where("mxid", "=", slot("mxid")),
);

const set = query<{ room: string; mxid: string; membership: string }>()((db, slot) =>
  db
    .insertInto("member")
    .values(slotsOf(slot, ["room", "mxid", "membership"]))
    .onConflict((conflict) =>
      conflict.columns(["room", "mxid"]).doUpdateSet(slotsOf(slot, ["membership"])),
    ),
);

const byRoom = query<{ room: string }>()((db, slot) =>
  db
    .selectFrom("member")
    .select(["mxid", "membership"])
    .where("room", "=", slot("room"))
    .orderBy("mxid"),
);

const rooms = query<{ after: string; limit: number }>()((db, slot) =>
  db
    .selectFrom("member")
    .select("room")
    .distinct()
    .where("room", ">", slot("after"))
    .orderBy("room")
    .limit(slot("limit")),
);

const forgetOne = query<{ room: string; mxid: string }>()((db, slot) =>
  db.deleteFrom("member").where("room", "=", slot("room")).where("mxid", "=", slot("mxid")),
);

const forget = query<{ room: string }>()((db, slot) =>
  db.deleteFrom("member").where("room", "=", slot("room")),
);

export const members = (queries: Queries): RoomMembers => ({
  get: async (room, mxid) => (await queries.one(one, { room, mxid }))?.membership,
  set: async (room, mxid, membership) => void (await queries.run(set, { room, mxid, membership })),
  ofRoom: (room) => queries.all(byRoom, { room }),
  rooms: async (page) => (await queries.all(rooms, page)).map(({ room }) => room),
  forget: async (room, mxid) => void (await queries.run(forgetOne, { room, mxid })),
  forgetRoom: async (room) => void (await queries.run(forget, { room })),
});
