import type { Migration } from "./migration.ts";

/** Rooms in which other rooms are shown together, and which of them stand in which. */
export const spaces: Migration = {
  version: 4,
  statements: ({ compact }) => [
    `create table space (
      network text not null, owner text not null, room text not null, shown text not null,
      primary key (network, owner)) ${compact}`,
    `create unique index space_room on space (room)`,
    `create table space_child (
      space text not null, room text not null, primary key (space, room)) ${compact}`,
    `create index space_child_room on space_child (room)`,
  ],
};
