import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { load } from "js-yaml";
import { until } from "../sandbox/client.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { openWorld } from "./open-world.ts";
import type { World } from "./world.ts";

interface Pushed {
  readonly id: string;
  readonly events: unknown;
}

/** What a homeserver should never push, and what comes after it passes all the same. */
export const oddTransactions = (store: StorePlace = inItsFolder): void => {
  describe("transactions that are not as they should be", () => {
    let world: World;
    let number = 0;
    before(async () => {
      world = await openWorld({ networks: ["irc"], config: await store() });
      await world.say("matrix", "first from Matrix");
      await world.settle();
    });
    after(() => world.close());

    const token = (): string => {
      const file = readFileSync(join(world.stage.dir, "registration.yaml"), "utf8");
      const registration = load(file) as { readonly hs_token: string };
      return registration.hs_token;
    };

    const pushRaw = async (id: string, body: string): Promise<number> => {
      const response = await fetch(`${world.stage.boxUrl}/_matrix/app/v1/transactions/${id}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${token()}`, "content-type": "application/json" },
        body,
      });
      await response.arrayBuffer();
      return response.status;
    };
    const push = ({ id, events }: Pushed): Promise<number> =>
      pushRaw(id, JSON.stringify({ events }));

    /** An event as the homeserver would push it; the ledger expects it on IRC. */
    const event = (text: string, more: object = {}): object => {
      number += 1;
      return {
        type: "m.room.message",
        event_id: `$pushed${number}`,
        room_id: world.room,
        sender: world.ana.userId,
        origin_server_ts: Date.now(),
        content: { msgtype: "m.text", body: text },
        ...more,
      };
    };
    const expect = (text: string): object => {
      world.ledger.said("matrix", `pushed ${number}`, text);
      return event(text);
    };

    test("one is repeated, under its own id and under another", { timeout: 20_000 }, async () => {
      await world.say("matrix", "once");
      const { homeserver } = world.stage;
      await until("it was pushed", () => homeserver.outbox().waiting === 0);
      await homeserver.replayLastTransaction({ newId: false });
      await homeserver.replayLastTransaction({ newId: true });
      const events = [expect("pushed once")];
      assert.equal(await push({ id: "a1", events }), 200);
      assert.equal(await push({ id: "a1", events }), 200);
      assert.equal(await push({ id: "a2", events: [...events, ...events] }), 200);
      // A doubt about it could not be told from a loss: the homeserver never had the event.
      await world.settle();
      await world.stage.box.kill();
      await world.restart();
      assert.equal(await push({ id: "a1", events }), 200);
      assert.equal(await push({ id: "a3", events }), 200);
      await world.settle();
    });

    test("two at once with the same event", { timeout: 20_000 }, async () => {
      const events = [expect("from two at once")];
      const answers = await Promise.all(["b1", "b2", "b1", "b3"].map((id) => push({ id, events })));
      assert.deepEqual(answers, [200, 200, 200, 200]);
      await world.settle();
    });

    test("they come in another order than they were made", { timeout: 20_000 }, async () => {
      const later = [expect("came first")];
      const earlier = [expect("came second")];
      assert.equal(await push({ id: "9002", events: later }), 200);
      assert.equal(await push({ id: "9001", events: earlier }), 200);
      await world.settle();
    });

    const deep = `{"events":${"[".repeat(1000)}${"]".repeat(1000)}}`;
    const malformed: readonly (readonly [string, string])[] = [
      ["not JSON", "{"],
      ["nothing", ""],
      ["a list", "[]"],
      ["no events", "{}"],
      ["events that are no list", '{"events":{"0":1}}'],
      ["text", '"events"'],
      ["nested 1,000 deep", deep],
    ];
    for (const [what, body] of malformed) {
      test(`${what} is refused, and later ones pass`, { timeout: 20_000 }, async () => {
        const status = await pushRaw(`m-${encodeURIComponent(what)}`, body);
        assert.ok([200, 400].includes(status), `${status}`);
        assert.equal(await push({ id: `after-${what}`, events: [expect(`after ${what}`)] }), 200);
        await world.settle();
      });
    }

    test("what is no event is skipped, its neighbours pass", { timeout: 20_000 }, async () => {
      const bad = [
        null,
        7,
        "text",
        [],
        {},
        { ...event("no room"), room_id: 7 },
        { ...event("no sender"), sender: null },
        { ...event("no type"), type: undefined },
        { ...event("no content"), content: "text" },
        { ...event("no id"), event_id: 5 },
        { ...event("no redaction"), type: "m.room.redaction", redacts: {} },
        { ...event("no body"), content: { msgtype: "m.text", body: { a: 1 } } },
        { ...event("no member"), type: "m.room.member", state_key: 7, content: [] },
        { ...event("relation"), content: { msgtype: "m.text", body: 1, "m.relates_to": [[]] } },
      ];
      const proto = '{"__proto__":{"polluted":1},"type":"m.room.message"}';
      const around = JSON.stringify([expect("before the bad ones"), ...bad]).slice(0, -1);
      const last = JSON.stringify(expect("after the bad ones"));
      assert.equal(await pushRaw("bad", `{"events":${around},${proto},${last}]}`), 200);
      await world.settle();
    });

    test("lone surrogates and NUL are carried as what can be", { timeout: 20_000 }, async () => {
      const odd = event("", { content: { msgtype: "m.text", body: "odd \ud800 and \u0000 text" } });
      assert.equal(await push({ id: "odd", events: [odd, expect("after the odd one")] }), 200);
      await world.settle();
    });

    test("10,000 events in one, 6 MB", { timeout: 40_000 }, async () => {
      const filler = Array.from({ length: 9990 }, (_, at) =>
        event(`filler ${at} ${"x".repeat(450)}`, { type: "org.example.other" }),
      );
      const said = Array.from({ length: 10 }, (_, at) => expect(`in the heap ${at}`));
      const body = JSON.stringify({ events: [...filler, ...said] });
      assert.ok(body.length > 6_000_000, `${body.length} bytes`);
      assert.equal(await pushRaw("heap", body), 200);
      assert.equal(await pushRaw("heap", body), 200);
      await world.settle();
    });
  });
};
