import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { firstPart, messageId, partId, userId } from "../adapter/index.ts";
import type { EditEvent, Part, RemoteEvent } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import { fromPlain } from "../richtext/index.ts";
import { ana, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { logIn } from "../testing/log-in.ts";
import { lobby, saying, ScriptedNetwork } from "../testing/scripted-network.ts";

const room = "!lobby:hs.test";
const bob = "@net_bob:hs.test";

interface Struck extends Scene {
  /** The next time that anything comes by that place, it fails as if by a mistake of ours. */
  strike(place: string): void;
  /** Whether it came by. */
  struck(): boolean;
  /** Hands over until it is accepted, as an adapter does. */
  hands(...events: readonly RemoteEvent[]): Promise<void>;
  /** Everything is done, however often it has to be tried. */
  rest(): Promise<void>;
}

const open = async (t: TestContext): Promise<Struck> => {
  let armed: string | undefined;
  let hit = false;
  const network = new ScriptedNetwork();
  const said = new Map<string, string>();
  network.send = (_order, { key }) => {
    const known = said.get(key) ?? network.done().sent.id;
    said.set(key, known);
    return Promise.resolve({ state: "sent", sent: { id: messageId(known) } });
  };
  const found = (key: string) => said.get(key);
  network.more = {
    find: (_order, { key }) => {
      const id = found(key);
      return Promise.resolve(
        id === undefined ? { state: "absent" } : { state: "sent", sent: { id: messageId(id) } },
      );
    },
  };
  const scene = await openEngine(t, {
    network,
    failpoint: (name) => {
      if (name !== armed) return Promise.resolve();
      armed = undefined;
      hit = true;
      return Promise.reject(new Error(`struck at ${name}`));
    },
  });
  await scene.plumb();
  return {
    ...scene,
    strike: (place) => {
      armed = place;
      hit = false;
    },
    struck: () => hit,
    hands: async (...events) => {
      for (let tries = 0; tries < 3; tries += 1) {
        const taken = await network.accept(events).then(
          () => true,
          () => false,
        );
        if (taken) return;
      }
      throw new Error("It was never accepted.");
    },
    rest: async () => {
      for (let rounds = 0; rounds < 60; rounds += 1) {
        await scene.settle();
        const left = await scene.store.read.items.depth();
        if (left.length === 0 && (await scene.store.read.inbox.count()) === 0) return;
        scene.clock.advance(20_000);
      }
      throw new Error("It never came to rest.");
    },
  };
};

const standing = ({ homeserver }: Scene): readonly string[] => {
  const gone = new Set(homeserver.events.map(({ redacts }) => redacts));
  const shown = new Map<string, string>();
  for (const { event_id: id, type, content, room_id } of homeserver.events) {
    if (type !== "m.room.message" || room_id !== room || gone.has(id)) continue;
    const relation = content["m.relates_to"] as JsonObject | undefined;
    const { body } = (content["m.new_content"] as JsonObject | undefined) ?? content;
    const replaced = relation?.["rel_type"] === "m.replace" ? relation["event_id"] : id;
    if (typeof replaced === "string" && typeof body === "string" && !gone.has(replaced))
      shown.set(replaced, body);
  }
  return [...shown.values()];
};

const text = (id: string, words: string): Part => ({
  id: partId(id),
  kind: "text",
  text: fromPlain(words),
});

const places = {
  in: [
    "accept.before-commit",
    "in.before-claim",
    "in.before-call",
    "in.after-call",
    "in.before-settle",
    "in.settled",
  ],
  out: [
    "out.before-claim",
    "out.before-call",
    "out.after-call",
    "out.before-settle",
    "out.settled",
  ],
} as const;

describe("struck once at each place, on the way into the room", () => {
  for (const place of places.in) {
    test(place, async (t) => {
      const scene = await open(t);
      const message = saying("bob", "one");
      await scene.hands(message);
      await scene.rest();
      const event = scene.homeserver.events.find(({ type }) => type === "m.room.message");
      assert(event);
      const base = { chat: lobby, at: 1, id: message.id } as const;
      const reaction = (on: boolean): RemoteEvent => ({
        ...base,
        kind: "reactions",
        set: [{ user: userId("bob"), emoji: "👍", on }],
        complete: "delta",
      });
      const edit: EditEvent = {
        ...base,
        kind: "edit",
        key: "e",
        version: "1",
        sender: userId("bob"),
        content: { parts: [text("", "ONE"), text("a", "two")] },
      };
      const steps: readonly (readonly [RemoteEvent, () => void])[] = [
        [
          reaction(true),
          () => assert.deepEqual(scene.homeserver.reactions(event.event_id), [`${bob} 👍`]),
        ],
        [edit, () => assert.deepEqual(standing(scene), ["ONE", "two"])],
        [
          { ...edit, version: "2", content: { parts: [text("", "ONE")] } },
          () => assert.deepEqual(standing(scene), ["ONE"]),
        ],
        [reaction(false), () => assert.deepEqual(scene.homeserver.reactions(event.event_id), [])],
        [
          { chat: lobby, at: 1, kind: "delete", key: "d", ids: [message.id], for: "all" },
          () => assert.deepEqual(standing(scene), []),
        ],
      ];
      let hits = 0;
      for (const [step, holds] of steps) {
        scene.strike(place);
        await scene.hands(step);
        await scene.rest();
        hits += Number(scene.struck());
        holds();
      }
      assert(hits > 0, "it came by");
      const keys = scene.homeserver.events.map(({ content }) => content["dev.bridgebox.key"]);
      const told = keys.filter((key) => key !== undefined);
      assert.equal(new Set(told).size, told.length, "nothing was said twice");
    });
  }
});

describe("struck once at each place, on the way to the network", () => {
  for (const place of places.out) {
    test(place, async (t) => {
      const scene = await open(t);
      await logIn(scene, "ana");
      const question = {
        ...text("", ""),
        kind: "poll",
        question: "?",
        options: [{ id: "y", text: "yes" }],
        max: 1,
        hidden: false,
      } as unknown as Part;
      const poll = saying("bob", "", { content: { parts: [{ ...question, id: firstPart }] } });
      await scene.hands(poll);
      await scene.rest();
      const about = scene.homeserver.events.at(-1)?.event_id ?? "";
      const does = async (type: string, content: JsonObject, redacts?: string) => {
        const { event_id: id, ...rest } = scene.homeserver.event({
          room_id: room,
          type,
          sender: ana,
          content,
          ...(redacts === undefined ? {} : { redacts }),
        });
        await scene.push({ event_id: id, ...rest });
        await scene.rest();
        return id;
      };
      const now = () => {
        const on = new Map<string, boolean>();
        for (const [method, what] of scene.network.did)
          if (method === "react") {
            const { emoji, on: is } = what as { emoji: string; on: boolean };
            on.set(emoji, is);
          }
        return [...on].flatMap(([emoji, is]) => (is ? [emoji] : []));
      };
      let hits = 0;
      const step = async (type: string, content: JsonObject, redacts?: string) => {
        scene.strike(place);
        const id = await does(type, content, redacts);
        hits += Number(scene.struck());
        return id;
      };
      const relation = { rel_type: "m.annotation", event_id: about, key: "👍" };
      const reacted = await step("m.reaction", { "m.relates_to": relation });
      assert.deepEqual(now(), ["👍"]);
      await step("org.matrix.msc3381.poll.response", {
        "m.relates_to": { rel_type: "m.reference", event_id: about },
        "org.matrix.msc3381.poll.response": { answers: ["y"] },
      });
      const votes = scene.network.did.filter(([method]) => method === "vote");
      assert.deepEqual(votes.at(-1)?.[1], { id: poll.id, options: ["y"] });
      await step("m.room.redaction", {}, reacted);
      assert.deepEqual(now(), []);
      assert(hits > 0, "it came by");
      assert.deepEqual(scene.homeserver.said(room), [], "and nobody is told of a failure");
    });
  }
});
