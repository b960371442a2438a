import type { Selectable, SqlBool } from "kysely";
import { sql } from "kysely";
import type { MessageId, Millis, PartId } from "../../adapter/index.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { MessageTable } from "../tables.ts";
import type { MessageRow, Messages, PortalId } from "../types.ts";

type Row = Omit<Selectable<MessageTable>, "seq">;
type Part = { portal: PortalId; remote: MessageId; part: PartId };

const changeable = [
  "event",
  "room",
  "sender",
  "author",
  "came_from",
  "at",
  "login",
  "content",
  "thread",
] as const satisfies readonly (keyof Row)[];

const put = query<Row>()((db, slot) =>
  db
    .insertInto("message")
    .values(slotsOf(slot, ["portal", "remote", "part", ...changeable]))
    .onConflict((conflict) =>
      conflict.columns(["portal", "remote", "part"]).doUpdateSet(slotsOf(slot, changeable)),
    ),
);

const byRemote = query<{ portal: PortalId; remote: MessageId }>()((db, slot) =>
  db
    .selectFrom("message")
    .selectAll()
    .where("portal", "=", slot("portal"))
    .where("remote", "=", slot("remote"))
    .orderBy("seq"),
);

const byEvent = query<{ event: string }>()((db, slot) =>
  db.selectFrom("message").selectAll().where("event", "=", slot("event")).orderBy("seq"),
);

const remove = query<Part>()((db, slot) =>
  db
    .deleteFrom("message")
    .where("portal", "=", slot("portal"))
    .where("remote", "=", slot("remote"))
    .where("part", "=", slot("part")),
);

const setContent = query<Part & { content: string }>()((db, slot) =>
  db
    .updateTable("message")
    .set({ content: slot("content") })
    .where("portal", "=", slot("portal"))
    .where("remote", "=", slot("remote"))
    .where("part", "=", slot("part")),
);

const between = query<{ portal: PortalId; after: Millis; before: Millis }>()((db, slot) =>
  db
    .selectFrom("message")
    .selectAll()
    .where("portal", "=", slot("portal"))
    .where("at", ">", slot("after"))
    .where("at", "<", slot("before"))
    .orderBy("at")
    .orderBy("seq"),
);

const last = query<{ portal: PortalId }>()((db, slot) =>
  db
    .selectFrom("message")
    .selectAll()
    .where("portal", "=", slot("portal"))
    .orderBy("at", "desc")
    .orderBy("seq", "desc")
    .limit(1),
);

const lastInThread = query<{ portal: PortalId; thread: MessageId }>()((db, slot) =>
  db
    .selectFrom("message")
    .selectAll()
    .where(sql<SqlBool>`thread is not null`)
    .where("portal", "=", slot("portal"))
    .where("thread", "=", slot("thread"))
    .orderBy("at", "desc")
    .orderBy("seq", "desc")
    .limit(1),
);

const toMessage = (row: Row): MessageRow => ({
  portal: row.portal,
  remote: row.remote,
  part: row.part,
  event: row.event,
  room: row.room,
  sender: row.sender,
  author: row.author ?? undefined,
  from: row.came_from,
  at: row.at,
  login: row.login ?? undefined,
  content: row.content ?? undefined,
  thread: row.thread === "" ? null : (row.thread ?? undefined),
});

/** "In order" is the order in which the pieces were added: ids of networks do not sort. */
export const messages = (queries: Queries): Messages => ({
  add: async (row) =>
    void (await queries.run(put, {
      portal: row.portal,
      remote: row.remote,
      part: row.part,
      event: row.event,
      room: row.room,
      sender: row.sender,
      author: row.author ?? null,
      came_from: row.from,
      at: row.at,
      login: row.login ?? null,
      content: row.content ?? null,
      thread: row.thread === null ? "" : (row.thread ?? null),
    })),
  byRemote: async (portal, remote) =>
    (await queries.all(byRemote, { portal, remote })).map(toMessage),
  byEvent: async (portal, event) =>
    (await queries.all(byEvent, { event })).filter((row) => row.portal === portal).map(toMessage),
  anyByEvent: async (event) => (await queries.all(byEvent, { event })).map(toMessage),
  remove: async (portal, remote, part) =>
    void (await queries.run(remove, { portal, remote, part })),
  setContent: async (portal, remote, part, content) =>
    void (await queries.run(setContent, { portal, remote, part, content })),
  between: async (portal, span) => (await queries.all(between, { portal, ...span })).map(toMessage),
  async last(portal) {
    const row = await queries.one(last, { portal });
    return row && toMessage(row);
  },
  async lastInThread(portal, root) {
    const row = await queries.one(lastInThread, { portal, thread: root });
    return row && toMessage(row);
  },
});
