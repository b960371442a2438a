import type { TestContext } from "node:test";
import { firstPart, messageId } from "../adapter/index.ts";
import type {
  ChatFeatures,
  GapEvent,
  HistoryPage,
  HistoryQuery,
  MessageEvent,
  RemoteEvent,
  Sent,
} from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";
import { openEngine } from "./engine-fixture.ts";
import type { Scene } from "./engine-fixture.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "./scripted-network.ts";

export const room = "!lobby:hs.test";

export const text = (said: string): MessageEvent["content"] => ({
  parts: [{ id: firstPart, kind: "text", text: fromPlain(said) }],
});

export const at = (number: number): number => 1_700_000_000_000 + number * 1000;

/** What the network has of a chat, by number; pages of `size`. */
export class Archive {
  readonly kept = new Map<number, MessageEvent>();
  readonly asked: HistoryQuery[] = [];
  size = 3;
  unlisted: HistoryPage["unlisted"] = "deleted";
  /** What was sent through us, where the network names it. */
  readonly ours = new Map<number, Pick<Sent, "id" | "thread"> & { readonly at: number }>();
  namesOurs = true;
  fault: (() => Error | undefined) | undefined;
  /** How long an answer, made already, is on its way. */
  waits: () => Promise<void> = () => Promise.resolve();

  say(number: number, said = `number ${number}`, more?: Partial<MessageEvent>): MessageEvent {
    const event = saying("bob", said, {
      id: messageId(String(number)),
      key: String(number),
      at: at(number),
      ...more,
    });
    this.kept.set(number, event);
    return event;
  }

  async read(query: HistoryQuery): Promise<HistoryPage> {
    this.asked.push(query);
    const fault = this.fault?.();
    if (fault) throw fault;
    const newer = query.direction === "newer";
    const from = Number(query.page ?? query.from ?? (newer ? 0 : Infinity));
    const { thread } = query;
    const kept = [...this.kept].filter(([, { id, content }]) =>
      thread === undefined
        ? content.thread === undefined
        : id === thread || content.thread?.root.id === thread,
    );
    const all = kept.map(([number]) => number).toSorted((a, b) => a - b);
    const beyond = all.filter((number) => (newer ? number > from : number < from));
    const taken = newer ? beyond.slice(0, this.size) : beyond.slice(-this.size);
    const edge = newer ? taken.at(-1) : taken[0];
    const events = taken.flatMap((number) => this.kept.get(number) ?? []);
    const page = taken.length < beyond.length ? { page: String(edge) } : {};
    const listed = [...this.ours.values()].filter((sent) => (sent.thread ?? undefined) === thread);
    const named = this.namesOurs ? { listed, ours: true } : {};
    await this.waits();
    return { events, states: [], unlisted: this.unlisted, ...named, ...page };
  }
}

export interface Healed extends Scene {
  readonly archive: Archive;
}

export const openHealed = async (
  t: TestContext,
  more: {
    store?: Scene["store"];
    archive?: Archive;
    homeserver?: Scene["homeserver"];
    /** Where threads of the chat are; absent: it has none. */
    thread?: ChatFeatures["thread"];
    /** What is told before the login is connected. */
    first?: readonly RemoteEvent[];
  } = {},
): Promise<Healed> => {
  const archive = more.archive ?? new Archive();
  const network = new ScriptedNetwork();
  const { first } = more;
  if (first)
    network.connecting = async (session) => {
      await network.accept(first);
      session.state("connected");
    };
  const can = [...scriptedInfo.features.can, "history" as const];
  const { thread = scriptedInfo.features.thread } = more;
  const info = { ...scriptedInfo, features: { ...scriptedInfo.features, can, thread } };
  network.more = {
    history: (query) => archive.read(query),
    describe: () => Promise.resolve(info),
  };
  const { store, homeserver } = more;
  const scene = await openEngine(t, {
    network,
    ...(store ? { store } : {}),
    ...(homeserver ? { homeserver } : {}),
  });
  const portal = await scene.plumb();
  await scene.store.commit((tx) => scene.engine.works.portals.update(tx, portal, { info }));
  return { ...scene, archive };
};

export const gap = (more: Partial<GapEvent>): GapEvent => ({
  kind: "gap",
  chat: lobby,
  at: 1_700_000_900_000,
  healable: true,
  ...more,
});

export const numbers = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `number ${from + at}`);

/** What was missed beside messages has been looked for. */
export const reviewed = async ({ clock, settle, idle }: Scene): Promise<void> => {
  await settle();
  clock.advance(2000);
  await idle();
};

/** The same, with the threads that are looked at one after the other. */
export const allReviewed = async ({ clock, settle, idle }: Scene): Promise<void> => {
  for (let turns = 0; turns < 15; turns += 1) {
    await settle();
    clock.advance(2000);
  }
  await idle();
};

export const redacted = ({ homeserver }: Healed): readonly unknown[] =>
  homeserver.events.flatMap(({ redacts }) =>
    homeserver.events.flatMap(({ event_id: id, content }) =>
      id === redacts ? content["body"] : [],
    ),
  );
