import { snowflake } from "./snowflake.ts";

/** JSON as the API speaks it: judged by Discord's own description, not by the compiler. */
export type Wire = Record<string, unknown>;

/** A text of a body; empty where it is none. */
export const wireText = (value: unknown): string => (typeof value === "string" ? value : "");

export interface User extends Wire {
  readonly id: string;
  username: string;
  global_name: string | null;
  readonly bot: boolean;
  avatar: string | null;
}

export interface Role extends Wire {
  readonly id: string;
  name: string;
  permissions: string;
  position: number;
}

export interface Overwrite {
  readonly id: string;
  /** 0: a role, 1: a member. */
  readonly type: 0 | 1;
  allow: string;
  deny: string;
}

export interface Channel extends Wire {
  readonly id: string;
  readonly type: number;
  readonly guild_id?: string;
  name?: string;
  topic?: string | null;
  parent_id?: string | null;
  last_message_id: string | null;
  permission_overwrites?: Overwrite[];
}

export interface Member extends Wire {
  readonly user: User;
  nick: string | null;
  roles: string[];
}

export interface Guild {
  readonly id: string;
  /** What `GET /guilds/{id}` says of it. */
  readonly wire: Wire & { name: string; roles: Role[]; owner_id: string };
  readonly members: Map<string, Member>;
  readonly channels: Map<string, Channel>;
  /** GUILD_CREATE holds members, the bot itself among them. */
  tellsMembers: boolean;
  /** Discord has an outage there (docs.discord.com/developers/resources/guild#unavailable-guild-object). */
  out: boolean;
}

export interface Message extends Wire {
  readonly id: string;
  readonly channel_id: string;
  readonly author: User;
  readonly timestamp: string;
  content: string;
  attachments: Wire[];
  edited_timestamp: string | null;
  pinned: boolean;
  flags: number;
}

/** What the network knows of a message besides what it says of it. */
export interface Post {
  readonly channel: Channel;
  readonly message: Message;
  /** By emoji, as it stands in a path: `👍` or `name:id`. */
  readonly reactions: Map<string, Set<string>>;
  /** The super reactions, in the same way. */
  readonly bursts: Map<string, Set<string>>;
  /** When it was pinned, in microseconds; pins have an order by it. */
  pinnedAt?: string;
  /** By answer. */
  readonly votes: Map<number, Set<string>>;
  /** The pings that it made: `everyone`, `user:…`, `role:…`. */
  readonly pings: readonly string[];
}

export interface Webhook extends Wire {
  readonly id: string;
  readonly token: string;
  readonly channel_id: string;
  name: string;
}

export const createUser = (from: Partial<User>): User => ({
  id: snowflake(),
  username: "somebody",
  discriminator: "0",
  global_name: null,
  avatar: null,
  bot: false,
  flags: 0,
  public_flags: 0,
  primary_guild: null,
  ...from,
});

export const createRole = (id: string, from: Partial<Role>): Role => ({
  id,
  name: "role",
  permissions: "0",
  position: 1,
  color: 0,
  colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
  hoist: false,
  managed: false,
  mentionable: false,
  icon: null,
  unicode_emoji: null,
  flags: 0,
  ...from,
});

export const createMember = (user: User, roles: string[] = []): Member => ({
  user,
  nick: null,
  roles,
  avatar: null,
  banner: null,
  communication_disabled_until: null,
  flags: 0,
  joined_at: new Date().toISOString(),
  pending: false,
  premium_since: null,
  mute: false,
  deaf: false,
});

export const createGuild = (name: string, owner: User): Guild => {
  const id = snowflake();
  const everyone = createRole(id, { name: "@everyone", permissions: ordinary, position: 0 });
  return {
    id,
    wire: {
      id,
      name,
      icon: null,
      description: null,
      home_header: null,
      splash: null,
      discovery_splash: null,
      features: [],
      banner: null,
      owner_id: owner.id,
      application_id: null,
      region: "deprecated",
      afk_channel_id: null,
      afk_timeout: 300,
      system_channel_id: null,
      system_channel_flags: 0,
      widget_enabled: false,
      widget_channel_id: null,
      verification_level: 0,
      roles: [everyone],
      default_message_notifications: 0,
      mfa_level: 0,
      explicit_content_filter: 0,
      max_presences: null,
      max_members: 1000,
      max_stage_video_channel_users: 50,
      max_video_channel_users: 25,
      vanity_url_code: null,
      premium_tier: 0,
      premium_subscription_count: 0,
      preferred_locale: "en-US",
      rules_channel_id: null,
      safety_alerts_channel_id: null,
      public_updates_channel_id: null,
      premium_progress_bar_enabled: false,
      nsfw: false,
      nsfw_level: 0,
      emojis: [],
      stickers: [],
      incidents_data: null,
    },
    members: new Map(),
    channels: new Map(),
    tellsMembers: true,
    out: false,
  };
};

