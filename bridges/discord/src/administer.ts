import { BridgeError } from "@bridgebox/core/adapter";
import type { ChatRef, Connection, Member } from "@bridgebox/core/adapter";
import { OverwriteType, PermissionFlagsBits as flags } from "discord.js";
import { channelIn, isSnowflake } from "./ids.ts";
import { holds, permissionsIn } from "./permissions.ts";
import { isDirect, isThread, overwritesOf } from "./places.ts";
import type { Channel } from "./places.ts";
import type { View } from "./view.ts";

type Change = Parameters<NonNullable<Connection["setInfo"]>>[1];

const longestName = 100;
const longestTopic = 1024;

const refused = (code: "not_found" | "unsupported" | "invalid", sentence: string): BridgeError =>
  new BridgeError(code, sentence, { reached: "no", scope: "item" });

const channelOf = async (
  { places }: View,
  chat: ChatRef,
  ask: { readonly what: string; readonly signal: AbortSignal; readonly now?: true },
): Promise<Channel> => {
  const { what, now } = ask;
  const id = channelIn(chat);
  if (id === undefined) throw refused("not_found", `${what}: that is no channel of Discord.`);
  const channel = await (now ? places.channelNow(id, ask) : places.channel(id, ask));
  if (isDirect(channel))
    throw refused("unsupported", `${what}: a private chat has nothing like it.`);
  return channel;
};

/** Name and topic of a channel; a thread has no topic, and neither has a picture. */
export const setInfo = async (
  view: View,
  chat: ChatRef,
  { name, topic }: Change,
  signal: AbortSignal,
): Promise<void> => {
  const what = "The channel was not changed";
  const channel = await channelOf(view, chat, { what, signal });
  const thread = isThread(channel);
  const short = Array.from((name ?? "").replace(/^#/, "").trim())
    .slice(0, longestName)
    .join("");
  const body = {
    ...(short === "" ? {} : { name: short }),
    ...(topic === undefined || thread
      ? {}
      : { topic: Array.from(topic).slice(0, longestTopic).join("") }),
  };
  if (Object.keys(body).length === 0) {
    throw refused("unsupported", `${what}: Discord has nothing like it for that channel.`);
  }
  const needs = thread ? "Manage Threads" : "Manage Channels";
  await view.rest.call("PATCH", `/channels/${channel.id}`, { what, needs, signal, body });
};

const ofServer =
  "Their role was not changed: a role of Discord's is for a whole server, not for one channel. Give it in the server's settings.";

/**
 * Somebody is shut out of one channel, or let in again: by one overwrite for that person in that
 * channel. A room is a channel, so nobody is ever thrown out of the whole server from it. Whoever is let
 * into a channel that hides from them is shown it; a ban that is lifted shows it to nobody.
 */
export const setMember = async (
  view: View,
  chat: ChatRef,
  { user, state, role, reason, lifted }: Member,
  signal: AbortSignal,
): Promise<void> => {
  const out = (state === "ban" || state === "leave") && lifted !== true;
  const what = out ? "They were not removed" : "They were not let in";
  if (role !== undefined) throw refused("unsupported", ofServer);
  const channel = await channelOf(view, chat, { what, signal, now: true });
  if (isThread(channel))
    throw refused("unsupported", `${what}: a thread is as open as its channel.`);
  if (!isSnowflake(user)) throw refused("not_found", `${what}: Discord has nobody of that id.`);
  const before = overwritesOf(channel).find(({ id }) => id === user);
  const was = { allow: BigInt(before?.allow ?? 0), deny: BigInt(before?.deny ?? 0) };
  const cleared = { allow: out ? was.allow & ~seeing : was.allow, deny: was.deny & ~seeing };
  const now = { ...cleared, deny: out ? cleared.deny | seeing : cleared.deny };
  const asked = !out && lifted !== true;
  if (asked && !(await sees(view, { channel, user, own: now }, { what, signal })))
    now.allow |= seeing;
  if (now.allow === was.allow && now.deny === was.deny) return;
  const path = `/channels/${channel.id}/permissions/${user}` as const;
  const call = { what, needs: "Manage Roles", signal, ...(reason === undefined ? {} : { reason }) };
  if (now.allow === 0n && now.deny === 0n) {
    if (before !== undefined) await view.rest.call("DELETE", path, call);
    return;
  }
  await view.rest.call("PUT", path, {
    ...call,
    body: { type: OverwriteType.Member, ...wire(now) },
  });
};

const seeing = flags.ViewChannel;

interface Bits {
  readonly allow: bigint;
  readonly deny: bigint;
}

const wire = ({ allow, deny }: Bits) => ({ allow: String(allow), deny: String(deny) });

/** Whether somebody of the server sees a channel in which they have that overwrite of their own. */
const sees = async (
  { places }: View,
  { channel, user, own }: { readonly channel: Channel; readonly user: string; readonly own: Bits },
  ask: { readonly what: string; readonly signal: AbortSignal },
): Promise<boolean> => {
  const guild = await places.guild(channel.guild_id ?? "", ask);
  const roles = await places.rolesNow(guild.id, user, ask);
  const others = overwritesOf(channel).filter(({ id }) => id !== user);
  const overwrite = { id: user, type: OverwriteType.Member, ...wire(own) };
  const standing = { guild: guild.id, owner: guild.owner, user, roles };
  return holds(permissionsIn(standing, guild.roles, [...others, overwrite]), "View Channels");
};
