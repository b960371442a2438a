import type { Selectable } from "kysely";
import type { LoginId, NetworkId, UserId } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { LoginTable } from "../tables.ts";
import type { Holder, Login, Logins, PortalId } from "../types.ts";
import type { Vault } from "../vault.ts";
import { parsed } from "./json.ts";

type Row = Selectable<LoginTable>;

const columns = [
  "network",
  "owner",
  "user_id",
  "name",
  "role",
  "account",
  "account_version",
  "since",
] as const satisfies readonly (keyof Row)[];

const byId = query<{ id: LoginId }>()((db, slot) =>
  db.selectFrom("login").selectAll().where("id", "=", slot("id")),
);

const every = query()((db) => db.selectFrom("login").selectAll().orderBy("since").orderBy("id"));

const byNetwork = query<{ network: NetworkId }>()((db, slot) =>
  db
    .selectFrom("login")
    .selectAll()
    .where("network", "=", slot("network"))
    .orderBy("since")
    .orderBy("id"),
);

const byOwner = query<{ owner: string }>()((db, slot) =>
  db
    .selectFrom("login")
    .selectAll()
    .where("owner", "=", slot("owner"))
    .orderBy("since")
    .orderBy("id"),
);

/** Without the account, which would have to be decrypted. */
export const holdersOf = query<{ network: NetworkId; user_id: UserId }>()((db, slot) =>
  db
    .selectFrom("login")
    .select(["id", "owner", "role"])
    .where("network", "=", slot("network"))
    .where("user_id", "=", slot("user_id"))
    .orderBy("since")
    .orderBy("id"),
);

const insideOf = query<{ portal: PortalId }>()((db, slot) =>
  db
    .selectFrom("portal_login")
    .innerJoin("login", "login.id", "portal_login.login")
    .select(["login.id", "login.owner", "login.role"])
    .where("portal_login.portal", "=", slot("portal"))
    .orderBy("portal_login.since")
    .orderBy("login.id"),
);

const ofBox = query<{ network: NetworkId }>()((db, slot) =>
  db
    .selectFrom("login")
    .select(["id", "owner", "role"])
    .where("network", "=", slot("network"))
    .where("owner", "is", null)
    .orderBy("id"),
);

const put = query<Row>()((db, slot) =>
  db
    .insertInto("login")
    .values(slotsOf(slot, ["id", ...columns]))
    .onConflict((conflict) => conflict.column("id").doUpdateSet(slotsOf(slot, columns))),
);

const remove = query<{ id: LoginId }>()((db, slot) =>
  db.deleteFrom("login").where("id", "=", slot("id")),
);

const leavePortals = query<{ id: LoginId }>()((db, slot) =>
  db.deleteFrom("portal_login").where("login", "=", slot("id")),
);

const toHolder = ({ id, owner, role }: Pick<Row, "id" | "owner" | "role">): Holder => ({
  id,
  owner: owner ?? undefined,
  role,
});

const placeOf = (id: LoginId): readonly string[] => ["login", id];

export const logins = (queries: Queries, vault: Vault): Logins => {
  const toLogin = (row: Row): Login => ({
    id: row.id,
    network: row.network,
    owner: row.owner ?? undefined,
    user: row.user_id,
    name: row.name,
    role: row.role,
    account: row.account === "" ? null : parsed(vault.open(row.account, placeOf(row.id))),
    accountVersion: row.account_version,
    since: row.since,
  });
  return {
    async get(id) {
      const row = await queries.one(byId, { id });
      return row && toLogin(row);
    },
    all: async (network) =>
      (
        await (network === undefined ? queries.all(every, {}) : queries.all(byNetwork, { network }))
      ).map(toLogin),
    ofOwner: async (owner) => (await queries.all(byOwner, { owner })).map(toLogin),
    ofUser: async (network, user) =>
      (await queries.all(holdersOf, { network, user_id: user })).map(toHolder),
    ofPortal: async (portal) => (await queries.all(insideOf, { portal })).map(toHolder),
    ofBox: async (network) => (await queries.all(ofBox, { network })).map(toHolder),
    put: async (login) =>
      void (await queries.run(put, {
        id: login.id,
        network: login.network,
        owner: login.owner ?? null,
        user_id: login.user,
        name: login.name,
        role: login.role,
        account: vault.seal(JSON.stringify(login.account), placeOf(login.id)),
        account_version: login.accountVersion,
        since: login.since,
      })),
    async remove(id) {
      await queries.run(leavePortals, { id });
      await queries.run(remove, { id });
    },
  };
};
