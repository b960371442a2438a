import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { load } from "js-yaml";
import { asBody } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";

const accepted = (network: string): string =>
  `select count(*) as count from seen join portal on portal.id = seen.portal
   where portal.network = ${network} and seen.key like 'message:%'`;

/** How much there is to do that waits for nothing, as a store on SQLite has it. */
export const itemsToDo = (stage: Stage): number => {
  const db = new Database(join(stage.dir, "box.db"), { readonly: true });
  try {
    const open = "select count(*) as count from item where state <> 'parked'";
    return db.prepare<[], { count: number }>(open).get()?.count ?? 0;
  } finally {
    db.close();
  }
};

/** How many messages the box has accepted from a network, as its store has it. */
export const acceptedFrom = (stage: Stage, network: string): number => {
  const config = asBody(load(readFileSync(join(stage.dir, "config.yaml"), "utf8")));
  const { uri } = asBody(config["database"]);
  if (typeof uri === "string") {
    const args = ["-XAtq", "-d", uri, "-c", accepted(`'${network}'`)];
    return Number(execFileSync("psql", args, { encoding: "utf8" }));
  }
  const db = new Database(join(stage.dir, "box.db"), { readonly: true });
  try {
    return db.prepare<[string], { count: number }>(accepted("?")).get(network)?.count ?? 0;
  } finally {
    db.close();
  }
};
