import type { Migration } from "./migration.ts";

/** What a person may ask to be sent again, and what the bot offers them for it. */
export const retriables: Migration = {
  version: 5,
  statements: ({ int, millis }) => [
    `create table retriable (
      key text primary key not null,
      portal ${int} not null references portal (id) on delete cascade,
      origin text not null, sub ${int} not null, kind text not null, payload text not null,
      draft text, attempt ${int} not null, first_at ${millis}, notes text,
      doubtful ${int} not null, at ${millis} not null)`,
    `create index retriable_origin on retriable (origin, portal)`,
    `create index retriable_portal on retriable (portal)`,
    `create index retriable_at on retriable (at)`,
    `alter table outcome add column offers text`,
    `create index outcome_notice on outcome (notice) where notice is not null`,
  ],
};
