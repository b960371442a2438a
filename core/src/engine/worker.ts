import type { Draft } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import type { Gate } from "../flow/gate.ts";
import { ItemGone } from "../store/errors.ts";
import type { Item, Portal, Repositories } from "../store/types.ts";
import { isControl } from "./control.ts";
import { demandConnected, innerGates, release, reopen } from "./gates.ts";
import type { Worker } from "./lanes.ts";
import { judge } from "./policy.ts";
import type { Verdict } from "./policy.ts";
import { networkOf } from "./portals.ts";
import { postpone, settle, tellRetrying } from "./settle.ts";
import { tooOld } from "./sentences.ts";
import { Gone } from "./turn.ts";
import type { Handler, Settlement, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** Between attempts of one item, in milliseconds. */
const backoff = { first: 500, most: 60_000 };
/** Messages to a network that says nothing else fail after this. */
const defaultMaxAge = 24 * 3_600_000;

/** Handlers by lane and kind. */
export type Handlers = Readonly<
  Record<"in" | "out" | "members" | "control", Readonly<Record<string, Handler>>>
>;

/** Does one item: gates, age, handler, settlement. The one place where a failed item is caught. */
export const makeWorker =
  (works: Works, handlers: Handlers): Worker =>
  async (item, signal) => {
    const portal = await portalOf(works, item);
    if (portal === undefined) {
      await works.box.store.commit((tx) => tx.items.done(item.id));
      return;
    }
    const turn = makeTurn(works, { item, portal, signal });
    const gates: Gate[] = [];
    try {
      const settlement = await take(works, turn, { handlers, gates });
      await finish(works, turn, settlement);
      reopen(gates);
    } catch (error) {
      if (error instanceof Gone || error instanceof ItemGone) return;
      if (signal.aborted) throw error;
      await fail(works, turn, { verdict: judge(error), gates });
    } finally {
      release(gates);
      works.inflight.end(item.key);
    }
  };

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

const makeTurn = (works: Works, parts: Pick<Turn, "item" | "portal" | "signal">): Turn => {
  const { item } = parts;
  const { store, clock } = works.box;
  let claimed = false;
  return {
    ...parts,
    suspect: item.state === "trying",
    confirmed: works.inflight.begin(item.key),
    get claimed() {
      return claimed;
    },
    async claim(draft?: Draft) {
      const now = clock.now();
      if (!(await store.commit((tx) => claimAsRead(tx, item, { now, draft })))) throw new Gone();
      claimed = true;
      works.box.observe({ what: "latency", lane: item.lane, ms: now - item.at });
      return { number: item.attempt + 1, firstAt: item.firstAt ?? now };
    },
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
  { handlers, gates }: { handlers: Handlers; gates: Gate[] },
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
  return (await passNetwork(works, turn, gates)) ?? handler(turn);
};

/** Network, login and chat gates, for as long as the message may wait; then it is too old. */
const passNetwork = async (
  works: Works,
  turn: Turn,
  gates: Gate[],
): Promise<Settlement | undefined> => {
  const live = networkOf(works.box, turn.portal);
  if (!live)
    return {
      end: "not_bridged",
      code: "not_found",
      sentence: "that network is not configured any more.",
    };
  const { clock } = works.box;
  const maxAge = live.settings.maxAge ?? turn.portal.info?.features.maxAge ?? defaultMaxAge;
  const left = turn.item.at + maxAge - clock.now();
  if (left <= 0) return tooOld(turn.suspect, maxAge);
  const aged = new AbortController();
  const stop = new AbortController();
  void clock.sleep(left, stop.signal).then(() => aged.abort());
  try {
    const signal = AbortSignal.any([turn.signal, aged.signal]);
    await through(works, turn, { gate: live.gate, gates, signal });
    const { login, chat } = await innerGates(works, turn);
    if (login) await through(works, turn, { gate: login, gates, signal });
    await through(works, turn, { gate: chat, gates, signal });
    await demandConnected(works, turn);
  } catch (error) {
    if (turn.signal.aborted || !aged.signal.aborted) throw error;
    return tooOld(turn.suspect, maxAge);
  } finally {
    stop.abort();
  }
  return undefined;
};

const through = async (
  works: Works,
  turn: Turn,
  { gate, gates, signal }: { gate: Gate; gates: Gate[]; signal: AbortSignal },
): Promise<void> => {
  if (gate.closure) await tellRetrying(works.box, turn, gate.closure.why);
  await gate.pass(works.box.clock, signal);
  gates.push(gate);
};

const finish = async (works: Works, turn: Turn, settlement: Settlement): Promise<void> => {
  const { item } = turn;
  const portal = turn.portal.id < 0 ? turn.portal : await works.portals.get(turn.portal.id);
  const { direction } = item.lane;
  await works.box.failpoint(`${direction}.before-settle`);
  await settle(works.box, works.parked, { item, portal: portal ?? turn.portal, settlement });
  await works.box.failpoint(`${direction}.settled`);
  if (item.lane.direction !== "in" || settlement.end === "parked") return;
  works.load.queued += settlement.end === "expanded" ? settlement.into.length - 1 : -1;
};

const fail = async (
  works: Works,
  turn: Turn,
  { verdict, gates }: { verdict: Verdict; gates: readonly Gate[] },
): Promise<void> => {
  const { item, portal } = turn;
  const { box } = works;
  if (verdict.then === "fail") {
    await finish(works, turn, { end: "failed", code: verdict.code, sentence: verdict.sentence });
    reopen(gates);
    return;
  }
  const delay = verdict.retryAfter ?? delayAfter(item.attempt + 1, backoff);
  const until = box.clock.now() + delay;
  const held = await closeGate(works, turn, { verdict, until });
  if ((await box.store.read.items.get(item.id)) === undefined) return;
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
  { verdict, until }: { verdict: Extract<Verdict, { then: "wait" }>; until: number },
): Promise<boolean> => {
  const closure = { until, why: verdict.sentence };
  if (verdict.closes === "item") return false;
  if (verdict.closes === "homeserver") return works.box.homeserverGate.closure !== undefined;
  if (turn.item.lane.direction !== "out") return false;
  const { login, chat } = await innerGates(works, turn);
  const network = networkOf(works.box, turn.portal)?.gate;
  const gate = { network, login, chat }[verdict.closes];
  if (!gate) return false;
  if (gate.closure !== undefined && gate.closure.until === undefined) return true;
  gate.close(verdict.code === "auth" ? { ...closure, until: undefined } : closure);
  return true;
};
