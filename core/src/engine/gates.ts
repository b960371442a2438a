import { Gate } from "../flow/gate.ts";
import { Lru } from "../flow/lru.ts";
import type { PortalId } from "../store/types.ts";
import { networkOf } from "./portals.ts";
import { outPayload } from "./sent-row.ts";
import { voiceOf } from "./to-network/speaker.ts";
import type { Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** One gate per portal, for what is wrong with that chat alone. */
export class ChatGates {
  readonly #gates = new Lru<PortalId, Gate>(10_000);

  of(portal: PortalId): Gate {
    const known = this.#gates.get(portal);
    if (known) return known;
    const gate = new Gate();
    this.#gates.set(portal, gate);
    return gate;
  }
}

/** The doors an outgoing item passes, widest first. */
export const outGates = async (works: Works, turn: Turn): Promise<readonly Gate[]> => {
  const live = networkOf(works.box, turn.portal);
  const voice = await voiceOf(works, turn.portal, outPayload(turn.item).event.sender);
  return [
    ...(live ? [live.gate] : []),
    ...(voice ? [voice.login.gate] : []),
    works.chatGates.of(turn.portal.id),
  ];
};

/** The other side answered: whatever its time had closed is open. Only a reconnect opens the rest. */
export const reopen = (gates: readonly Gate[]): void => {
  for (const gate of gates) if (gate.closure?.until !== undefined) gate.open();
};

/** The turn ended without a verdict on the gates it passed. */
export const release = (gates: readonly Gate[]): void => {
  for (const gate of gates) gate.release();
};
