import { bits, permissionsOf } from "./model.ts";
import type { Channel, Guild, Post, User, Wire } from "./model.ts";

/** Where people and roles are looked up. */
interface People {
  readonly users: ReadonlyMap<string, User>;
  guildOf(channel: Channel): Guild | undefined;
}

/** What decides whom a message reaches. */
export interface About {
  readonly author: User;
  readonly content: string;
  /** `allowed_mentions`; where it is absent, everything that the text spells counts. */
  readonly allowed: Wire | undefined;
  readonly byWebhook: boolean;
}

export const mentionedIn = (
  { users }: Pick<People, "users">,
  content: string,
  allowed: Wire | undefined,
): readonly User[] => {
  const ids = new Set(Array.from(content.matchAll(/<@!?(\d+)>/g), ([, id]) => id ?? ""));
  return [...ids].flatMap((id) => {
    const user = users.get(id);
    return user !== undefined && (allowed === undefined || allows(allowed, "users", id))
      ? [user]
      : [];
  });
};

/** Whom a message pings (docs.discord.com/developers/resources/message#allowed-mentions-object). */
export const pingsOf = (
  people: People,
  channel: Channel,
  { author, content, allowed, byWebhook }: About,
  referenced: Post | undefined,
): readonly string[] => {
  const guild = people.guildOf(channel);
  const may =
    byWebhook ||
    (guild !== undefined && (permissionsOf(guild, channel, author) & bits.mentionEveryone) !== 0n);
  const found: string[] = [];
  const all = /@(?:everyone|here)/.test(content);
  if (may && all && (allowed === undefined || allows(allowed, "everyone", ""))) {
    found.push("everyone");
  }
  for (const user of mentionedIn(people, content, allowed)) found.push(`user:${user.id}`);
  for (const [, id = ""] of content.matchAll(/<@&(\d+)>/g)) {
    const known = guild?.wire.roles.some((role) => role.id === id) === true;
    if (known && (allowed === undefined || allows(allowed, "roles", id))) found.push(`role:${id}`);
  }
  if (referenced && (allowed === undefined || allowed["replied_user"] === true)) {
    found.push(`user:${referenced.message.author.id}`);
  }
  return found;
};

const allows = (allowed: Wire, kind: "users" | "roles" | "everyone", id: string): boolean => {
  const parse = allowed["parse"];
  if (Array.isArray(parse) && parse.includes(kind)) return true;
  const ids = allowed[kind];
  return Array.isArray(ids) && ids.includes(id);
};
