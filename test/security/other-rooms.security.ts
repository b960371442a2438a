import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import { marker, onIrc, onTelegram, push } from "./talk.ts";

describe("events that name what is not theirs", () => {
  let world: World;
  let ben: MatrixUser;
  let other: string;
  let target: string;
  let early: string;
  before(async () => {
    world = await openWorld({
      networks: ["irc", "telegram"],
      scene: async (unstarted) => {
        early = await unstarted.ana.send(unstarted.room, "early secret");
      },
    });
    ben = world.stage.person("ben");
    await ben.join(world.room);
    const carl = world.carl;
    await carl.join("#other");
    other = await until("the other room is made", () =>
      world.ana.join(`#irc_#other:${world.stage.domain}`).catch(() => undefined),
    );
    await ben.join(other);
    target = await world.ana.send(world.room, "the target");
    await until("the target is on both", () =>
      [onIrc(world), onTelegram(world)].every((list) => list.some((t) => t.endsWith("the target"))),
    );
  });
  after(() => world.close());

  const everything = (): string =>
    [...onIrc(world), ...onIrc(world, "#other"), ...onTelegram(world)].join("\n");
  const replaces = (event: string, body: string): Record<string, unknown> => ({
    msgtype: "m.text",
    body: `* ${body}`,
    "m.new_content": { msgtype: "m.text", body },
    "m.relates_to": { rel_type: "m.replace", event_id: event },
  });

  test("an edit by somebody else is not bridged", { timeout: 20_000 }, async () => {
    await ben.send(world.room, replaces(target, "changed by Ben"));
    await marker(world, "after Ben's edit");
    assert.ok(!everything().includes("changed by Ben"), everything());
  });

  test("an edit in another room is not bridged", { timeout: 20_000 }, async () => {
    await push(world, {
      room_id: other,
      sender: world.ana.userId,
      content: replaces(target, "changed from afar"),
    });
    await marker(world, "after the far edit");
    assert.ok(!everything().includes("changed from afar"), everything());
  });

  test("a redaction in another room deletes nothing", { timeout: 20_000 }, async () => {
    for (const more of [{ redacts: target, content: {} }, { content: { redacts: target } }]) {
      await push(world, {
        type: "m.room.redaction",
        room_id: other,
        sender: world.ana.userId,
        ...more,
      });
    }
    await marker(world, "after the far redaction");
    assert.ok(onTelegram(world).some((text) => text.endsWith("the target")));
  });

  const answers = (event: string): Record<string, unknown> => ({
    msgtype: "m.text",
    body: "my answer",
    "m.relates_to": { "m.in_reply_to": { event_id: event } },
  });

  test("CVE-2023-38700: a reply never quotes another room", { timeout: 20_000 }, async () => {
    const secret = await world.ana.send(world.room, "the secret of the lobby");
    await marker(world, "after the secret");
    await world.ana.send(other, answers(secret));
    await until("the answer has passed", () =>
      onIrc(world, "#other").some((line) => line.endsWith("my answer")),
    );
    assert.ok(!onIrc(world, "#other").join("\n").includes("secret"));
  });

  test(
    "CVE-2024-32000: a reply never quotes what was before the bridge",
    { timeout: 20_000 },
    async () => {
      await world.ana.send(world.room, answers(early));
      await marker(world, "after the early reply");
      assert.ok(everything().includes("my answer"));
      assert.ok(!everything().includes("early secret"), everything());
    },
  );

  test("CVE-2024-39691: nor when clocks are forged", { timeout: 20_000 }, async () => {
    for (const origin_server_ts of [0, Date.now() + 86_400_000]) {
      await push(world, {
        room_id: world.room,
        sender: world.ana.userId,
        origin_server_ts,
        content: answers(early),
      });
    }
    await marker(world, "after the forged clocks");
    assert.ok(!everything().includes("early secret"), everything());
  });

  test("a relation of another kind or shape does no harm", { timeout: 20_000 }, async () => {
    for (const relation of [
      7,
      null,
      [],
      { rel_type: {} },
      { "m.in_reply_to": [] },
      { "m.in_reply_to": { event_id: {} } },
    ]) {
      await push(world, {
        room_id: world.room,
        sender: world.ana.userId,
        content: { msgtype: "m.text", body: "odd relation", "m.relates_to": relation },
      });
    }
    await marker(world, "after the odd relations");
  });
});
