import assert from "node:assert/strict";
import { asBody, until } from "../sandbox/client.ts";
import type { Body } from "../sandbox/client.ts";
import type { ClientEvent } from "../sandbox/homeserver/index.ts";
import { outcomesFor } from "../journeys/kit.ts";
import { itemsToDo } from "./store-look.ts";
import { answers, sideOf, thumb } from "./act-sides.ts";
import type { ActSide } from "./act-sides.ts";
import { kindsOf, nameOf, networks, roomKey } from "./act-world.ts";
import type { ActWorld, Kind } from "./act-world.ts";
import type { NetworkSide } from "./world.ts";

/** How long a slow machine may take for one round of acts, in milliseconds. */
const patience = 60_000;

export type Direction = "in" | "out";

/** One thing that somebody does to a message that is on both sides. */
export interface Act {
  readonly network: NetworkSide;
  readonly kind: Kind;
  /** The message is there, and whatever else has to be. */
  prepare(): Promise<void>;
  go(): unknown;
  /** How often it is to be seen on the other side; -1: it cannot be seen yet whether it is there. */
  seen(): number;
  /** The event on Matrix, where it is somebody of Matrix who does it. */
  event(): string | undefined;
}

interface Place {
  readonly acts: ActWorld;
  readonly side: ActSide;
  readonly room: string;
  readonly network: NetworkSide;
  readonly text: string;
}

const bare = (emoji: unknown): string => String(emoji).replaceAll("\uFE0F", "");

const timelineOf = ({ acts, room }: Place): readonly ClientEvent[] =>
  acts.stage.homeserver.room(room).timeline;

const aboutOf = ({ content }: ClientEvent): Body => asBody(content["m.relates_to"]);

/** Events that say something about that one, as people see them. */
const about = (place: Place, type: string, event: string): readonly ClientEvent[] =>
  timelineOf(place).filter((one) => one.type === type && aboutOf(one)["event_id"] === event);

const redactionsOf = (place: Place, event: string): number =>
  timelineOf(place).filter(
    (one) => one.type === "m.room.redaction" && one.content["redacts"] === event,
  ).length;

const reactionsTo = (place: Place, event: string): readonly ClientEvent[] =>
  about(place, "m.reaction", event).filter((one) => bare(aboutOf(one)["key"]) === thumb);

/** The event in the room that shows what was said there. */
const shown = (place: Place, text: string): Promise<string> =>
  until(`${text} is in the room`, () => {
    const event = timelineOf(place).find(({ type, content }) =>
      type === "m.room.message"
        ? content["body"] === text
        : JSON.stringify(content).includes(JSON.stringify(text)),
    );
    return event?.event_id;
  });

const said = (place: Place, text: string): Promise<boolean> =>
  until(`${text} is on ${place.network}`, () => place.side.standing(text).length > 0);

const pollOf = (question: string): Body => ({
  "m.text": question,
  "org.matrix.msc3381.poll.start": {
    question: { "org.matrix.msc1767.text": question },
    kind: "org.matrix.msc3381.poll.disclosed",
    max_selections: 1,
    answers: answers.map((text, at) => ({ id: `a${at}`, "org.matrix.msc1767.text": text })),
  },
});
const pollType = "org.matrix.msc3381.poll.start";

type Made = Omit<Act, "network" | "kind">;

/** What an act is about: a message of one side or the other, once it is on both. */
const aimAt = (place: Place) => {
  const { acts, side, room, text } = place;
  const aim = {
    target: "",
    ours: async (): Promise<void> => {
      aim.target = await acts.world.ana.send(room, text);
      await said(place, text);
    },
    theirs: async (): Promise<void> => {
      await side.say(text);
      aim.target = await shown(place, text);
    },
  };
  return aim;
};

/** Somebody of the network does it. */
const coming = (place: Place, kind: Kind): Made => {
  const { acts, side, room, text } = place;
  const { ana } = acts.world;
  let reaction = "";
  const aim = aimAt(place);
  const { ours, theirs } = aim;
  const event = (): undefined => undefined;
  switch (kind) {
    case "reaction":
      return {
        event,
        prepare: ours,
        go: () => side.react(text, true),
        seen: () => reactionsTo(place, aim.target).length,
      };
    case "return":
      return {
        event,
        prepare: async () => {
          await ours();
          await side.react(text, true);
          const found = await until("the reaction is in the room", () =>
            reactionsTo(place, aim.target).at(0),
          );
          reaction = found.event_id;
        },
        go: () => side.react(text, false),
        seen: () => redactionsOf(place, reaction),
      };
    case "edit":
      return {
        event,
        prepare: theirs,
        go: () => side.edit?.(text, `${text} changed`),
        seen: () =>
          about(place, "m.room.message", aim.target).filter(
            ({ content }) => asBody(content["m.new_content"])["body"] === `${text} changed`,
          ).length,
      };
    case "delete":
      return {
        event,
        prepare: theirs,
        go: () => side.remove(text),
        seen: () => redactionsOf(place, aim.target),
      };
    case "vote":
      return {
        event,
        prepare: async () => {
          aim.target = await ana.send(room, pollOf(text), pollType);
          await said(place, text);
        },
        go: () => side.vote?.(text),
        seen: () =>
          timelineOf(place).filter(
            (one) => one.type.endsWith("poll.response") && aboutOf(one)["event_id"] === aim.target,
          ).length,
      };
    default:
      return kind satisfies never;
  }
};

