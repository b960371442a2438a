import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { randomFrom } from "../faults/seed.ts";
import { asBody } from "../sandbox/client.ts";
import type { Body, MatrixUser } from "../sandbox/client.ts";
import { networks, openWorld } from "./world.ts";
import type { World } from "./world.ts";

/** `SEED=n` plays one stream alone. */
const given = Number(process.env["SEED"] ?? Number.NaN);
const seeds = Number.isInteger(given) ? [given] : [1, 2, 3, 4];
const steps = 40;

/** Something that was said and has to end, by its name with the box. */
interface Said {
  readonly origin: string;
  /** The networks in whose portals it ends. */
  readonly on: readonly string[];
  /** Words that stand in nothing else; absent: it is no text of its own. */
  readonly words?: string;
}

interface Stream {
  readonly world: World;
  readonly below: (limit: number) => number;
  readonly pick: <T>(items: readonly T[]) => T | undefined;
  readonly said: Said[];
  /** What people said in the room, oldest first. */
  readonly mine: { readonly event: string; readonly by: MatrixUser }[];
  readonly done: string[];
}

const both = networks;

const text = (body: string, more: Body = {}): Body => ({ msgtype: "m.text", body, ...more });

const relation = (rel_type: string, event_id: string, more: Body = {}): Body => ({
  "m.relates_to": { rel_type, event_id, ...more },
});

/** One thing that a person does in the room. */
type Deed = (stream: Stream, by: MatrixUser, words: string) => Promise<void>;

const sends = async (
  { world, said, mine }: Stream,
  by: MatrixUser,
  what: { readonly content: Body; readonly type?: string; readonly words?: string },
): Promise<void> => {
  const { content, type, words } = what;
  const origin = await by.send(world.room, content, type);
  said.push({ origin, on: both, ...(words === undefined ? {} : { words }) });
  if (type === undefined) mine.push({ event: origin, by });
};

const deeds: Readonly<Record<string, Deed>> = {
  says: (stream, by, words) => sends(stream, by, { content: text(words), words }),
  saysMuch: (stream, by, words) => {
    const long = Array.from({ length: 120 }, (_, at) => `${words} line ${at}`).join("\n");
    return sends(stream, by, { content: text(long) });
  },
  saysNothing: (stream, by) => sends(stream, by, { content: text("") }),
  answers: async (stream, by, words) => {
    const to = stream.pick(stream.mine);
    const reply = to && { "m.relates_to": { "m.in_reply_to": { event_id: to.event } } };
    await sends(stream, by, { content: text(words, reply), words });
  },
  edits: async (stream, by, words) => {
    const to = stream.pick(stream.mine);
    if (to === undefined) return;
    const change = { "m.new_content": text(words), ...relation("m.replace", to.event) };
    await sends(stream, by, { content: text(`* ${words}`, change) });
  },
  reacts: async (stream, by) => {
    const to = stream.pick(stream.mine);
    if (to === undefined) return;
    const content = relation("m.annotation", to.event, { key: "\u{1F44D}" });
    await sends(stream, by, { content, type: "m.reaction" }).catch(twice);
  },
  deletes: async (stream, by) => {
    const to = stream.pick(stream.mine.filter((one) => one.by === by));
    if (to === undefined) return;
    const origin = await by.redact(stream.world.room, to.event);
    stream.said.push({ origin, on: both });
  },
  sendsSticker: (stream, by, words) =>
    sends(stream, by, { content: { body: words, url: "mxc://sandbox.test/x" }, type: "m.sticker" }),
  encrypts: (stream, by) =>
    sends(stream, by, { content: { algorithm: "m.megolm.v1.aes-sha2" }, type: "m.room.encrypted" }),
};

/** Nobody reacts to the same with the same a second time. */
const twice = (error: unknown): void => {
  if (!String(error).includes("M_DUPLICATE_ANNOTATION")) throw error;
};

const bot = "@bridgebox:sandbox.test";

/** Somebody answers a line of the bot; that is for the bot, and no event of the chat. */
const answersBot = async ({ world, pick, below }: Stream, by: MatrixUser): Promise<void> => {
  const lines = world.homeserver.room(world.room).timeline.filter(({ type, sender, content }) => {
    const replaces = asBody(content["m.relates_to"])["rel_type"] === "m.replace";
    return type === "m.room.message" && sender === bot && !replaces;
  });
  const line = pick(lines);
  if (line === undefined) return;
  const key = below(3) === 0 ? "\u2705" : "\u{1F501}";
  const content = relation("m.annotation", line.event_id, { key });
  await by.send(world.room, content, "m.reaction").catch(twice);
};

/** Carl does something on a network. */
const onNetwork = async ({ world, pick, below, said }: Stream, words: string): Promise<void> => {
  const at = below(world.servers.length);
  const server = world.servers[at];
  const network = networks[at];
  if (server === undefined || network === undefined) return;
  const own = pick(server.messages("lobby").filter(({ from }) => from === "carl"));
  const kind = own === undefined ? "say" : pick(["say", "say", "edit", "remove"] as const);
  const of = kind === "say" ? {} : { id: own?.id ?? "" };
  const what = { kind: kind ?? "say", room: "lobby", text: kind === "remove" ? "" : words, ...of };
  const before = server.log.length;
  // It stands in the log at once, even where its answer is swallowed.
  server.say("carl", what).catch(() => undefined);
  const entry = server.log[before];
  if (entry === undefined) return;
  const origin = kind === "edit" ? `${entry.seq}@${entry.seq}` : `${entry.seq}`;
  said.push({ origin, on: [network] });
};

