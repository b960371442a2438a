import { join } from "node:path";
import Database from "better-sqlite3";
import type { Stage } from "../stage/stage.ts";

/** How many messages the box has accepted from a network, as its store has it. */
export const acceptedFrom = (stage: Stage, network: string): number => {
  const db = new Database(join(stage.dir, "box.db"), { readonly: true });
  try {
    const found = db
      .prepare<[string], { count: number }>(
        "select count(*) as count from seen join portal on portal.id = seen.portal where portal.network = ? and seen.key like 'message:%'",
      )
      .get(network);
    return found?.count ?? 0;
  } finally {
    db.close();
  }
};
