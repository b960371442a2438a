import { setImmediate as turn } from "node:timers/promises";
import type { ChatRef, Member, RemoteEvent } from "@bridgebox/core/adapter";
import type { APIChannel } from "discord.js";
import { knownChatsIn } from "./directory.ts";
import type { Known } from "./directory.ts";
import { channelIn } from "./ids.ts";
import { PeopleOf } from "./people-of.ts";
import { isDirect, isThread, overwritesOf } from "./places.ts";
import type { Guild } from "./places.ts";
import { changedOverwrites, changedRoles, memberAt, telling } from "./roles.ts";
import type { Ground, Who } from "./roles.ts";
import type { View } from "./view.ts";
import { keepSome } from "./keep-some.ts";

const what = "It was not looked up who is what in a chat";
/** So many changes are remembered that could not be told of. */
const mostUntold = 500;
/** Of so many who spoke it is known what they were told to be, and for so long, in milliseconds. */
const mostKnown = 5000;
const knownFor = 3_600_000;

interface Change {
  readonly chat: ChatRef;
  readonly before: Ground;
  readonly after: Ground;
}

/**
 * What a change of roles, of a channel's permissions or of the owner makes of people: Discord tells that
 * it changed, and not of whom.
 */
export class Standings {
  readonly #view: View;
  readonly #people: PeopleOf;
  /** What was before changes that are not told of yet. */
  readonly #servers = new Map<string, Guild>();
  readonly #channels = new Map<string, APIChannel>();

  /** What people were told to be, by chat and person, and when. */
  readonly #known = new Map<string, { readonly is: string; readonly at: number }>();

  constructor(view: View) {
    this.#view = view;
    this.#people = new PeopleOf(view);
  }

  /** Whoever speaks comes with their roles: also where nobody is listed it is known what they are. */
  async spoke(guild: string, chat: ChatRef, who: Who): Promise<readonly RemoteEvent[]> {
    const { places, signal } = this.#view;
    const server = await places.guild(guild, { what, signal });
    const member = memberAt({ guild: server, channel: await this.#counting(chat) }, who);
    const before = this.#known.get(keyOf(chat, member));
    const at = Date.now();
    const old = before === undefined || at - before.at > knownFor;
    if (member.state !== "join" || (!old && before.is === wordOf(member))) return [];
    return this.#tell(chat, [member], at);
  }

  /** What somebody with these roles is in the chats of their server. */
  async memberChanged(guild: string, who: Who, known: Known): Promise<readonly RemoteEvent[]> {
    this.#people.forget();
    const { places, signal } = this.#view;
    const server = await places.guild(guild, { what, signal });
    const events: RemoteEvent[] = [];
    for (const chat of await knownChatsIn(guild, known)) {
      const ground = { guild: server, channel: await this.#counting(chat) };
      events.push(...this.#tell(chat, [memberAt(ground, who)], Date.now()));
    }
    return events;
  }

  /** By `change` a server has other roles or another owner. */
  async serverChanged(
    id: string,
    change: () => void,
    known: Known,
  ): Promise<readonly RemoteEvent[]> {
    const { places } = this.#view;
    const before = this.#servers.get(id) ?? places.knownGuild(id);
    change();
    const after = places.knownGuild(id);
    if (before === undefined || after === undefined) return [];
    const roles = changedRoles(before, after);
    const owners = before.owner === after.owner ? [] : [before.owner, after.owner];
    if (roles.length === 0 && owners.length === 0) return [];
    keepSome(this.#servers, id, before, mostUntold);
    const chats = await knownChatsIn(id, known);
    const changes: Change[] = [];
    for (const chat of chats) {
      const channel = await this.#counting(chat);
      changes.push({
        chat,
        before: { guild: before, channel },
        after: { guild: after, channel },
      });
    }
    const people =
      roles.length > 0 ? await this.#people.all(id) : await this.#people.named(id, owners);
    const events = await this.#told(changes, people);
    this.#servers.delete(id);
    return events;
  }

  /** A channel is what it is told to be from now on. */
  async channelChanged(now: APIChannel, known: Known): Promise<readonly RemoteEvent[]> {
    const { places, signal } = this.#view;
    const before = this.#channels.get(now.id) ?? places.known(now.id);
    places.keep(now);
    if (before === undefined || isDirect(now) || isThread(now)) return [];
    const changed = changedOverwrites(overwritesOf(before), overwritesOf(now));
    if (changed.length === 0) return [];
    keepSome(this.#channels, now.id, before, mostUntold);
    const guild = await places.guild(now.guild_id ?? "", { what, signal });
    const changes = (await known.chats())
      .filter((chat) => {
        const place = places.known(chat.id);
        return place?.id === now.id || (place && isThread(place) && place.parent_id === now.id);
      })
      .map((chat) => ({
        chat,
        before: { guild, channel: before },
        after: { guild, channel: now },
      }));
    const single = changed.every((id) => !guild.roles.has(id));
    const people =
      changes.length === 0
        ? []
        : single
          ? await this.#people.named(guild.id, changed)
          : await this.#people.all(guild.id);
    const events = await this.#told(changes, people);
    this.#channels.delete(now.id);
    return events;
  }

  /** The channel whose permissions count in a chat: none in that of a server. */
  async #counting(chat: ChatRef): Promise<APIChannel | undefined> {
    const { places, signal } = this.#view;
    const id = channelIn(chat);
    const ask = { what, signal };
    return id === undefined ? undefined : places.counting(await places.channel(id, ask), ask);
  }

  /**
   * Of whom it makes a difference; what the bot is itself, the chat's description tells. Thousands of people in
   * each of many chats are much to reckon, so that others have their turn between two chats.
   */
  async #told(changes: readonly Change[], people: readonly Who[]): Promise<readonly RemoteEvent[]> {
    const others = people.filter(({ user }) => user !== this.#view.self);
    const events: RemoteEvent[] = [];
    for (const { chat, before, after } of changes) {
      const list = others.flatMap((who) => {
        const [was, is] = [memberAt(before, who), memberAt(after, who)];
        return was.state === is.state && was.role === is.role ? [] : [is];
      });
      events.push(...this.#tell(chat, list, Date.now()));
      await turn();
    }
    return events;
  }

  #tell(chat: ChatRef, list: readonly Member[], at: number): readonly RemoteEvent[] {
    for (const one of list)
      keepSome(this.#known, keyOf(chat, one), { is: wordOf(one), at }, mostKnown);
    return telling(chat, list, at);
  }
}

const keyOf = (chat: ChatRef, { user }: Member): string => `${chat.id} ${user}`;

const wordOf = ({ state, role }: Member): string => `${state} ${role ?? ""}`;
