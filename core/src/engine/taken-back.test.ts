import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, userId } from "../adapter/index.ts";
import type { RemoteEvent } from "../adapter/index.ts";
import { ana, openEngine } from "../testing/engine-fixture.ts";
import { lobby, saying, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

const room = "!lobby:hs.test";

// The removal of a reaction breaks off; before it is tried again the network lists what it still has.
for (const [when, pause] of [
  ["at once", 0],
  ["long after", 20_000],
] as const)
  test(`a list that tells ${when} of what is being taken back does not keep it there`, async (t) => {
    const network = new ScriptedNetwork();
    const asked: boolean[] = [];
    network.more = {
      react: async (_chat, { id, emoji, on }) => {
        asked.push(on);
        if (asked.length !== 2) return;
        scene.clock.advance(pause);
        const set = [{ user: userId("relay"), emoji, on: true }];
        const told: RemoteEvent = {
          kind: "reactions",
          chat: lobby,
          at: 1,
          id,
          set,
          complete: "all",
        };
        await network.accept([told]);
        throw new BridgeError("network", "It broke off.", { reached: "no", scope: "item" });
      },
    };
    const scene = await openEngine(t, { network });
    const portal = await scene.plumb();
    const message = saying("bob", "hello");
    await network.accept([message]);
    await scene.idle();
    const about = scene.homeserver.events.findLast(({ type }) => type === "m.room.message");
    assert(about);
    const sender = ana;
    const relation = { rel_type: "m.annotation", event_id: about.event_id, key: "👍" };
    const content = { "m.relates_to": relation };
    const reacted = scene.homeserver.event({ room_id: room, type: "m.reaction", sender, content });
    await scene.push(reacted);
    await scene.idle();

    const redaction = { room_id: room, type: "m.room.redaction", redacts: reacted.event_id };
    await scene.push(scene.homeserver.event({ ...redaction, sender, content: {} }));
    await until("it broke off", () => asked.length === 2);
    await until("it is tried again", () => {
      scene.clock.advance(1000);
      return asked.length === 3;
    });
    await scene.idle();
    assert.deepEqual(asked, [true, false, false]);
    const left = await scene.store.read.assertions.of(portal.id, message.id);
    assert.deepEqual(
      left.filter(({ value }) => value !== null),
      [],
    );
  });
