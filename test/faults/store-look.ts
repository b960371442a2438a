import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { load } from "js-yaml";
import { asBody } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";

const run = promisify(execFile);

/** What the box's store counts, on SQLite or on PostgreSQL as its config says. */
const count = async (stage: Stage, what: string): Promise<number> => {
  const config = asBody(load(readFileSync(join(stage.dir, "config.yaml"), "utf8")));
  const { uri } = asBody(config["database"]);
  const question = `select count(*) as count from ${what}`;
  if (typeof uri === "string") {
    // Each answer costs a process and a session: who polls shall not take the machine for it.
    await delay(100);
    const { stdout } = await run("psql", ["-XAtq", "-d", uri, "-c", question]);
    return Number(stdout);
  }
  const db = new Database(join(stage.dir, "box.db"), { readonly: true });
  try {
    return db.prepare<[], { count: number }>(question).get()?.count ?? 0;
  } finally {
    db.close();
  }
};

/** How much there is to do that waits for nothing, as the box's store has it. */
export const itemsToDo = (stage: Stage): Promise<number> =>
  count(stage, "item where state <> 'parked'");

/** How many messages the box has accepted from a network, as its store has it. */
export const acceptedFrom = (stage: Stage, network: string): Promise<number> =>
  count(
    stage,
    `seen join portal on portal.id = seen.portal
     where portal.network = '${network}' and seen.key like 'message:%'`,
  );
