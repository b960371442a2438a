import { OverwriteType, PermissionFlagsBits as flags } from "discord.js";
import type { APIOverwrite, APIRole } from "discord.js";

/** Permissions that a bridge needs, by the names that people see. */
export const permissions = {
  "View Channels": flags.ViewChannel,
  "Send Messages": flags.SendMessages,
  "Send Messages in Threads": flags.SendMessagesInThreads,
  "Read Message History": flags.ReadMessageHistory,
  "Attach Files": flags.AttachFiles,
  "Embed Links": flags.EmbedLinks,
  "Add Reactions": flags.AddReactions,
  "Use External Emojis": flags.UseExternalEmojis,
  "Manage Webhooks": flags.ManageWebhooks,
  "Manage Messages": flags.ManageMessages,
  "Mention Everyone": flags.MentionEveryone,
  "Create Polls": flags.SendPolls,
  "Pin Messages": flags.PinMessages,
  "Manage Channels": flags.ManageChannels,
  "Manage Roles": flags.ManageRoles,
} as const satisfies Readonly<Record<string, bigint>>;

export type PermissionName = keyof typeof permissions;

/** Without these a channel is not bridged well, and its admin is told so. */
export const wanted: readonly PermissionName[] = [
  "View Channels",
  "Send Messages",
  "Read Message History",
  "Attach Files",
  "Add Reactions",
  "Manage Webhooks",
  "Manage Messages",
];

/** The link by which an admin lets the bot into a server, with all that it can use. */
export const inviteLink = (application: string): string => {
  const all = Object.values(permissions).reduce((sum, bit) => sum | bit, 0n);
  const url = new URL("https://discord.com/oauth2/authorize");
  url.search = String(
    new URLSearchParams({ client_id: application, scope: "bot", permissions: String(all) }),
  );
  return url.href;
};

/** Who somebody is in a server. */
export interface Standing {
  readonly guild: string;
  readonly owner: string;
  readonly user: string;
  readonly roles: readonly string[];
}

const everything = (1n << 64n) - 1n;

/** docs.discord.com/developers/topics/permissions#permission-overwrites */
export const permissionsIn = (
  { guild, owner, user, roles }: Standing,
  known: ReadonlyMap<string, APIRole>,
  overwrites: readonly APIOverwrite[],
): bigint => {
  if (user === owner) return everything;
  const held = [guild, ...roles].reduce(
    (sum, id) => sum | BigInt(known.get(id)?.permissions ?? 0),
    0n,
  );
  if ((held & flags.Administrator) !== 0n) return everything;
  const steps = [
    overwrites.filter(({ id }) => id === guild),
    overwrites.filter(
      ({ id, type }) => type === OverwriteType.Role && id !== guild && roles.includes(id),
    ),
    overwrites.filter(({ id, type }) => type === OverwriteType.Member && id === user),
  ];
  return steps.reduce((sum, step) => {
    const deny = step.reduce((bits, it) => bits | BigInt(it.deny), 0n);
    const allow = step.reduce((bits, it) => bits | BigInt(it.allow), 0n);
    return (sum & ~deny) | allow;
  }, held);
};

/** Whether all of them are held. */
export const holds = (held: bigint, ...names: readonly PermissionName[]): boolean =>
  names.every((name) => (held & permissions[name]) === permissions[name]);