/** Somebody of Matrix does it. */
const going = (place: Place, kind: Kind): Made => {
  const { acts, side, room, text } = place;
  const { ana } = acts.world;
  let event = "";
  const aim = aimAt(place);
  const { ours, theirs } = aim;
  const does = (act: () => Promise<string>) => async (): Promise<void> => {
    event = await act();
  };
  const reactions = (): number => side.standing(text)[0]?.reactions.length ?? -1;
  const common = { event: () => event };
  switch (kind) {
    case "reaction":
      return {
        ...common,
        prepare: theirs,
        go: does(() => ana.react(room, aim.target, thumb)),
        seen: reactions,
      };
    case "return": {
      let reaction = "";
      return {
        ...common,
        prepare: async () => {
          await theirs();
          reaction = await ana.react(room, aim.target, thumb);
          await until("the reaction is there", () => reactions() === 1);
        },
        go: does(() => ana.redact(room, reaction)),
        seen: () => 1 - reactions(),
      };
    }
    case "edit":
      return {
        ...common,
        prepare: ours,
        go: does(() => ana.edit(room, aim.target, `${text} changed`)),
        seen: () => (side.standing(text).length > 0 ? -1 : side.standing(`${text} changed`).length),
      };
    case "delete":
      return {
        ...common,
        prepare: ours,
        go: does(() => ana.redact(room, aim.target)),
        seen: () => (side.standing(text).length > 0 ? 0 : redactionsOf(place, aim.target)),
      };
    case "vote":
      return {
        ...common,
        prepare: async () => {
          await side.poll?.(text);
          aim.target = await shown(place, text);
        },
        go: does(async () => {
          const start = timelineOf(place).find((one) => one.event_id === aim.target);
          const poll = asBody(start?.content["m.poll"] ?? start?.content[pollType]);
          const [first] = Array.isArray(poll["answers"]) ? poll["answers"].map(asBody) : [];
          const id = first?.["m.id"] ?? first?.["id"];
          return acts.vero.send(
            room,
            {
              "org.matrix.msc3381.poll.response": { answers: [id] },
              "m.relates_to": { rel_type: "m.reference", event_id: aim.target },
            },
            "org.matrix.msc3381.poll.response",
          );
        }),
        seen: () => side.standing(text)[0]?.votes.length ?? -1,
      };
    default:
      return kind satisfies never;
  }
};

/** Accounts of the box itself do not vote. */
const canGo = (network: NetworkSide, kind: Kind): boolean =>
  kind !== "vote" || network === "telegram";

/** Nothing is on its way; a network's word of what is gone already may wait for a message in vain. */
const allQuiet = ({ stage }: ActWorld): Promise<boolean> =>
  until(
    "nothing is on its way",
    async () => stage.homeserver.outbox().waiting === 0 && (await itemsToDo(stage)) === 0,
    patience,
  );

/** One of each kind on each network, ready to be done; the words say in which turn. */
export const prepareActs = async (
  acts: ActWorld,
  direction: Direction,
  turn: string,
): Promise<readonly Act[]> => {
  const all = networks.flatMap((network) =>
    kindsOf[network]
      .filter((kind) => direction === "in" || canGo(network, kind))
      .map((kind): Act => {
        const room = acts.rooms.get(roomKey(network, kind)) ?? "";
        const text = `${kind} ${turn}`;
        const place = { acts, network, room, text, side: sideOf(acts, network, nameOf(kind)) };
        return { network, kind, ...(direction === "in" ? coming : going)(place, kind) };
      }),
  );
  await Promise.all(all.map((act) => act.prepare()));
  await allQuiet(acts);
  return all;
};

export const named = (act: Act): string => `${act.kind} on ${act.network}: ${act.seen()} times`;

/** Every act is on the other side, once, and whoever did it in Matrix is told that it is. */
export const allDone = async (acts: ActWorld, all: readonly Act[]): Promise<void> => {
  const open = () => all.filter((act) => act.seen() < 1).map(named);
  await until("everything is on the other side", () => open().length === 0, patience).catch(
    (cause: unknown) => {
      throw new Error(`Not on the other side: ${open().join("; ")}`, { cause });
    },
  );
  await allQuiet(acts);
  assert.deepEqual(all.filter((act) => act.seen() !== 1).map(named), [], "once");
  for (const act of all) {
    const event = act.event();
    if (event === undefined) continue;
    const found = await outcomesFor(acts.stage, event);
    const told = found.map(({ state, code, sentence }) => ({ state, code, sentence }));
    assert.deepEqual(
      told.map(({ state }) => state),
      ["delivered"],
      `${named(act)}, told as ${JSON.stringify(told)}`,
    );
  }
};
