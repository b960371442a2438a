import type { Insertable, Selectable } from "kysely";
import type { ChatId, ChatRef, LoginId, Millis, NetworkId } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import { limitOfForgotten } from "./forgetting.ts";
import type { PortalTable } from "../tables.ts";
import type { Portal, PortalId, Portals } from "../types.ts";
import { parsedInfo, textIf } from "./json.ts";

type Row = Selectable<PortalTable>;
type ById = { id: PortalId };
type Ref = { chat: ChatId; receiver: LoginId | "" };

const byId = query<ById>()((db, slot) =>
  db.selectFrom("portal").selectAll().where("id", "=", slot("id")),
);

const byRef = query<Ref & { network: NetworkId }>()((db, slot) =>
  db
    .selectFrom("portal")
    .selectAll()
    .where("network", "=", slot("network"))
    .where("chat", "=", slot("chat"))
    .where("receiver", "=", slot("receiver")),
);

const insert = query<Ref & { network: NetworkId; origin: Portal["origin"] }>()((db, slot) =>
  db
    .insertInto("portal")
    .values({ ...slotsOf(slot, ["network", "chat", "receiver", "origin"]), dead: 0 })
    .onConflict((conflict) => conflict.doNothing()),
);

const byRoom = query<{ room: string }>()((db, slot) =>
  db.selectFrom("portal").selectAll().where("room", "=", slot("room")).orderBy("id"),
);

const byNetwork = query<{ network: NetworkId }>()((db, slot) =>
  db.selectFrom("portal").selectAll().where("network", "=", slot("network")).orderBy("id"),
);

const byLogin = query<{ login: LoginId }>()((db, slot) =>
  db
    .selectFrom("portal_login")
    .innerJoin("portal", "portal.id", "portal_login.portal")
    .selectAll("portal")
    .where("portal_login.login", "=", slot("login"))
    .orderBy("portal.id"),
);

const bridged = query()((db) =>
  db
    .selectFrom("portal")
    .select((row) => [
      row.fn.count<number>("room").as("chats"),
      row.fn.count<number>("room").distinct().as("rooms"),
    ])
    .where("dead", "=", 0),
);

type Changes = Required<
  Pick<
    Insertable<PortalTable>,
    "room" | "origin" | "info" | "primary_login" | "relay_login" | "dead"
  >
>;
const update = query<ById & Changes>()((db, slot) =>
  db
    .updateTable("portal")
    .set(slotsOf(slot, ["room", "origin", "info", "primary_login", "relay_login", "dead"]))
    .where("id", "=", slot("id")),
);

const move = query<ById & Ref>()((db, slot) =>
  db
    .updateTable("portal")
    .set(slotsOf(slot, ["chat", "receiver"]))
    .where("id", "=", slot("id")),
);

const remove = query<ById>()((db, slot) => db.deleteFrom("portal").where("id", "=", slot("id")));

const emptying = [
  query<ById>()((db, slot) =>
    db
      .deleteFrom("message")
      .where("seq", "in", (old) =>
        old
          .selectFrom("message")
          .select("seq")
          .where("portal", "=", slot("id"))
          .orderBy("at")
          .limit(limitOfForgotten),
      ),
  ),
  query<ById>()((db, slot) =>
    db
      .deleteFrom("assertion")
      .where("seq", "in", (old) =>
        old
          .selectFrom("assertion")
          .select("seq")
          .where("portal", "=", slot("id"))
          .limit(limitOfForgotten),
      ),
  ),
  query<ById>()((db, slot) =>
    db.deleteFrom("roster").where(
      (row) => row.refTuple("portal", "user_id"),
      "in",
      (old) =>
        old
          .selectFrom("roster")
          .select(["portal", "user_id"])
          .where("portal", "=", slot("id"))
          .limit(limitOfForgotten)
          .$asTuple("portal", "user_id"),
    ),
  ),
];

/** Items of the box's own lanes have no portal row, so the database cannot do this by itself. */
const removeItems = query<ById>()((db, slot) =>
  db.deleteFrom("item").where("portal", "=", slot("id")),
);

const addLogin = query<{ portal: PortalId; login: LoginId; since: Millis }>()((db, slot) =>
  db
    .insertInto("portal_login")
    .values(slotsOf(slot, ["portal", "login", "since"]))
    .onConflict((conflict) => conflict.doNothing()),
);

const removeLogin = query<{ portal: PortalId; login: LoginId }>()((db, slot) =>
  db
    .deleteFrom("portal_login")
    .where("portal", "=", slot("portal"))
    .where("login", "=", slot("login")),
);

const loginsOf = query<{ portal: PortalId }>()((db, slot) =>
  db
    .selectFrom("portal_login")
    .select("login")
    .where("portal", "=", slot("portal"))
    .orderBy("since")
    .orderBy("login"),
);

const toPortal = (row: Row): Portal => ({
  id: row.id,
  network: row.network,
  chat: row.receiver === "" ? { id: row.chat } : { id: row.chat, receiver: row.receiver },
  room: row.room ?? undefined,
  origin: row.origin,
  info: row.info === null ? undefined : parsedInfo(row.info),
  primary: row.primary_login ?? undefined,
  relay: row.relay_login ?? undefined,
  dead: row.dead === 1,
});

const refOf = (chat: ChatRef): Ref => ({ chat: chat.id, receiver: chat.receiver ?? "" });

export const portals = (queries: Queries): Portals => {
  const get = async (id: PortalId): Promise<Portal | undefined> => {
    const row = await queries.one(byId, { id });
    return row && toPortal(row);
  };
  const find = async (network: NetworkId, chat: ChatRef): Promise<Portal | undefined> => {
    const row = await queries.one(byRef, { network, ...refOf(chat) });
    return row && toPortal(row);
  };
  return {
    get,
    find,
    async ensure(network, chat, origin) {
      const known = await find(network, chat);
      if (known) return known;
      await queries.run(insert, { network, ...refOf(chat), origin });
      const made = await find(network, chat);
      if (made) return made;
      throw new Error("The database did not keep a new portal.");
    },
    ofRoom: async (room) => (await queries.all(byRoom, { room })).map(toPortal),
    ofNetwork: async (network) => (await queries.all(byNetwork, { network })).map(toPortal),
    ofLogin: async (login) => (await queries.all(byLogin, { login })).map(toPortal),
    async update(id, change) {
      const old = await get(id);
      if (!old) return;
      const { room, origin, info, primary, relay, dead } = { ...old, ...change };
      await queries.run(update, {
        id,
        room: room ?? null,
        origin,
        info: textIf(info),
        primary_login: primary ?? null,
        relay_login: relay ?? null,
        dead: Number(dead),
      });
    },
    move: async (id, chat) => void (await queries.run(move, { id, ...refOf(chat) })),
    addLogin: async (id, login, since) =>
      void (await queries.run(addLogin, { portal: id, login, since })),
    removeLogin: async (id, login) => void (await queries.run(removeLogin, { portal: id, login })),
    logins: async (id) => (await queries.all(loginsOf, { portal: id })).map((row) => row.login),
    bridged: async () => (await queries.one(bridged, {})) ?? { chats: 0, rooms: 0 },
    async empty(id) {
      let gone = 0;
      for (const statement of emptying) gone += await queries.run(statement, { id });
      return gone;
    },
    remove: async (id) => {
      await queries.run(removeItems, { id });
      await queries.run(remove, { id });
    },
  };
};
