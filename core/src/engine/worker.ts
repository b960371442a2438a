import type { Draft } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import { Lru } from "../flow/lru.ts";
import { MatrixError } from "../matrix/types.ts";
import { ItemGone, StoreBroken, StoreFull } from "../store/errors.ts";
import type { Item, Portal, Repositories } from "../store/types.ts";
import { overlaps } from "./ahead.ts";
import { isControl } from "./control.ts";
import { innerGates, release, reopen } from "./gates.ts";
import type { Probe } from "./gates.ts";
import type { Worker } from "./lanes.ts";
import type { Verdict } from "./policy.ts";
import { networkOf } from "./portals.ts";
import { postpone, settle } from "./settle.ts";
import { defaultMaxAge, passNetwork } from "./passage.ts";
import { Gone } from "./turn.ts";
import type { Handler, Settlement, Turn } from "./turn.ts";
import { weigh } from "./weigh.ts";
import type { Works } from "./works.ts";

/** Between attempts of one item, in milliseconds. */
const backoff = { first: 500, most: 60_000 };
/** Turns that fail by our own mistake before the item is given up, so that its lane goes on. */
const mistakes = 5;

/** Handlers by lane and kind. */
export type Handlers = Readonly<
  Record<"in" | "out" | "members" | "control", Readonly<Record<string, Handler>>>
>;

/**
 * Does one item: gates, age, handler, settlement. The one place where a failed item is caught. Of a
 * message that arrived only the writing down is left when this resolves, where the next may begin.
 */
export const makeWorker = (works: Works, handlers: Handlers): Worker => {
  const failures = new Lru<number, Failures>(1000);
  return async (item, signal) => {
    const portal = await portalOf(works, item);
    if (portal === undefined) {
      await unbridged(works, item);
      return undefined;
    }
    const ahead = await works.ahead.take(item.id);
    const turn = makeTurn(works, { item, portal, signal }, ahead);
    const probes: Probe[] = [];
    const work = async (): Promise<Settlement | undefined> => {
      const settlement = await take(works, turn, { handlers, probes });
      if (turn.claimed) reopen(probes);
      if (settlement.end === "delivered" && overlaps(item)) {
        works.burst.said();
        return settlement;
      }
      await finish(works, turn, settlement);
      return undefined;
    };
    const left = await guarded(works, turn, { probes, failures, work }).finally(() =>
      works.ahead.over(item.id),
    );
    if (left === undefined) {
      works.inflight.end(item.key);
      return undefined;
    }
    const writing = (): Promise<void> => finish(works, turn, left);
    const settled = guarded(works, turn, { probes, failures, work: writing }).finally(() =>
      works.inflight.end(item.key),
    );
    return { id: item.id, settled };
  };
};

/** Its portal was removed while it waited. */
const unbridged = async ({ box, parked }: Works, item: Item): Promise<void> => {
  const portal = boxPortal(item);
  const sentence = "that chat is not bridged any more.";
  const settlement = { end: "not_bridged", code: "gone", sentence } as const;
  await settle(box, parked, { item, portal, settlement, claimed: false });
};

/** How often an item failed in this process without a turn that went well, and since when. */
interface Failures {
  readonly count: number;
  readonly since: number;
}

interface Guarded<T> {
  readonly probes: readonly Probe[];
  readonly failures: Lru<number, Failures>;
  readonly work: () => Promise<T>;
}

const guarded = async <T>(
  works: Works,
  turn: Turn,
  { probes, failures, work }: Guarded<T>,
): Promise<T | undefined> => {
  const { item, signal } = turn;
  try {
    const left = await work();
    if (left === undefined) failures.delete(item.id);
    return left;
  } catch (error) {
    works.inflight.end(item.key);
    if (error instanceof Gone || error instanceof ItemGone) return undefined;
    const unstored = error instanceof StoreFull || error instanceof StoreBroken;
    if (signal.aborted || unstored) {
      const why = unstored ? error.message : "the box was stopped";
      if (!turn.claimed) await turn.unclaim(why).catch(() => undefined);
      throw error;
    }
    const before = failures.get(item.id) ?? { count: 0, since: turn.now() };
    const failed = { ...before, count: before.count + 1 };
    failures.set(item.id, failed);
    const verdict = patient(turn, { error, verdict: await weigh(works, turn, error), failed });
    await fail(works, turn, { verdict, probes, count: failed.count });
    return undefined;
  } finally {
    release(probes);
  }
};

interface Failed {
  readonly error: unknown;
  readonly verdict: Verdict;
  readonly failed: Failures;
}

/**
 * What fails by our own mistake fails again, and what a homeserver has not taken for a day it never takes:
 * neither is tried for ever, or nothing behind it is done.
 */
const patient = (turn: Turn, { error, verdict, failed }: Failed): Verdict => {
  if (verdict.next === "fail" || isBounded(turn)) return verdict;
  const since = (turn.claimed ? turn.item.firstAt : undefined) ?? failed.since;
  const isOurs = turn.claimed || error instanceof MatrixError;
  const old = isOurs && verdict.closes === "item" && turn.now() - since > defaultMaxAge;
  if (!old && (verdict.code !== "internal" || failed.count < mistakes)) return verdict;
  return { next: "fail", code: verdict.code, sentence: verdict.sentence };
};

/** What may have reached a network ends by its age, never by a guess. */
const isBounded = ({ item, claimed, suspect }: Turn): boolean =>
  item.lane.direction === "out" && (claimed || suspect);

