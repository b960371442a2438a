import type { Migration } from "./migration.ts";

/** Which account of a network is a Matrix user's, as they have proved; and proofs that are under way. */
export const links: Migration = {
  version: 6,
  statements: ({ int, millis, compact }) => [
    `create table link (
      network text not null, account text not null, mxid text not null, name text not null,
      login text not null, chat text not null, since ${millis} not null,
      primary key (network, account)) ${compact}`,
    `create index link_mxid on link (mxid)`,
    `create table link_offer (
      network text not null, mxid text not null, selector text not null, proof text not null,
      tries ${int} not null, until ${millis} not null, account text, claim text,
      primary key (network, mxid), unique (network, selector)) ${compact}`,
    `create index link_offer_account on link_offer (network, account) where account is not null`,
    `create index link_offer_until on link_offer (until)`,
  ],
};
