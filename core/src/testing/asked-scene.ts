import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { BridgeError } from "../adapter/index.ts";
import { sendStatus } from "../engine/status.ts";
import type { JsonObject, MatrixEvent } from "../matrix/types.ts";
import type { Portal } from "../store/types.ts";
import { ana, openEngine } from "./engine-fixture.ts";
import type { Scene } from "./engine-fixture.ts";
import { ScriptedNetwork } from "./scripted-network.ts";

export const room = "!lobby:hs.test";
export const again = "\u{1F501}";
export const arrived = "\u2705";
/** Nobody knows whether it arrived. */
export const lost = new BridgeError("network", "The answer was lost.", {
  reached: "unknown",
  scope: "item",
});
/** It certainly did not. */
export const refused = new BridgeError("forbidden", "You are muted there.", {
  reached: "no",
  scope: "item",
});

/** Ana in a room of one network, and what the bot tells her about her messages. */
export interface Asked extends Scene {
  readonly portal: Portal;
  /** The lines of the bot as they read now. */
  lines(): readonly string[];
  /** What the bot offers by reactions that are there now. */
  offers(): readonly string[];
  /** The network takes nothing: the call ends so. */
  fails(error: BridgeError): void;
  works(): void;
  /** Says it, and lets everything come of it. */
  says(text: string, more?: JsonObject): Promise<MatrixEvent>;
  /** Somebody reacts to the bot's first line. */
  reacts(key: string, sender?: string): Promise<MatrixEvent>;
  rest(): Promise<void>;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export const openAsked = async (
  t: TestContext,
  overrides: Parameters<typeof openEngine>[1] = {},
): Promise<Asked> => {
  const network = overrides.network ?? new ScriptedNetwork();
  const settings = { statusEvents: true, ...overrides.settings };
  const scene = await openEngine(t, { ...overrides, network, settings });
  const portal = await scene.plumb();
  const { homeserver } = scene;
  const { send } = network;
  const isGone = (event: string): boolean =>
    homeserver.events.some(({ redacts }) => redacts === event);
  const notice = (): MatrixEvent => {
    const [first] = homeserver.events.filter(
      ({ type, sender }) => type === "m.room.message" && sender === homeserver.bot,
    );
    assert(first, "the bot has said nothing");
    return first;
  };
  const rest = async (): Promise<void> => {
    for (let rounds = 0; rounds < 3; rounds += 1) {
      await scene.settle();
      scene.clock.advance(5000);
    }
    await scene.echo();
  };
  return {
    ...scene,
    portal,
    rest,
    lines: () => {
      const lines = new Map<string, string>();
      for (const { event_id: id, type, sender, content } of homeserver.events) {
        if (type !== "m.room.message" || sender !== homeserver.bot) continue;
        const relation = content["m.relates_to"] as JsonObject | undefined;
        const of = relation?.["rel_type"] === "m.replace" ? textOf(relation["event_id"]) : id;
        const shown = (content["m.new_content"] ?? content) as JsonObject;
        lines.set(of, textOf(shown["body"]));
      }
      return [...lines.values()];
    },
    offers: () =>
      homeserver.events.flatMap(({ event_id: id, type, sender, content }) =>
        type === "m.reaction" && sender === homeserver.bot && !isGone(id)
          ? [textOf((content["m.relates_to"] as JsonObject)["key"])]
          : [],
      ),
    fails: (error) => {
      network.send = async () => {
        throw error;
      };
    },
    works: () => {
      network.send = send;
    },
    says: async (text, content) => {
      const event = await scene.anaSays(text, content && { content });
      await rest();
      return event;
    },
    reacts: async (key, sender = ana) => {
      const relation = { rel_type: "m.annotation", event_id: notice().event_id, key };
      const event = homeserver.event({
        room_id: room,
        type: "m.reaction",
        sender,
        content: { "m.relates_to": relation },
      });
      await scene.push(event);
      await rest();
      return event;
    },
  };
};

export const stateOf = async ({ store, portal }: Asked, event: MatrixEvent): Promise<unknown> =>
  (await store.read.outcomes.get(event.event_id, portal.id))?.state;

export const statuses = ({ homeserver }: Scene, event: MatrixEvent): readonly unknown[] =>
  homeserver.events.flatMap(({ type, content }) =>
    type === sendStatus && JSON.stringify(content["m.relates_to"]).includes(`"${event.event_id}"`)
      ? [content["status"]]
      : [],
  );
