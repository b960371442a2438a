import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { withWorld } from "./open-world.ts";
import type { World } from "./world.ts";

/** The lobby goes on in another room; the box is killed at that place while it follows. */
const killedWhileFollowing = async (world: World, place: string): Promise<string> => {
  const { ana, stage } = world;
  await world.say("irc", "before");
  await world.settle();
  const next = await ana.createRoom({
    preset: "public_chat",
    creation_content: { predecessor: { room_id: world.room } },
    power_level_content_override: { users: { [world.botMxid]: 50 } },
  });
  world.arm(`${place}=kill`);
  const tombstone = { body: "on we go", replacement_room: next };
  await ana.setState(world.room, "m.room.tombstone", tombstone);
  assert.equal(await stage.box.ended(), "SIGKILL");
  world.room = next;
  return next;
};

/** Both ways, as if nothing had been. */
const goesOn = async (world: World): Promise<void> => {
  await world.ready();
  await world.ircIsBack();
  await world.say("irc", "after");
  await world.say("matrix", "we moved");
  await world.settle();
};

test("killed in the room in which one goes on, before its chat is", { timeout: 60_000 }, () =>
  withWorld({ networks: ["irc"] }, async (world) => {
    await killedWhileFollowing(world, "upgrade.entered");
    await world.say("matrix", "said before the chat was there");
    await world.say("matrix", "and this too");
    world.disarm();
    await world.start();
    await goesOn(world);
  }),
);

test("killed once a chat is in the room in which its own goes on", { timeout: 60_000 }, () =>
  withWorld({ networks: ["irc"] }, async (world) => {
    const { homeserver, domain } = world.stage;
    const next = await killedWhileFollowing(world, "upgrade.moved");
    const described = (): number =>
      homeserver.room(next).timeline.filter(({ type }) => type === "m.bridge").length;
    const carl = `@irc_carl:${domain}`;
    assert.deepEqual([described(), homeserver.room(next).joined.includes(carl)], [0, false]);
    world.disarm();
    await world.start();
    await until("the room says whose it is", () => described() === 1);
    await until("who was in the old room is here", () =>
      homeserver.room(next).joined.includes(carl),
    );
    await goesOn(world);
  }),
);
