import { test } from "node:test";
import { changedWhileItWaits } from "../faults/changed-while-it-waits.ts";
import { randomKills } from "../faults/kill-at-random.ts";
import { killedInActs } from "../faults/killed-in-acts.ts";
import { killedTogether } from "../faults/killed-together.ts";
import { killedWhileMade } from "../faults/killed-while-made.ts";
import { killedWithFiles } from "../faults/killed-with-files.ts";
import { noRoomForACommit } from "../faults/no-room-for-a-commit.ts";
import { oddTransactions } from "../faults/odd-transactions.ts";
import { onPostgres } from "./on-postgres.ts";
import { quietRestart } from "../faults/quiet-restart.ts";

const networks = ["irc", "slack", "telegram", "discord"] as const;

/** Where an act is written down, or is done and not written down yet; the others are the same for a message. */
const actPlaces = [
  "accept.before-commit",
  "in.after-call",
  "in.before-settle",
  "ingress.before-commit",
  "inbox.before-commit",
  "out.after-call",
  "out.before-settle",
];

/**
 * Every fault in which the store decides: kills at each place and at random, both ways, on all networks; commits that
 * fail; what may not become text; what waits over a kill. Where each network has boxes of its own on SQLite,
 * all are struck in one box here, which saves three of four starts and lets them meet. What a
 * homeserver or a network does (`homeserver`, `beside`, `*-network`, large files) asks nothing else of a store and
 * is played on SQLite.
 */
onPostgres("the same faults with the store on PostgreSQL", (store) => ({
  "at random": () =>
    void test("8 kills at random moments, 120 messages each way", { timeout: 240_000 }, (t) =>
      randomKills(t, { kills: 8, eachWay: 120, networks }, store),
    ),
  acts: () => killedInActs(store, actPlaces),
  places: () => killedTogether(networks, store),
  transactions: () => oddTransactions(store),
  queued: () => {
    for (const network of networks) changedWhileItWaits(network, store);
  },
  commits: () => {
    for (const network of ["irc", "telegram"] as const) noRoomForACommit(network, store);
  },
  made: () => killedWhileMade(store),
  files: () => killedWithFiles(store),
  quiet: () => quietRestart(store),
}));
