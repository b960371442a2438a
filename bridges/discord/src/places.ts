import { ChannelType, GuildFeature } from "discord.js";
import type {
  APIChannel,
  APIGuild,
  APIOverwrite,
  APIRole,
  APIThreadChannel,
  APIUser,
  GatewayGuildCreateDispatchData,
} from "discord.js";
import { channelFrom, channelsIn, guildFrom, isChannel, isRole, rolesIn } from "./api/answers.ts";
import type { Rest } from "./api/rest.ts";
import { permissionsIn } from "./permissions.ts";
import { fieldsOf, unread } from "./wire.ts";
import { keepSome } from "./keep-some.ts";

/** A server, as far as it matters here. */
export interface Guild {
  readonly id: string;
  readonly name: string;
  readonly icon: string | null;
  readonly owner: string;
  readonly listed: boolean;
  /** How far it was boosted: 0 to 3. */
  readonly tier: number;
  readonly roles: ReadonlyMap<string, APIRole>;
}

/** A channel in a server, or a thread in one. */
export type Channel = Exclude<APIChannel, { type: ChannelType.DM | ChannelType.GroupDM }>;

/** One bot's picture of its servers. */
export interface Ask {
  readonly what: string;
  readonly signal: AbortSignal;
}

const mostChannels = 50_000;

export const isThread = (channel: APIChannel): channel is APIThreadChannel =>
  channel.type === ChannelType.PublicThread ||
  channel.type === ChannelType.PrivateThread ||
  channel.type === ChannelType.AnnouncementThread;

/** A private chat. */
export const isDirect = (
  channel: APIChannel,
): channel is Extract<APIChannel, { type: ChannelType.DM | ChannelType.GroupDM }> =>
  channel.type === ChannelType.DM || channel.type === ChannelType.GroupDM;

/** Channels in which people write. */
export const isTextual = ({ type }: APIChannel): boolean =>
  type === ChannelType.GuildText ||
  type === ChannelType.GuildAnnouncement ||
  type === ChannelType.GuildVoice ||
  type === ChannelType.GuildStageVoice ||
  type === ChannelType.PublicThread ||
  type === ChannelType.PrivateThread ||
  type === ChannelType.AnnouncementThread ||
  type === ChannelType.DM;

export const isForum = ({ type }: APIChannel): boolean =>
  type === ChannelType.GuildForum || type === ChannelType.GuildMedia;

/** What a channel itself allows and denies. */
export const overwritesOf = (channel: APIChannel): readonly APIOverwrite[] =>
  ("permission_overwrites" in channel && channel.permission_overwrites) || [];

/**
 * Servers and channels as the gateway told of them, and asked for where it did not: after a resume
 * nothing is told again.
 */
export class Places {
  readonly #rest: Rest;
  readonly #bot: string;
  readonly #guilds = new Map<string, Guild>();
  readonly #channels = new Map<string, APIChannel>();
  readonly #roles = new Map<string, readonly string[]>();

  constructor(rest: Rest, bot: string) {
    this.#rest = rest;
    this.#bot = bot;
  }

  /** What is known without asking. */
  known(channel: string): APIChannel | undefined {
    return this.#channels.get(channel);
  }

  knownGuild(guild: string): Guild | undefined {
    return this.#guilds.get(guild);
  }

  async channel(id: string, ask: Ask): Promise<APIChannel> {
    return this.#channels.get(id) ?? this.channelNow(id, ask);
  }

  /** As Discord says it now: what was told of it before may be behind what was changed. */
  async channelNow(id: string, { what, signal }: Ask): Promise<APIChannel> {
    const answer = await this.#rest.call("GET", `/channels/${id}`, { what, signal });
    const channel = channelFrom(answer, what);
    if (channel.id !== id) throw unread(what);
    this.keep(channel);
    return channel;
  }

  async guild(id: string, { what, signal }: Ask): Promise<Guild> {
    const known = this.#guilds.get(id);
    if (known !== undefined) return known;
    const answer = await this.#rest.call("GET", `/guilds/${id}`, { what, signal });
    const guild = guildOf(guildFrom(answer, what));
    this.#guilds.set(id, guild);
    return guild;
  }

  /** The channels and open threads of a server. */
  async channelsOf(guild: string, { what, signal }: Ask): Promise<readonly APIChannel[]> {
    const ask = { what, signal };
    const channels = await this.#rest.call("GET", `/guilds/${guild}/channels`, ask);
    const open = await this.#rest.call("GET", `/guilds/${guild}/threads/active`, ask);
    const threads = channelsIn(fieldsOf(open)["threads"], what);
    const all = [...channelsIn(channels, what), ...threads];
    for (const channel of all) this.keep(channel);
    return all;
  }

