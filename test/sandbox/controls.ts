import type { BoxProcess } from "./box-process.ts";
import type { Cast } from "./cast.ts";
import type { Hub } from "./hub.ts";
import type { Place } from "./places/place.ts";
import { Refusal, type Break } from "./types.ts";

const plain = [
  "stop-homeserver",
  "start-homeserver",
  "kill-box",
  "send-300",
  "cancel-300",
] as const;
const ofNetworks = ["cut", "mend", "limit"] as const;

/** What a button of the page does. */
export type Act =
  | { readonly what: (typeof plain)[number] }
  | { readonly what: (typeof ofNetworks)[number]; readonly network: string };

/** As it comes from a page: `kill-box`, `cut:irc`. */
export const parseAct = (value: unknown): Act | undefined => {
  if (typeof value !== "string") return undefined;
  const [name, network, ...more] = value.split(":");
  if (more.length > 0) return undefined;
  const what = ofNetworks.find((one) => one === name);
  if (what !== undefined && network !== undefined) return { what, network };
  const alone = plain.find((one) => one === value);
  return alone && { what: alone };
};

/** The buttons that a network has now. */
export const breaksOf = ({ id, name, cut, limit }: Place): readonly Break[] => {
  const buttons: Break[] = [];
  if (cut?.stopped === true)
    buttons.push({ act: `mend:${id}`, name: `Reconnect ${name}`, says: cut.says.start });
  else if (cut) buttons.push({ act: `cut:${id}`, name: `Cut ${name}`, says: cut.says.stop });
  if (limit)
    buttons.push({
      act: `limit:${id}`,
      name: `Rate-limit ${name}`,
      says: `The next message to it has to wait ${limit.seconds}\u00a0s.`,
    });
  return buttons;
};

/** The ways to break it, and to mend it again. */
export class Controls {
  readonly #cast: Cast;
  readonly #process: BoxProcess;
  readonly #hub: Hub;
  #homeserverStopped = false;

  constructor(parts: { readonly cast: Cast; readonly process: BoxProcess; readonly hub: Hub }) {
    this.#cast = parts.cast;
    this.#process = parts.process;
    this.#hub = parts.hub;
  }

  get homeserverStopped(): boolean {
    return this.#homeserverStopped;
  }

  async act(act: Act): Promise<void> {
    switch (act.what) {
      case "cut":
        await this.#cut(this.#placeOf(act.network));
        break;
      case "mend":
        await this.#mend(this.#placeOf(act.network));
        break;
      case "limit":
        this.#limit(this.#placeOf(act.network));
        break;
      case "stop-homeserver":
        await this.#stopHomeserver();
        break;
      case "start-homeserver":
        await this.#startHomeserver();
        break;
      case "kill-box":
        this.#kill();
        break;
      case "send-300":
      case "cancel-300":
        break;
      default:
        act satisfies never;
    }
    this.#hub.stateChanged();
  }

  #placeOf(network: string): Place {
    const place = this.#cast.places.all.find(({ id }) => id === network);
    if (place) return place;
    throw new Refusal("Not done – there is no such network here – reload the page.");
  }

  async #cut({ name, cut }: Place): Promise<void> {
    if (cut === undefined || cut.stopped) return;
    await cut.stop();
    this.#hub.happened(`${name} was cut by you`);
  }

  async #mend({ name, cut }: Place): Promise<void> {
    if (cut?.stopped !== true) return;
    await cut.start();
    this.#hub.happened(`${name} was reconnected by you`);
  }

  #limit({ name, limit }: Place): void {
    if (limit === undefined) return;
    limit.press();
    this.#hub.happened(
      `${name} will tell the next sender to wait ${limit.seconds}\u00a0s. Say something on another side.`,
    );
  }

  #kill(): void {
    if (!this.#process.kill())
      throw new Refusal("Not killed – the box is down already – it is being started again.");
    this.#hub.happened("The box was killed by you (SIGKILL)");
  }

  async #stopHomeserver(): Promise<void> {
    if (this.#homeserverStopped) return;
    this.#homeserverStopped = true;
    await this.#cast.homeserver.stop();
    this.#hub.happened("The homeserver was stopped by you");
  }

  async #startHomeserver(): Promise<void> {
    if (!this.#homeserverStopped) return;
    await this.#cast.homeserver.start({ forgetTransactions: true });
    this.#homeserverStopped = false;
    this.#hub.happened("The homeserver was started by you");
  }
}
