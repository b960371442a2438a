import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { onPostgres } from "./on-postgres.ts";
import { withWorld } from "../faults/open-world.ts";
import { talk } from "../faults/talk.ts";
import { excuseUnheard } from "../faults/unheard.ts";
import type { World } from "../faults/world.ts";

const lines = 60;

/** How long a slow machine may take for what so many lines are on four networks, in milliseconds. */
const patience = 90_000;

/** Resolves when so many more lines were said on Matrix, or when there are no more to say. */
const saidMore = (world: World, more: number): Promise<boolean> => {
  const wanted = Math.min(lines, world.said.matrix.length + more);
  return until("they have said more", () => world.said.matrix.length >= wanted, 30_000);
};

/** Resolves once what is said on IRC is heard; the box may have left and come back, or may not. */
const heard = async (world: World): Promise<void> => {
  for (let number = 1; number < 10; number += 1) {
    const text = `heard at last ${number}`;
    await until("the box is in the channel", () => world.inChannel(), 20_000);
    await world.say("irc", text);
    const isShown = (): boolean => world.timeline().some(({ content }) => content["body"] === text);
    if (await until("it is shown", isShown, 4_000).catch(() => false)) return;
  }
  throw new Error("Nothing that is said on IRC is heard any more");
};

const networks = ["irc", "slack", "telegram", "discord"] as const;

onPostgres("PostgreSQL itself is in trouble", (store, server) => {
  /** People talk while something happens to the server; everything arrives, and nothing twice. */
  const whileTheyTalk = async (
    happens: (world: World) => Promise<void>,
    doubts: number,
  ): Promise<void> => {
    await withWorld({ networks, config: await store() }, async (world) => {
      const talking = talk(world, ["matrix", ...networks], { about: "trouble", count: lines });
      await happens(world);
      await talking;
      await heard(world);
      await world.ready(patience);
      await excuseUnheard(world);
      const found = await world.settle(patience);
      assert.ok(found <= doubts, `${found} in doubt`);
      assert.ok(!world.stage.box.log.includes(server().password));
    });
  };

  const ours = "from pg_stat_activity where application_name = 'bridgebox'";

  const tests = (): void => {
    test("its sessions are ended again and again", { timeout: 240_000 }, () =>
      whileTheyTalk(async (world) => {
        for (let times = 0; times < 8; times += 1) {
          await saidMore(world, 4);
          await server().sql(`select count(pg_terminate_backend(pid)) ${ours}`);
        }
      }, 8),
    );

    test("the server crashes and is started again", { timeout: 240_000 }, () =>
      whileTheyTalk(async (world) => {
        await saidMore(world, 10);
        await server().crash();
        await saidMore(world, 10);
        await server().start();
      }, 1),
    );
  };
  return { "while people talk": tests };
});
