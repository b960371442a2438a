import type { Migration } from "./migration.ts";

/** Whose an account of a network is, asked for whatever comes from there. */
export const holders: Migration = {
  version: 3,
  statements: () => [`create index login_user on login (network, user_id)`],
};
