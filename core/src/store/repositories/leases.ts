import type { Millis } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { Leases } from "../types.ts";

type Taking = { name: string; owner: string; until: Millis; now: Millis };

/** `epoch` grows with each owner, so that what an old one left can be told apart. */
const take = query<Taking>()((db, slot) =>
  db
    .insertInto("lease")
    .values(slotsOf(slot, ["name", "owner", "until"]))
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet((row) => ({
          ...slotsOf(slot, ["owner", "until"]),
          epoch: row
            .case()
            .when("lease.owner", "=", slot("owner"))
            .then(row.ref("lease.epoch"))
            .else(row("lease.epoch", "+", 1))
            .end(),
        }))
        .where((row) =>
          row.or([row("lease.owner", "=", slot("owner")), row("lease.until", "<=", slot("now"))]),
        ),
    ),
);

/** The row stays: it is where the owners are counted. */
const release = query<{ name: string; owner: string }>()((db, slot) =>
  db
    .updateTable("lease")
    .set({ until: 0 })
    .where("name", "=", slot("name"))
    .where("owner", "=", slot("owner")),
);

export const leases = (queries: Queries): Leases => ({
  take: async (name, owner, until, now) =>
    (await queries.run(take, { name, owner, until, now })) > 0,
  release: async (name, owner) => void (await queries.run(release, { name, owner })),
});
