import type { Migration } from "./migration.ts";

/** What is true of a message beside its content (reactions, votes), and the thread it stands in. */
export const assertions: Migration = {
  version: 2,
  statements: ({ serial, int, millis }) => [
    `create table assertion (
      seq ${serial}, portal ${int} not null references portal (id) on delete cascade,
      kind text not null, message text not null, part text not null, user_id text not null,
      name text not null, by_mxid text not null, value text, event text, room text,
      dirty ${int} not null, at ${millis} not null,
      unique (portal, message, part, kind, user_id, name, by_mxid))`,
    `create index assertion_event on assertion (event) where event is not null`,
    `create index assertion_kind on assertion (portal, kind)`,
    `alter table message add column thread text`,
    `create index message_thread on message (portal, thread, at) where thread is not null`,
  ],
};