  /** What the bot may do in a channel of a server. */
  async permissions(channel: Channel, ask: Ask): Promise<bigint> {
    const guild = await this.guild(channel.guild_id ?? "", ask);
    const roles = await this.ownRoles(guild.id, ask);
    return this.permissionsOf(channel, guild, { user: this.#bot, roles }, ask);
  }

  async permissionsOf(
    channel: Channel,
    guild: Guild,
    who: { readonly user: string; readonly roles: readonly string[] },
    ask: Ask,
  ): Promise<bigint> {
    const overwrites = overwritesOf(await this.counting(channel, ask));
    const standing = { guild: guild.id, owner: guild.owner, ...who };
    return permissionsIn(standing, guild.roles, overwrites);
  }

  /** The channel whose permissions count there: that of a thread is the one it is in. */
  async counting(channel: APIChannel, ask: Ask): Promise<APIChannel> {
    return isThread(channel) ? this.channel(channel.parent_id ?? "", ask) : channel;
  }

  /** What the bot may do in a server, before its channels say otherwise. */
  async permissionsAtLarge(guild: Guild, ask: Ask): Promise<bigint> {
    const roles = await this.ownRoles(guild.id, ask);
    const standing = { guild: guild.id, owner: guild.owner, user: this.#bot, roles };
    return permissionsIn(standing, guild.roles, []);
  }

  /** The bot's own roles in a server. */
  async ownRoles(guild: string, ask: Ask): Promise<readonly string[]> {
    const known = this.#roles.get(guild);
    if (known !== undefined) return known;
    const roles = await this.rolesNow(guild, this.#bot, ask);
    this.#roles.set(guild, roles);
    return roles;
  }

  /** The roles of somebody in a server, as Discord says them now. */
  async rolesNow(guild: string, user: string, { what, signal }: Ask): Promise<readonly string[]> {
    const path = `/guilds/${guild}/members/${user}` as const;
    return rolesIn(await this.#rest.call("GET", path, { what, signal }), what);
  }

  /** One that makes no sense is not believed: what is asked for in its place is judged too. */
  keep(channel: APIChannel): void {
    if (!isChannel(channel)) return;
    keepSome(this.#channels, channel.id, channel, mostChannels);
  }

  forget(channel: string): void {
    this.#channels.delete(channel);
  }

  keepGuild(told: GatewayGuildCreateDispatchData): void {
    this.#guilds.set(told.id, guildOf(told));
    for (const channel of [...told.channels, ...told.threads]) {
      this.keep({ ...channel, guild_id: told.id });
    }
    const me = told.members.find(({ user }) => user.id === this.#bot);
    if (me !== undefined) this.#roles.set(told.id, me.roles);
  }

  renameGuild(told: APIGuild): void {
    this.#guilds.set(told.id, guildOf(told));
  }

  keepRole(guild: string, role: APIRole): void {
    const known = this.#guilds.get(guild);
    if (known === undefined || !isRole(role)) return;
    this.#guilds.set(guild, { ...known, roles: new Map([...known.roles, [role.id, role]]) });
  }

  forgetRole(guild: string, role: string): void {
    const known = this.#guilds.get(guild);
    if (known === undefined) return;
    const roles = [...known.roles].filter(([id]) => id !== role);
    this.#guilds.set(guild, { ...known, roles: new Map(roles) });
  }

  /** The bot's own roles changed. */
  keepOwn(guild: string, user: APIUser, roles: readonly string[]): void {
    if (user.id === this.#bot) this.#roles.set(guild, roles);
  }

  forgetGuild(guild: string): readonly APIChannel[] {
    const lost = [...this.#channels.values()].filter(
      (channel) => "guild_id" in channel && channel.guild_id === guild,
    );
    for (const { id } of lost) this.#channels.delete(id);
    this.#guilds.delete(guild);
    this.#roles.delete(guild);
    return lost;
  }
}

const guildOf = (told: APIGuild): Guild => ({
  id: told.id,
  name: told.name,
  icon: told.icon,
  tier: told.premium_tier,
  owner: told.owner_id,
  listed: told.features.some((feature) => feature === GuildFeature.Discoverable),
  roles: new Map(told.roles.filter(isRole).map((role) => [role.id, role])),
});
