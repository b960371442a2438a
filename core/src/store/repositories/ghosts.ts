import type { Selectable } from "kysely";
import type { NetworkId, UserId } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { GhostTable } from "../tables.ts";
import type { Ghost, Ghosts } from "../types.ts";
import { parsed } from "./json.ts";

type Row = Selectable<GhostTable>;

const byUser = query<{ network: NetworkId; user: UserId }>()((db, slot) =>
  db
    .selectFrom("ghost")
    .selectAll()
    .where("network", "=", slot("network"))
    .where("user_id", "=", slot("user")),
);

const byMxid = query<{ mxid: string }>()((db, slot) =>
  db.selectFrom("ghost").selectAll().where("mxid", "=", slot("mxid")),
);

const count = query()((db) =>
  db.selectFrom("ghost").select((row) => row.fn.countAll<number>().as("count")),
);

const changeable = [
  "mxid",
  "name",
  "info",
  "registered",
  "shown_name",
] as const satisfies readonly (keyof Row)[];

const put = query<Row>()((db, slot) =>
  db
    .insertInto("ghost")
    .values(slotsOf(slot, ["network", "user_id", ...changeable]))
    .onConflict((conflict) =>
      conflict.columns(["network", "user_id"]).doUpdateSet(slotsOf(slot, changeable)),
    ),
);

const toGhost = (row: Row): Ghost => ({
  network: row.network,
  user: row.user_id,
  mxid: row.mxid,
  name: row.name ?? undefined,
  info: parsed(row.info),
  registered: row.registered === 1,
  shownName: row.shown_name ?? undefined,
});

export const ghosts = (queries: Queries): Ghosts => ({
  async get(network, user) {
    const row = await queries.one(byUser, { network, user });
    return row && toGhost(row);
  },
  async byMxid(mxid) {
    const row = await queries.one(byMxid, { mxid });
    return row && toGhost(row);
  },
  count: async () => (await queries.one(count, {}))?.count ?? 0,
  put: async (ghost) =>
    void (await queries.run(put, {
      network: ghost.network,
      user_id: ghost.user,
      mxid: ghost.mxid,
      name: ghost.name ?? null,
      info: JSON.stringify(ghost.info),
      registered: Number(ghost.registered),
      shown_name: ghost.shownName ?? null,
    })),
});
