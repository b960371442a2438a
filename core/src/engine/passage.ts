import type { Gate } from "../flow/gate.ts";
import { demandConnected, innerGates } from "./gates.ts";
import type { Probe } from "./gates.ts";
import { tellWhenLate } from "./late.ts";
import { networkOf } from "./portals.ts";
import { tooOld } from "./sentences.ts";
import { tellRetrying } from "./settle.ts";
import type { Settlement, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** Messages to a network that says nothing else fail after this, and what a homeserver never takes. */
export const defaultMaxAge = 24 * 3_600_000;

/** Network, login and chat gates, for as long as the message may wait; then it is too old. */
export const passNetwork = async (
  works: Works,
  turn: Turn,
  probes: Probe[],
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
    await through(works, turn, { gate: live.gate, probes, signal });
    const { login, chat } = await innerGates(works, turn);
    if (login) await through(works, turn, { gate: login, probes, signal });
    await through(works, turn, { gate: chat, probes, signal });
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
  { gate, probes, signal }: { gate: Gate; probes: Probe[]; signal: AbortSignal },
): Promise<void> => {
  if (!gate.closure) return;
  // It may be open again before any of this is written down.
  const { why } = gate.closure;
  await turn.unclaim(why);
  await tellRetrying(works.box, turn, why);
  const passed = new AbortController();
  const waits = AbortSignal.any([signal, passed.signal]);
  void tellWhenLate(works.box, turn, { why, signal: waits }).catch((error: unknown) =>
    works.box.log.warn("A late message was not told of", { why: String(error) }),
  );
  try {
    const closure = await gate.pass(works.box.clock, signal);
    if (closure) probes.push({ gate, closure });
  } finally {
    passed.abort();
  }
};
