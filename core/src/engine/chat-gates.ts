import { Gate } from "../flow/gate.ts";
import { Lru } from "../flow/lru.ts";
import type { PortalId } from "../store/types.ts";

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
