import type { BoxLogin, BoxNews, BoxQueue } from "./box-status.ts";
import type { BoxProcess } from "./box-process.ts";
import type { Place } from "./places/place.ts";
import type { Link, LinkState, SideId } from "./types.ts";

const words: Readonly<Record<string, LinkState>> = {
  connected: "connected",
  connecting: "reconnecting",
  reconnecting: "reconnecting",
  "needs-login": "needs-you",
  "logged-out": "off",
};
/** The first that any login is in. */
const worst: readonly LinkState[] = ["needs-you", "reconnecting", "off", "connected"];

const stateWords: Readonly<Record<LinkState, string>> = {
  connected: "Connected",
  reconnecting: "Reconnecting",
  "needs-you": "Needs you",
  off: "Off",
};

/** What the box says of its connections, and whether it says anything. */
export class Links {
  readonly #process: BoxProcess;
  readonly #places: readonly Pick<Place, "id" | "name">[];
  readonly #logins = new Map<string, BoxLogin>();
  #queues: readonly BoxQueue[] = [];
  #reachable = false;
  #since = Date.now();

  constructor(process: BoxProcess, places: readonly Pick<Place, "id" | "name">[]) {
    this.#process = process;
    this.#places = places;
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  /** It ends as soon as it starts. */
  get broken(): boolean {
    return this.#process.lastWords.length > 0;
  }

  take(news: BoxNews): void {
    if (news.what === "reachable" && news.yes !== this.#reachable) {
      this.#reachable = news.yes;
      this.#since = Date.now();
      if (news.yes) this.#process.settled();
    }
    if (news.what === "logins") {
      this.#logins.clear();
      for (const login of news.logins) this.#logins.set(login.login, login);
    }
    if (news.what === "login") this.#logins.set(news.login.login, news.login);
    if (news.what === "queues") this.#queues = news.queues;
  }

  box(): Link {
    const since = this.#since;
    if (this.#reachable) return { state: "connected", since, why: null };
    const why = this.#process.why ?? null;
    if (this.#process.running) {
      return { state: "reconnecting", since, why: "It is starting." };
    }
    return { state: "off", since, why: why === null ? null : `It is down: ${why}.` };
  }

  network(id: SideId): Link {
    if (!this.#reachable) {
      return { state: "off", since: this.#since, why: "The box is not running." };
    }
    const logins = [...this.#logins.values()].filter(({ network }) => network === id);
    const state = worst.find((word) => logins.some((login) => words[login.state] === word));
    const login = logins.find((it) => words[it.state] === state);
    if (state === undefined || !login) {
      return { state: "reconnecting", since: this.#since, why: "The box is opening it." };
    }
    return { state, since: login.since, why: state === "connected" ? null : login.why };
  }

  /** How many logins of a network are connected. */
  connected(id: SideId): number {
    const logins = [...this.#logins.values()];
    return logins.filter(({ network, state }) => network === id && state === "connected").length;
  }

  /** The states, to be compared later. */
  summary(): Readonly<Record<string, LinkState>> {
    const networks = this.#places.map(({ id }) => [id, this.network(id).state] as const);
    return { box: this.box().state, ...Object.fromEntries(networks) };
  }

  /** What changed since, as a person says it. */
  changes(before: Readonly<Record<string, LinkState>>): readonly string[] {
    const now = this.summary();
    if (now["box"] !== before["box"]) {
      return now["box"] === "connected" ? [`The box: ${stateWords.connected}`] : [];
    }
    return this.#places
      .filter(({ id }) => now[id] !== before[id] && before["box"] === "connected")
      .map(({ id, name }) => {
        const queued = this.queue(id) ?? 0;
        const state = stateWords[now[id] ?? "off"];
        return `${name}: ${state}${queued > 0 ? ` · ${queued} queued` : ""}`;
      });
  }

  /** What the box has for that side; undefined while it cannot be asked. */
  queue(side: SideId): number | undefined {
    if (!this.#reachable) return undefined;
    return this.#queues
      .filter(({ direction, network }) =>
        side === "matrix" ? direction === "in" : direction === "out" && network === side,
      )
      .reduce((sum, { count }) => sum + count, 0);
  }
}
