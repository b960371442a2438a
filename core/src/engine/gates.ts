import { BridgeError } from "../adapter/index.ts";
import type { Closure, Gate } from "../flow/gate.ts";
import { outPayload } from "./sent-row.ts";
import { voiceOf } from "./to-network/speaker.ts";
import type { Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** The doors an outgoing item passes after its network's: those of the login and the chat. */
export const innerGates = async (
  works: Works,
  turn: Turn,
): Promise<{ readonly login: Gate | undefined; readonly chat: Gate }> => {
  const voice = await voiceOf(works, turn.portal, outPayload(turn.item).event.sender);
  return { login: voice?.login.gate, chat: works.chatGates.of(turn.portal.id) };
};

/**
 * What a login can do is known only once it is connected; before that nothing may be planned by it.
 * @throws BridgeError `network`, and the item waits.
 */
export const demandConnected = async (works: Works, turn: Turn): Promise<void> => {
  const voice = await voiceOf(works, turn.portal, outPayload(turn.item).event.sender);
  if (voice === undefined || voice.login.connection) return;
  throw new BridgeError(
    "network",
    `${voice.login.row.name} is not connected. It is done when it is.`,
    {
      reached: "no",
      scope: "login",
    },
  );
};

/** A door that a turn went through while its time was just over: it is the one that tries. */
export interface Probe {
  readonly gate: Gate;
  readonly closure: Closure;
}

/** The other side answered: what this turn tried is open. Whatever was shut since stays shut. */
export const reopen = (probes: readonly Probe[]): void => {
  for (const { gate, closure } of probes) gate.clear(closure);
};

/** The turn ended without a verdict on the gates that it tried. */
export const release = (probes: readonly Probe[]): void => {
  for (const { gate, closure } of probes) gate.giveBack(closure);
};
