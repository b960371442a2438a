import type { Member, UserId } from "@bridgebox/core/adapter";
import type { Names } from "./ids.ts";
import type { ModeChange, ModeRules } from "./modes.ts";
import { roleOf } from "./modes.ts";

export interface Person {
  readonly nick: string;
  readonly modes: ReadonlySet<string>;
}

/** One channel as this client sees it. */
export interface Channel {
  /** As the server spells it. */
  readonly name: string;
  readonly people: Map<UserId, Person>;
  topic: string | undefined;
  /** Mode letters without a person; `undefined` until the server told. */
  flags: Set<string> | undefined;
  /** NAMES has been read to its end. */
  complete: boolean;
  /**
   * Beats until it is said that we are nobody in particular there. Services give somebody who comes back
   * what they had a moment after they came: to tell both would be two changes of nothing.
   */
  openFor: number;
}

/** The time of two beats at most, and of one at least. */
const beatsOpen = 2;

/** Who is on which channel, from what one client is told. */
export class Roster {
  readonly #channels = new Map<string, Channel>();
  #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /** Forgets everything: a new connection sees it all again. */
  reset(names: Names): void {
    this.#names = names;
    this.#channels.clear();
  }

  get channels(): IterableIterator<Channel> {
    return this.#channels.values();
  }

  channel(name: string): Channel | undefined {
    return this.#channels.get(this.#names.fold(name));
  }

  enter(name: string): Channel {
    const channel: Channel = {
      name,
      people: new Map(),
      topic: undefined,
      flags: undefined,
      complete: false,
      openFor: beatsOpen,
    };
    this.#channels.set(this.#names.fold(name), channel);
    return channel;
  }

  leave(name: string): void {
    this.#channels.delete(this.#names.fold(name));
  }

  add(channel: Channel, nick: string, modes: Iterable<string> = []): void {
    channel.people.set(this.#names.user(nick), { nick, modes: new Set(modes) });
  }

  remove(channel: Channel, nick: string): boolean {
    return channel.people.delete(this.#names.user(nick));
  }

  /** The channels that a person is on. */
  where(nick: string): readonly Channel[] {
    const user = this.#names.user(nick);
    return [...this.#channels.values()].filter(({ people }) => people.has(user));
  }

  /** Somebody is called differently from now on; gives whether they were seen at all. */
  rename(from: string, to: string): boolean {
    const old = this.#names.user(from);
    let seen = false;
    for (const { people } of this.#channels.values()) {
      const person = people.get(old);
      if (person === undefined) continue;
      seen = true;
      people.delete(old);
      people.set(this.#names.user(to), { nick: to, modes: person.modes });
    }
    return seen;
  }

  /** How somebody spells their nick, if they are on a channel with us. */
  spelling(user: UserId): string | undefined {
    for (const { people } of this.#channels.values()) {
      const person = people.get(user);
      if (person !== undefined) return person.nick;
    }
    return undefined;
  }

  /** Applies mode changes; gives the people whose role is another now, and whether a flag changed. */
  apply(channel: Channel, changes: readonly ModeChange[], rules: ModeRules) {
    const people = new Map<UserId, Member>();
    let flagged = false;
    for (const { on, mode, param } of changes) {
      if (rules.prefixes.some((prefix) => prefix.mode === mode)) {
        const user = this.#names.user(param ?? "");
        const person = channel.people.get(user);
        if (person === undefined) continue;
        const modes = new Set(person.modes);
        if (on) modes.add(mode);
        else modes.delete(mode);
        channel.people.set(user, { nick: person.nick, modes });
        people.set(user, { user, state: "join", role: roleOf(modes) });
      } else if (!rules.kinds[0].includes(mode)) {
        flagged = true;
        if (on) channel.flags?.add(mode);
        else channel.flags?.delete(mode);
      }
    }
    return { people: [...people.values()], flagged };
  }
}

interface Listing {
  /** Our own login there. */
  readonly own: UserId;
  readonly userOf: (nick: string) => UserId;
  readonly isTaken: (nick: string) => boolean;
}

/** Everybody who is on that channel, and as what. */
export const peopleOf = (
  { people, openFor }: Channel,
  { own, userOf, isTaken }: Listing,
): readonly Member[] =>
  [...people.values()]
    .filter(({ nick }) => !isTaken(nick))
    .map(({ nick, modes }) => {
      const [user, role] = [userOf(nick), roleOf(modes)];
      const isOpen = user === own && role === "member" && openFor > 0;
      return { user, state: "join", ...(isOpen ? {} : { role }) };
    });

/** One entry of NAMES: `@+nick` or `@nick!user@host`. */
export function parseEntry(entry: string, { prefixes }: ModeRules) {
  const modes: string[] = [];
  let rest = entry;
  for (;;) {
    const sign = rest[0];
    const prefix = prefixes.find(({ symbol }) => symbol === sign);
    if (prefix === undefined || rest === "") break;
    modes.push(prefix.mode);
    rest = rest.slice(1);
  }
  return { nick: rest.split("!")[0] ?? rest, modes };
}

/** Only a channel that is known to hide nothing is public: +s, +p, +k and +i all keep people out. */
export const visibilityOf = ({ flags }: Channel): "public" | "secret" =>
  flags !== undefined && !["s", "p", "k", "i"].some((flag) => flags.has(flag))
    ? "public"
    : "secret";

/** RFC 2811, 4.2 and 4.3: `+i` and `+k` let in whom somebody lets in; `+s` only hides. Nothing: it was not told yet. */
export const doorOf = ({ flags }: Channel): { readonly entry?: "open" | "invite" | "key" } => {
  if (flags === undefined) return {};
  if (flags.has("i")) return { entry: "invite" };
  return { entry: flags.has("k") ? "key" : "open" };
};
