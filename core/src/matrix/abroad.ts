import type { Millis } from "../adapter/index.ts";
import type { Clock } from "../flow/gate.ts";
import type { Place } from "./types.ts";
import { Wire } from "./wire.ts";

/** More homeservers than this nobody's people are of at once. */
const most = 100;

/**
 * The homeservers of people who are not of the box's own: a wire each, with a gate of its own. Beyond the
 * bound the one goes that was called longest ago.
 */
export class Abroad {
  readonly #options: { readonly clock: Clock; readonly deadline: Millis };
  readonly #wires = new Map<string, Wire>();

  constructor(options: { readonly clock: Clock; readonly deadline: Millis }) {
    this.#options = options;
  }

  at({ address, isTrusted }: Place): Wire {
    const key = `${isTrusted} ${address}`;
    const known = this.#wires.get(key);
    if (known) {
      this.#wires.delete(key);
      this.#wires.set(key, known);
      return known;
    }
    const { clock, deadline } = this.#options;
    const wire = new Wire({
      address,
      asToken: "",
      bot: "",
      domain: "",
      clock,
      deadline: { call: deadline, media: deadline },
      stranger: { isTrusted },
    });
    this.#wires.set(key, wire);
    const [idle] = this.#wires;
    if (this.#wires.size > most && idle) {
      this.#wires.delete(idle[0]);
      void idle[1].close();
    }
    return wire;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#wires.values()].map((wire) => wire.close()));
  }
}
