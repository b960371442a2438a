import type { SourceId } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { Cursors } from "../types.ts";

const ofSource = query<{ source: SourceId }>()((db, slot) =>
  db.selectFrom("cursor").select(["name", "value"]).where("source", "=", slot("source")),
);

const set = query<{ source: SourceId; name: string; value: string }>()((db, slot) =>
  db
    .insertInto("cursor")
    .values(slotsOf(slot, ["source", "name", "value"]))
    .onConflict((conflict) =>
      conflict.columns(["source", "name"]).doUpdateSet(slotsOf(slot, ["value"])),
    ),
);

const remove = query<{ source: SourceId; name: string }>()((db, slot) =>
  db.deleteFrom("cursor").where("source", "=", slot("source")).where("name", "=", slot("name")),
);

export const cursors = (queries: Queries): Cursors => ({
  of: async (source) =>
    Object.fromEntries(
      (await queries.all(ofSource, { source })).map(({ name, value }) => [name, value]),
    ),
  set: async (source, name, value) =>
    void (await (value === null
      ? queries.run(remove, { source, name })
      : queries.run(set, { source, name, value }))),
});
