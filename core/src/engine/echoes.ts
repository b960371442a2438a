import type { Clock } from "../flow/gate.ts";
import { Lru } from "../flow/lru.ts";
import type { PortalId } from "../store/types.ts";

/** How long something of ours that comes back is known as such, in milliseconds. */
const memory = 60_000;

/**
 * What the box itself said to a chat lately, in somebody's name: another bridge in the same chat or
 * room brings it back as if somebody had said it, and again what we make of that.
 */
export class Echoes {
  readonly #clock: Clock;
  readonly #said = new Lru<string, number>(10_000);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `text`: the whole line, with the name that stands before it. */
  note(portal: PortalId, text: string): void {
    this.#said.set(keyOf(portal, text), this.#clock.now());
  }

  /** Whether that line is one of ours; `through`: whose name the other bridge may have put before it. */
  isOurs(portal: PortalId, text: string, through: readonly string[] = []): boolean {
    const forms = through.flatMap((name) => [`<${name}> `, `${name}: `]);
    const prefix = forms.find((form) => text.startsWith(form)) ?? "";
    return [text, text.slice(prefix.length)].some((form) => {
      const at = this.#said.get(keyOf(portal, form));
      return at !== undefined && this.#clock.now() - at < memory;
    });
  }
}

const keyOf = (portal: PortalId, text: string): string =>
  `${portal} ${text.replaceAll(/\s+/gu, " ").trim()}`;
