import { first } from "./0001-first.ts";
import { assertions } from "./0002-assertions.ts";
import { holders } from "./0003-holders.ts";
import { spaces } from "./0004-spaces.ts";
import { retriables } from "./0005-retriables.ts";
import { gone } from "./0007-gone.ts";
import { links } from "./0006-links.ts";
import type { Migration } from "./migration.ts";

/** All of them, in order: the last one's version is the schema this program knows. */
export const migrations: readonly Migration[] = [
  first,
  assertions,
  holders,
  spaces,
  retriables,
  links,
  gone,
];