export const createChannel = (guild: Guild, from: Partial<Channel>): Channel => ({
  id: snowflake(),
  type: 0,
  guild_id: guild.id,
  name: "general",
  position: guild.channels.size,
  permission_overwrites: [],
  nsfw: false,
  flags: 0,
  parent_id: null,
  last_message_id: null,
  ...(from.type === 4 ? {} : { topic: null, rate_limit_per_user: 0 }),
  ...from,
});

export const createThread = (parent: Channel, owner: User, from: Partial<Channel>): Channel => ({
  id: snowflake(),
  type: 11,
  flags: 0,
  name: "thread",
  last_message_id: null,
  rate_limit_per_user: 0,
  owner_id: owner.id,
  thread_metadata: {
    archived: false,
    archive_timestamp: new Date().toISOString(),
    auto_archive_duration: 1440,
    locked: false,
    create_timestamp: new Date().toISOString(),
  },
  message_count: 0,
  member_count: 1,
  total_message_sent: 0,
  parent_id: parent.id,
  ...(parent.guild_id === undefined ? {} : { guild_id: parent.guild_id }),
  ...from,
});

/** Bits of docs.discord.com/developers/topics/permissions. */
export const bits = {
  administrator: 1n << 3n,
  addReactions: 1n << 6n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  manageChannels: 1n << 4n,
  manageMessages: 1n << 13n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  mentionEveryone: 1n << 17n,
  manageRoles: 1n << 28n,
  manageWebhooks: 1n << 29n,
  sendMessagesInThreads: 1n << 38n,
  sendPolls: 1n << 49n,
  pinMessages: 1n << 51n,
} as const;

export type Permission = keyof typeof bits;

/** What everybody may who was not told otherwise. */
const ordinary = String(
  bits.addReactions |
    bits.viewChannel |
    bits.sendMessages |
    bits.attachFiles |
    bits.readMessageHistory |
    bits.sendMessagesInThreads |
    bits.sendPolls,
);

/** What a bot may that was invited with the link of the adapter. */
export const granted = String(
  bits.manageChannels |
    bits.manageRoles |
    bits.manageMessages |
    bits.mentionEveryone |
    bits.manageWebhooks |
    bits.pinMessages,
);

/** docs.discord.com/developers/topics/permissions#permission-overwrites */
export const permissionsOf = (
  guild: Guild,
  channel: Pick<Channel, "permission_overwrites" | "parent_id">,
  user: User,
): bigint => {
  const member = guild.members.get(user.id);
  if (member === undefined) return 0n;
  if (guild.wire.owner_id === user.id) return ~0n;
  const roles = guild.wire.roles.filter(({ id }) => id === guild.id || member.roles.includes(id));
  let held = roles.reduce((sum, { permissions }) => sum | BigInt(permissions), 0n);
  if ((held & bits.administrator) !== 0n) return ~0n;
  const parent = channel.permission_overwrites
    ? channel
    : guild.channels.get(channel.parent_id ?? "");
  const overwrites = parent?.permission_overwrites ?? [];
  const apply = (fits: (one: Overwrite) => boolean): void => {
    const chosen = overwrites.filter(fits);
    const deny = chosen.reduce((sum, it) => sum | BigInt(it.deny), 0n);
    const allow = chosen.reduce((sum, it) => sum | BigInt(it.allow), 0n);
    held = (held & ~deny) | allow;
  };
  apply((it) => it.id === guild.id);
  apply((it) => it.type === 0 && it.id !== guild.id && member.roles.includes(it.id));
  apply((it) => it.type === 1 && it.id === user.id);
  return held;
};

export const isThread = ({ type }: Channel): boolean => type >= 10 && type <= 12;

/** A guild as it comes with GUILD_CREATE: no more than its id in an outage. */
export const wholeGuild = (
  guild: Guild,
  seen: (channel: Channel) => boolean,
  presences: ReadonlyMap<string, Wire>,
): Wire => {
  if (guild.out) return { id: guild.id, unavailable: true };
  const channels = [...guild.channels.values()].filter(seen);
  return {
    ...guild.wire,
    channels: channels.filter((it) => !isThread(it)),
    threads: channels.filter(isThread),
    members: guild.tellsMembers ? [...guild.members.values()] : [],
    member_count: guild.members.size,
    joined_at: new Date().toISOString(),
    large: false,
    unavailable: false,
    presences: [...guild.members.keys()].flatMap((id) => presences.get(id) ?? []),
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
};
