import type { Log, LoginId, Millis, RemoteEvent, Source } from "@bridgebox/core/adapter";
import { ActivityType, GatewayDispatchEvents as Name } from "discord.js";
import type { GatewayDispatchPayload } from "discord.js";
import { userOf } from "./ids.ts";
import { fieldsOf, isId, serversIn } from "./wire.ts";
import { keepSome } from "./keep-some.ts";

export interface PresencesOptions {
  /** Apart from what is said: nothing of it is stored, and it never stands in the way. */
  readonly source: Source;
  readonly login: LoginId;
  /** The bot's own id. */
  readonly self: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface Shown {
  readonly state: "online" | "away" | "offline";
  readonly text?: string;
  /** By which server it was told last. */
  readonly guild: string;
}

/** Who is there, so many of them. */
const mostKnown = 5000;
/** So many are told of at once. */
const perCommit = 500;
/** What changes within that time is told at once: somebody is told of once for each server that they are in. */
const gathering: Millis = 300;
/** How far the stream of events was read moves with one presence in that time. */
const placeEvery: Millis = 10_000;

/** docs.discord.com/developers/events/gateway-events#presence-update; who is not to be disturbed is there. */
const states: ReadonlyMap<unknown, Shown["state"]> = new Map([
  ["online", "online"],
  ["dnd", "online"],
  ["idle", "away"],
  ["offline", "offline"],
]);

/**
 * Who is there, as far as Discord tells. In a large server that is far more than what is said in it, and
 * most of it changes nothing that is shown: games, music, devices.
 */
export class Presences {
  readonly #options: PresencesOptions;
  readonly #told = new Map<string, Shown>();
  readonly #waiting = new Map<string, Shown>();
  /** Who was there before the session under way, and of whom it has not told yet. */
  readonly #unsure = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #passed = 0;

  constructor(options: PresencesOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Nobody tells of presences any more. */
  forget(): void {
    this.#gone(() => true);
  }

  /** Takes what is of presences out of the frames; gives the others. */
  hear(frames: readonly GatewayDispatchPayload[]): readonly GatewayDispatchPayload[] {
    for (const frame of frames) this.#take(frame);
    const last = frames.at(-1);
    const passes = Date.now() - this.#passed > placeEvery ? last : undefined;
    if (passes !== undefined) this.#passed = Date.now();
    return frames.filter((frame) => frame === passes || frame.t !== Name.PresenceUpdate);
  }

  #take({ t, d }: GatewayDispatchPayload): void {
    const { id, guild_id: of, user, presences, unavailable } = fieldsOf(d);
    const guild = t === Name.GuildCreate || t === Name.GuildDelete ? id : of;
    if (t === Name.Ready) this.#begin(serversIn(d));
    if (!isId(guild)) return;
    if (t === Name.PresenceUpdate) this.#note(d, guild);
    if (t === Name.GuildCreate && unavailable !== true) this.#came(presences, guild);
    if (t === Name.GuildDelete && unavailable !== true) this.#gone((it) => it.guild === guild);
    const left = fieldsOf(user)["id"];
    if (t === Name.GuildMemberRemove) this.#gone((it, who) => who === left && it.guild === guild);
  }

  /** A session tells anew who is there, server by server; one that does not come any more tells of nobody. */
  #begin(coming: ReadonlySet<string>): void {
    for (const [user] of this.#known()) this.#unsure.add(user);
    this.#gone((it) => !coming.has(it.guild));
  }

  /** Whoever is gone since the session that this one follows is named by nobody. */
  #came(presences: unknown, guild: string): void {
    if (Array.isArray(presences)) for (const one of presences) this.#note(one, guild);
    this.#gone((it, user) => it.guild === guild && this.#unsure.has(user));
  }

  #known(): ReadonlyMap<string, Shown> {
    return new Map([...this.#told, ...this.#waiting]);
  }

  #note(presence: unknown, guild: string): void {
    const { user, status, activities } = fieldsOf(presence);
    const { id } = fieldsOf(user);
    const state = states.get(status);
    if (!isId(id) || id === this.#options.self || state === undefined) return;
    const text = state === "offline" ? "" : ownWords(activities);
    this.#set(id, { state, guild, ...(text === "" ? {} : { text }) });
  }

  #gone(fits: (known: Shown, user: string) => boolean): void {
    for (const [user, known] of this.#known())
      if (fits(known, user)) this.#set(user, { state: "offline", guild: known.guild });
  }

  #set(user: string, now: Shown): void {
    const { signal } = this.#options;
    this.#unsure.delete(user);
    const known = this.#told.has(user) || this.#waiting.has(user);
    if (signal.aborted || (now.state === "offline" && !known)) return;
    keepSome(this.#waiting, user, now, mostKnown);
    this.#timer ??= setTimeout(() => this.#tell(), gathering);
  }

  #tell(): void {
    this.#timer = undefined;
    const at = Date.now();
    const events: RemoteEvent[] = [];
    for (const [user, { state, text, guild }] of this.#waiting) {
      const before = this.#told.get(user);
      this.#told.delete(user);
      const now = { state, guild, ...(text === undefined ? {} : { text }) };
      if (state !== "offline") keepSome(this.#told, user, now, mostKnown);
      if ((before?.state ?? "offline") === state && before?.text === text) continue;
      const said = text === undefined ? {} : { text };
      events.push({ kind: "presence", user: userOf(user), state, at, ...said });
    }
    this.#waiting.clear();
    const { source, login, log } = this.#options;
    for (let from = 0; from < events.length; from += perCommit) {
      const some = events.slice(from, from + perCommit);
      source.accept({ events: some, seenBy: [login] }).catch((error: unknown) => {
        log.debug("Who is there was not shown", { why: String(error) });
      });
    }
  }
}

const longestWords = 200;

/** What somebody says of themselves (docs.discord.com/developers/events/gateway-events#activity-object), and no game. */
const ownWords = (activities: unknown): string => {
  const all = Array.isArray(activities) ? activities.map(fieldsOf) : [];
  const { state, emoji } = all.find(({ type }) => type === (ActivityType.Custom as number)) ?? {};
  const { name, id } = fieldsOf(emoji);
  const picture = typeof name !== "string" ? "" : isId(id) ? `:${name}:` : name;
  const words = [picture, typeof state === "string" ? state : ""].join(" ");
  return words.replaceAll(/\s+/g, " ").trim().slice(0, longestWords);
};
