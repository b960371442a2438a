import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { endOf } from "../journeys/kit.ts";
import { until } from "../sandbox/client.ts";
import { openWorld } from "./open-world.ts";
import type { World } from "./world.ts";

const places = [
  "out.before-claim",
  "out.before-call",
  "out.after-call",
  "out.before-settle",
] as const;

describe("killed while a line stands for a reaction", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["irc"] });
  });
  after(() => world.close());

  for (const place of places) {
    test(`${place}: it is said once`, { timeout: 30_000 }, async () => {
      const { irc, box, domain } = world.stage;
      const { ana } = world;
      const channel = `#${place}`;
      const maker = await irc.user(place.replace(".", ""));
      await maker.join(channel);
      const room = await until(`${channel} can be joined`, () =>
        ana.join(`#irc_${channel}:${domain}`).catch(() => undefined),
      );
      await irc.until(() => irc.channel(channel)?.members.has("bridgebox") === true);
      maker.say(channel, `cake at ${place}?`);
      const cake = await ana.untilText(room, `cake at ${place}?`);
      world.arm(`${place}=kill`);
      const liked = await ana.react(room, cake.event_id, "🎂");
      await box.ended();
      world.disarm();
      await world.start();
      assert.equal(await endOf(world.stage, liked), "delivered");
      await ana.send(room, `marker ${place}`);
      await maker.until(({ params }) => params.at(-1)?.endsWith(`marker ${place}`) === true);
      const lines = maker.seen.filter(({ params }) => /reacted with 🎂/.test(params.at(-1) ?? ""));
      assert.equal(lines.length, 1);
    });
  }
});
