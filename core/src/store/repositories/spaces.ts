import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { LoginId, NetworkId } from "../../adapter/index.ts";
import type { PortalId } from "../numbers.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { Space, SpaceOwner, Spaces } from "../space-types.ts";
import type { Tables } from "../tables.ts";
import { parsed } from "./json.ts";

type Row = Selectable<Tables["space"]>;
type Link = { space: string; room: string };

const columns = ["network", "owner", "room", "shown"] as const;

const byOwner = query<Pick<Row, "network" | "owner">>()((db, slot) =>
  db
    .selectFrom("space")
    .selectAll()
    .where("network", "=", slot("network"))
    .where("owner", "=", slot("owner")),
);

const byRoom = query<{ room: string }>()((db, slot) =>
  db.selectFrom("space").selectAll().where("room", "=", slot("room")),
);

const put = query<Row>()((db, slot) =>
  db
    .insertInto("space")
    .values(slotsOf(slot, columns))
    .onConflict((conflict) =>
      conflict.columns(["network", "owner"]).doUpdateSet(slotsOf(slot, ["room", "shown"])),
    ),
);

const remove = query<{ room: string }>()((db, slot) =>
  db.deleteFrom("space").where("room", "=", slot("room")),
);

const removeLinks = query<{ room: string }>()((db, slot) =>
  db
    .deleteFrom("space_child")
    .where((either) =>
      either.or([either("space", "=", slot("room")), either("room", "=", slot("room"))]),
    ),
);

/** What `written` puts behind `login:` and `chat:`: the side that is known, so that their keys answer. */
const loginOf = sql<LoginId>`case when space.owner like 'login:%' then substr(space.owner, 7) end`;
const chatOf = sql<PortalId>`case when space.owner like 'chat:%' then cast(substr(space.owner, 6) as bigint) end`;

export const orphans = query()((db) =>
  db
    .selectFrom("space")
    .selectAll("space")
    .where((is) =>
      is.and([
        is.not(is.exists(is.selectFrom("login").select("id").where("login.id", "=", loginOf))),
        is.not(is.exists(is.selectFrom("portal").select("id").where("portal.id", "=", chatOf))),
      ]),
    )
    .orderBy("space.room"),
);

const shownTo = query<{ network: NetworkId; login: LoginId }>()((db, slot) =>
  db
    .selectFrom("portal_login")
    .innerJoin("space", (join) =>
      join.on("space.owner", "=", sql<string>`'chat:' || cast(portal_login.portal as text)`),
    )
    .selectAll("space")
    .where("portal_login.login", "=", slot("login"))
    .where("space.network", "=", slot("network"))
    .orderBy("space.room"),
);

const link = query<Link>()((db, slot) =>
  db
    .insertInto("space_child")
    .values(slotsOf(slot, ["space", "room"]))
    .onConflict((conflict) => conflict.doNothing()),
);

const unlink = query<Link>()((db, slot) =>
  db.deleteFrom("space_child").where("space", "=", slot("space")).where("room", "=", slot("room")),
);

const above = query<{ room: string }>()((db, slot) =>
  db.selectFrom("space_child").select("space").where("room", "=", slot("room")).orderBy("space"),
);

const below = query<{ space: string }>()((db, slot) =>
  db.selectFrom("space_child").select("room").where("space", "=", slot("space")).orderBy("room"),
);

const written = (owner: SpaceOwner): string =>
  "login" in owner ? `login:${owner.login}` : `chat:${owner.chat}`;

const read = (text: string): SpaceOwner => {
  const id = text.slice(text.indexOf(":") + 1);
  return text.startsWith("login:") ? { login: id as LoginId } : { chat: Number(id) as PortalId };
};

const toSpace = ({ network, owner, room, shown }: Row): Space => ({
  network,
  owner: read(owner),
  room,
  shown: parsed(shown),
});

export const spaces = (queries: Queries): Spaces => {
  const one = (row: Row | undefined): Space | undefined => row && toSpace(row);
  return {
    get: async (network: NetworkId, owner) =>
      one(await queries.one(byOwner, { network, owner: written(owner) })),
    ofRoom: async (room) => one(await queries.one(byRoom, { room })),
    put: async ({ network, owner, room, shown }) =>
      void (await queries.run(put, {
        network,
        owner: written(owner),
        room,
        shown: JSON.stringify(shown),
      })),
    async remove(room) {
      await queries.run(removeLinks, { room });
      await queries.run(remove, { room });
    },
    shownTo: async (network, login) =>
      (await queries.all(shownTo, { network, login })).map(toSpace),
    orphans: async () => (await queries.all(orphans, {})).map(toSpace),
    link: async (space, room) => void (await queries.run(link, { space, room })),
    unlink: async (space, room) => void (await queries.run(unlink, { space, room })),
    above: async (room) => (await queries.all(above, { room })).map((row) => row.space),
    below: async (space) => (await queries.all(below, { space })).map((row) => row.room),
  };
};