const places = ["in", "out"]
  .flatMap((way) =>
    ["before-claim", "before-call", "after-call", "before-settle", "settled"].map(
      (place) => `${way}.${place}`,
    ),
  )
  .concat("accept.before-commit", "inbox.before-commit", "inbox.routed");

/** Trouble, each by its name. */
const faults: Readonly<Record<string, (stream: Stream) => Promise<void>>> = {
  strikes: async ({ world, pick, below }) => world.strike(pick(places) ?? "", 1 + below(2)),
  cuts: async ({ world, pick }) => pick(world.servers)?.cut(),
  goesAway: async ({ world, pick }) => pick(world.servers)?.cut(true),
  comesBack: async ({ world }) => world.servers.forEach((server) => server.cut()),
  swallows: async ({ world, pick }) => pick(world.servers)?.swallowReply(),
  refuses: async ({ world, below }) => {
    const match = /\/send\/|\/redact\/|\/join/;
    if (below(2) === 0)
      world.homeserver.fail({ match: appserviceOnly(match), status: 502, times: 2 });
    else world.homeserver.rateLimit({ match: appserviceOnly(match), retryAfterMs: 50, times: 1 });
  },
  loses: async ({ world }) => {
    world.homeserver.swallowReply({ match: appserviceOnly(/\/send\//), times: 1 });
  },
  replays: async ({ world, below }) =>
    world.homeserver.replayLastTransaction({ newId: below(2) === 0 }).catch(() => undefined),
  restarts: ({ world }) => world.restart(),
};

/** People's own calls have no `txn` of the box: theirs begin otherwise. */
const appserviceOnly = (fits: RegExp) => (request: string) =>
  fits.test(request) && !/\/test-\d+/.test(request) && !request.includes("/join/");

const step = async (stream: Stream, index: number): Promise<void> => {
  const { world, below, pick, done } = stream;
  const words = `w${index}w`;
  const chance = below(100);
  if (chance < 55) {
    const name = pick(Object.keys(deeds)) ?? "says";
    const by = below(5) === 0 ? world.bob : world.ana;
    done.push(`${by === world.ana ? "ana" : "bob"} ${name} ${words}`);
    await deeds[name]?.(stream, by, words);
  } else if (chance < 70) {
    done.push(`carl ${words}`);
    await onNetwork(stream, words);
  } else if (chance < 76) {
    done.push("ana answers the bot");
    await answersBot(stream, world.ana);
  } else {
    const name = pick(Object.keys(faults).filter((it) => it !== "restarts" || below(3) === 0));
    done.push(`fault: ${name}`);
    await faults[name ?? ""]?.(stream);
  }
};

/** What has ended stays ended, but for what somebody asked for or the network said later. */
const hasEnded = async ({ world, said }: Stream): Promise<void> => {
  const portals = await world.portals();
  assert.equal(portals.length, networks.length);
  for (const { origin, on, words } of said) {
    for (const { id, network } of portals) {
      if (!on.includes(network)) continue;
      const outcome = await world.outcome(origin, id);
      const which = `${origin} (${words ?? "no words"}) on ${network}`;
      assert(outcome, `${which} has no outcome`);
      assert.notEqual(outcome.state, "retrying", `${which} is still under way`);
      const told = world.told(origin, id);
      assert.equal(told.at(-1), outcome.state, `${which} was told otherwise: ${told.join()}`);
      const arrivals = told.filter((state) => state === "delivered");
      assert(arrivals.length <= 1, `${which} was told to arrive twice: ${told.join()}`);
      if (words !== undefined)
        arrived(world, { network, words, state: outcome.state, told, which });
    }
  }
};

/** What is said of a message is true: it is there if it was delivered, once unless it was sent again. */
const arrived = (
  world: World,
  {
    network,
    words,
    state,
    told,
    which,
  }: { network: string; words: string; state: string; told: readonly string[]; which: string },
): void => {
  const server = world.servers[networks.findIndex((id) => id === network)];
  const said = server?.log.filter(({ kind, text: body }) => kind === "say" && body.includes(words));
  const count = said?.length ?? 0;
  if (state === "failed" || state === "not_bridged") assert.equal(count, 0, `${which} is there`);
  if (told.includes("doubtful")) return;
  // An edit may have taken its place before it left.
  assert(count <= 1, `${which} is there ${count} times`);
};

/** A step that does not end is told of with all that came before. */
const soon = async (work: Promise<void>): Promise<void> => {
  const stop = new AbortController();
  const late = delay(20_000, undefined, { signal: stop.signal }).then(() => {
    throw new Error("The last step did not end.");
  });
  await Promise.race([work, late]).finally(() => stop.abort());
};

describe(
  "every accepted event ends in exactly one outcome per portal",
  { concurrency: true },
  () => {
    for (const seed of seeds) test(`SEED=${seed}`, { timeout: 120_000 }, () => play(seed));
  },
);

const play = async (seed: number): Promise<void> => {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(items: readonly T[]): T | undefined => items[below(items.length)];
  const world = await openWorld();
  const stream: Stream = { world, below, pick, said: [], mine: [], done: [] };
  try {
    for (let index = 0; index < steps; index += 1) await soon(step(stream, index));
    for (const server of world.servers) server.cut();
    await world.calm();
    await hasEnded(stream);
  } catch (cause) {
    throw new Error(`SEED=${seed} failed after:\n${stream.done.join("\n")}`, { cause });
  } finally {
    await world.close();
  }
};
