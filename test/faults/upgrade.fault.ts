import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { withWorld } from "./open-world.ts";

test("killed once a chat is in the room in which its own goes on", { timeout: 60_000 }, () =>
  withWorld({ networks: ["irc"] }, async (world) => {
    const { ana, stage } = world;
    const { homeserver, box, domain } = stage;
    await world.say("irc", "before");
    await world.settle();
    const next = await ana.createRoom({
      preset: "public_chat",
      creation_content: { predecessor: { room_id: world.room } },
      power_level_content_override: { users: { [world.botMxid]: 50 } },
    });
    world.arm("upgrade.moved=kill");
    const tombstone = { body: "on we go", replacement_room: next };
    await ana.setState(world.room, "m.room.tombstone", tombstone);
    assert.equal(await box.ended(), "SIGKILL");
    const described = (): number =>
      homeserver.room(next).timeline.filter(({ type }) => type === "m.bridge").length;
    const carl = `@irc_carl:${domain}`;
    assert.deepEqual([described(), homeserver.room(next).joined.includes(carl)], [0, false]);

    world.disarm();
    world.room = next;
    await world.start();
    await until("the room says whose it is", () => described() === 1);
    await until("who was in the old room is here", () =>
      homeserver.room(next).joined.includes(carl),
    );
    await world.ready();
    await world.ircIsBack();
    await world.say("irc", "after");
    await world.say("matrix", "we moved");
    await world.settle();
  }),
);
