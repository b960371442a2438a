import type { Migration } from "./migration.ts";

/** The spine: queue, inbox, portals, people, messages, outcomes, dedupe, cursors. */
export const first: Migration = {
  version: 1,
  statements: ({ serial, int, millis, compact }) => [
    `create table portal (
      id ${serial}, network text not null, chat text not null, receiver text not null,
      room text, origin text not null, info text, primary_login text, relay_login text,
      dead ${int} not null default 0, unique (network, chat, receiver))`,
    `create index portal_room on portal (room) where room is not null`,
    `create table portal_login (
      portal ${int} not null references portal (id) on delete cascade,
      login text not null, since ${millis} not null, primary key (portal, login)) ${compact}`,
    `create index portal_login_login on portal_login (login)`,
    `create table item (
      id ${serial}, portal ${int} not null,
      direction text not null, shard ${int} not null, epoch ${int} not null, rank ${int} not null,
      ord ${int}, place text not null, sub ${int} not null, origin text not null,
      kind text not null, payload text not null, draft text, at ${millis} not null,
      key text not null unique, state text not null, attempt ${int} not null, first_at ${millis},
      until ${millis}, wait_key text, notes text, why text)`,
    `create index item_head on item (portal, direction, rank, coalesce(ord, id), place)
      where state <> 'parked'`,
    `create index item_parked on item (portal, direction, rank, coalesce(ord, id), place)
      where state = 'parked'`,
    `create index item_wait on item (wait_key) where state = 'parked'`,
    `create index item_expiry on item (until) where state = 'parked'`,
    `create index item_origin on item (origin)`,
    `create table inbox (
      seq ${serial}, event_id text not null, at ${millis} not null, event text not null)`,
    `create table inbox_taken (event_id text primary key not null, at ${millis} not null) ${compact}`,
    `create index inbox_taken_at on inbox_taken (at)`,
    `create table inbox_transaction (id text primary key not null, at ${millis} not null) ${compact}`,
    `create index inbox_transaction_at on inbox_transaction (at)`,
    `create table login (
      id text primary key not null, network text not null, owner text, user_id text not null,
      name text not null, role text not null, account text not null,
      account_version ${int} not null, since ${millis} not null)`,
    `create index login_network on login (network)`,
    `create index login_owner on login (owner) where owner is not null`,
    `create table ghost (
      network text not null, user_id text not null, mxid text not null unique, name text,
      info text not null, registered ${int} not null, shown_name text,
      primary key (network, user_id)) ${compact}`,
    `create table member (
      room text not null, mxid text not null, membership text not null,
      primary key (room, mxid)) ${compact}`,
    `create table roster (
      portal ${int} not null references portal (id) on delete cascade,
      user_id text not null, state text not null, role text, by_user text, reason text,
      dirty ${int} not null, primary key (portal, user_id)) ${compact}`,
    `create index roster_user on roster (user_id)`,
    `create index roster_dirty on roster (portal) where dirty = 1`,
    `create table message (
      seq ${serial}, portal ${int} not null references portal (id) on delete cascade,
      remote text not null, part text not null, event text not null, room text not null,
      sender text not null, author text, came_from text not null, at ${millis} not null,
      login text, content text, unique (portal, remote, part))`,
    `create index message_event on message (event)`,
    `create index message_at on message (portal, at)`,
    `create table outcome (
      origin text not null, portal ${int} not null, direction text not null, state text not null,
      code text, sentence text, at ${millis} not null, room text, notice text,
      primary key (origin, portal))`,
    `create index outcome_at on outcome (at)`,
    `create index outcome_trouble on outcome (state, at) where state <> 'delivered'`,
    `create index outcome_count on outcome (direction, state)`,
    `create table seen (
      portal ${int} not null references portal (id) on delete cascade,
      key text not null, at ${millis} not null, primary key (portal, key)) ${compact}`,
    `create index seen_at on seen (at)`,
    `create table cursor (
      source text not null, name text not null, value text not null,
      primary key (source, name)) ${compact}`,
    `create table key_value (
      scope text not null, key text not null, value text not null, secret ${int} not null,
      primary key (scope, key)) ${compact}`,
    `create table lease (
      name text primary key not null, owner text not null, until ${millis} not null,
      epoch ${int} not null default 1) ${compact}`,
  ],
};