const portalOf = async (works: Works, item: Item): Promise<Portal | undefined> =>
  isControl(item.lane) ? boxPortal(item) : works.portals.get(item.lane.portal);

/** What belongs to no portal is done as if in one without a chat. */
const boxPortal = (item: Item): Portal => ({
  id: item.lane.portal,
  network: "" as Portal["network"],
  chat: { id: "" as Portal["chat"]["id"] },
  room: undefined,
  origin: "remote",
  info: undefined,
  primary: undefined,
  relay: undefined,
  dead: false,
});

/** `written`: it was claimed ahead already, so its claim costs nothing and it is not suspect. */
const makeTurn = (
  works: Works,
  parts: Pick<Turn, "item" | "portal" | "signal">,
  written: boolean,
): Turn => {
  const { item } = parts;
  const { store, clock } = works.box;
  let ahead = written;
  let claimed = false;
  const unclaim = async (why: string): Promise<void> => {
    if (!ahead) return;
    ahead = false;
    await store.commit((tx) => tx.items.wait(item.id, { until: clock.now(), why, sure: true }));
  };
  return {
    ...parts,
    suspect: item.state === "trying" && !written,
    confirmed: works.inflight.begin(item.key),
    get claimed() {
      return claimed;
    },
    now: () => clock.now(),
    async claim(draft?: Draft) {
      const now = clock.now();
      const claim = (tx: Repositories): Promise<boolean> => claimAsRead(tx, item, { now, draft });
      if (!works.inflight.leave(item.key)) {
        await unclaim("the box is stopping");
        throw new Gone();
      }
      if (!ahead && !(await store.commit(claim))) throw new Gone();
      claimed = true;
      works.box.observe({ what: "latency", lane: item.lane, ms: now - item.at });
      const number = written ? Math.max(1, item.attempt) : item.attempt + 1;
      return { number, firstAt: item.firstAt ?? now };
    },
    unclaim,
  };
};

/** False: the item is gone, or an edit took its place since it was read; the lane looks again. */
const claimAsRead = async (
  tx: Repositories,
  item: Item,
  { now, draft }: { now: number; draft: Draft | undefined },
): Promise<boolean> => {
  if (item.lane.direction === "out") {
    const row = await tx.items.get(item.id);
    if (!row || JSON.stringify(row.payload) !== JSON.stringify(item.payload)) return false;
  }
  return tx.items.claim(item.id, now, draft);
};

const take = async (
  works: Works,
  turn: Turn,
  { handlers, probes }: { handlers: Handlers; probes: Probe[] },
): Promise<Settlement> => {
  const { item } = turn;
  const table = isControl(item.lane) ? handlers.control : handlers[item.lane.direction];
  const handler = table[item.kind];
  if (!handler)
    return {
      end: "not_bridged",
      code: "unsupported",
      sentence: `nothing here knows what "${item.kind}" is.`,
    };
  if (isControl(item.lane) || item.lane.direction !== "out") {
    await works.box.homeserverGate.ready(works.box.clock, turn.signal);
    return handler(turn);
  }
  return (await passNetwork(works, turn, probes)) ?? handler(turn);
};

const finish = async (works: Works, turn: Turn, settlement: Settlement): Promise<void> => {
  const { item } = turn;
  const portal = turn.portal.id < 0 ? turn.portal : await works.portals.get(turn.portal.id);
  const { direction } = item.lane;
  await works.box.failpoint(`${direction}.before-settle`);
  const { claimed } = turn;
  await settle(works.box, works.parked, {
    item,
    portal: portal ?? turn.portal,
    settlement,
    claimed,
  });
  await works.box.failpoint(`${direction}.settled`);
};

const fail = async (
  works: Works,
  turn: Turn,
  { verdict, probes, count }: { verdict: Verdict; probes: readonly Probe[]; count: number },
): Promise<void> => {
  const { item, portal } = turn;
  const { box } = works;
  if (verdict.next === "fail") {
    if (turn.claimed) reopen(probes);
    await finish(works, turn, { end: "failed", code: verdict.code, sentence: verdict.sentence });
    return;
  }
  const delay = verdict.retryAfter ?? delayAfter(Math.max(item.attempt + 1, count), backoff);
  const until = box.clock.now() + delay;
  const held = await closeGate(works, turn, { verdict, until });
  const sure = turn.claimed ? verdict.sure : !turn.suspect;
  box.log.info("An item waits for another attempt", {
    lane: `${portal.id}/${item.lane.direction}`,
    kind: item.kind,
    code: verdict.code,
    why: verdict.sentence,
    sure,
  });
  await postpone(box, turn, {
    until: held ? box.clock.now() : until,
    why: verdict.sentence,
    sure,
    code: verdict.code,
  });
};

/** Closes what the error's scope says. True: a gate holds the item, so that one retry serves all. */
const closeGate = async (
  works: Works,
  turn: Turn,
  { verdict, until }: { verdict: Extract<Verdict, { next: "wait" }>; until: number },
): Promise<boolean> => {
  const closure = { until, why: verdict.sentence };
  if (verdict.closes === "item") return false;
  if (verdict.closes === "homeserver") return works.box.homeserverGate.closure !== undefined;
  if (turn.item.lane.direction !== "out") return false;
  const { login, chat } = await innerGates(works, turn);
  const network = networkOf(works.box, turn.portal)?.gate;
  const gate = { network, login, chat }[verdict.closes];
  if (!gate) return false;
  const known = gate.closure;
  if (known && (known.until === undefined || known.until >= until)) return true;
  gate.close(closure);
  return true;
};
