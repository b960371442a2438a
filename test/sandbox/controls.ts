import type { BoxProcess } from "./box-process.ts";
import type { Cast } from "./cast.ts";
import type { Hub } from "./hub.ts";
import { Refusal } from "./types.ts";

export const acts = [
  "cut-irc",
  "reconnect-irc",
  "limit-telegram",
  "stop-homeserver",
  "start-homeserver",
  "kill-box",
  "send-300",
  "cancel-300",
] as const;
export type Act = (typeof acts)[number];

/** How long Telegram makes the box wait. */
export const limitSeconds = 12;

/** The ways to break it, and to mend it again. */
export class Controls {
  readonly #cast: Cast;
  readonly #process: BoxProcess;
  readonly #hub: Hub;
  readonly stopped = { irc: false, homeserver: false };

  constructor(parts: { readonly cast: Cast; readonly process: BoxProcess; readonly hub: Hub }) {
    this.#cast = parts.cast;
    this.#process = parts.process;
    this.#hub = parts.hub;
  }

  async act(act: Exclude<Act, "send-300" | "cancel-300">): Promise<void> {
    switch (act) {
      case "cut-irc":
        await this.#cutIrc();
        break;
      case "reconnect-irc":
        await this.#reconnectIrc();
        break;
      case "limit-telegram":
        this.#cast.telegram.floodWait("messages.SendMessage", limitSeconds);
        this.#hub.happened(
          `Telegram will tell the next sender to wait ${limitSeconds} s. Say something on Matrix or IRC.`,
        );
        break;
      case "stop-homeserver":
        await this.#stopHomeserver();
        break;
      case "start-homeserver":
        await this.#startHomeserver();
        break;
      case "kill-box":
        if (!this.#process.kill()) {
          throw new Refusal("Not killed – the box is down already – it is being started again.");
        }
        this.#hub.happened("The box was killed by you (SIGKILL)");
        break;
      default:
        act satisfies never;
    }
    this.#hub.stateChanged();
  }

  async #cutIrc(): Promise<void> {
    if (this.stopped.irc) return;
    this.stopped.irc = true;
    await this.#cast.irc.stop();
    this.#hub.happened("IRC was cut by you");
  }

  async #reconnectIrc(): Promise<void> {
    if (!this.stopped.irc) return;
    await this.#cast.irc.start();
    await this.#cast.carl.enter();
    this.stopped.irc = false;
    this.#hub.happened("IRC was reconnected by you");
  }

  async #stopHomeserver(): Promise<void> {
    if (this.stopped.homeserver) return;
    this.stopped.homeserver = true;
    await this.#cast.homeserver.stop();
    this.#hub.happened("The homeserver was stopped by you");
  }

  async #startHomeserver(): Promise<void> {
    if (!this.stopped.homeserver) return;
    await this.#cast.homeserver.start({ forgetTransactions: true });
    this.stopped.homeserver = false;
    this.#hub.happened("The homeserver was started by you");
  }
}
