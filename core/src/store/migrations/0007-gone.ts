import type { Migration } from "./migration.ts";

/** Who left a chat or a room is known no more: nothing asks for it, and it was kept for ever. */
export const gone: Migration = {
  version: 7,
  statements: () => [
    `delete from roster where state = 'leave' and dirty = 0`,
    `delete from member where membership = 'leave'`,
  ],
};
