import type { Selectable } from "kysely";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { Tables } from "../tables.ts";
import type { KeyValues } from "../types.ts";
import type { Vault } from "../vault.ts";
import { parsed } from "./json.ts";

type Row = Selectable<Tables["key_value"]>;
type Name = { scope: string; key: string };

const one = query<Name>()((db, slot) =>
  db
    .selectFrom("key_value")
    .select(["value", "secret"])
    .where("scope", "=", slot("scope"))
    .where("key", "=", slot("key")),
);

const put = query<Row>()((db, slot) =>
  db
    .insertInto("key_value")
    .values(slotsOf(slot, ["scope", "key", "value", "secret"]))
    .onConflict((conflict) =>
      conflict.columns(["scope", "key"]).doUpdateSet(slotsOf(slot, ["value", "secret"])),
    ),
);

const remove = query<Name>()((db, slot) =>
  db.deleteFrom("key_value").where("scope", "=", slot("scope")).where("key", "=", slot("key")),
);

const forgetScope = query<{ scope: string }>()((db, slot) =>
  db.deleteFrom("key_value").where("scope", "=", slot("scope")),
);

const placeOf = (scope: string, key: string): readonly string[] => ["key_value", scope, key];

export const keyValues = (queries: Queries, vault: Vault): KeyValues => ({
  async get(scope, key) {
    const row = await queries.one(one, { scope, key });
    if (!row) return undefined;
    return parsed(row.secret === 1 ? vault.open(row.value, placeOf(scope, key)) : row.value);
  },
  async set(scope, key, value, secret) {
    if (value === null) {
      await queries.run(remove, { scope, key });
      return;
    }
    const text = JSON.stringify(value);
    await queries.run(put, {
      scope,
      key,
      value: secret ? vault.seal(text, placeOf(scope, key)) : text,
      secret: Number(secret),
    });
  },
  forgetScope: async (scope) => void (await queries.run(forgetScope, { scope })),
});
