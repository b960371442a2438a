import type { LoginId, Speaker } from "../../adapter/index.ts";
import { cleanName, looksLike } from "../../richtext/index.ts";
import { holdsAddress } from "../address.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import type { Portal } from "../../store/types.ts";
import { accountOf } from "../linked/linked.ts";
import { faceOf } from "../linked/face.ts";
import type { LiveLogin, LiveNetwork } from "../box.ts";
import { publicUrl } from "../media/session-media.ts";
import { networkOf } from "../portals.ts";
import { notBridged } from "../turn.ts";
import { preferredScope } from "../remove-portal.ts";
import type { Settlement } from "../turn.ts";
import { queuePlace } from "../spaces/item.ts";
import type { Works } from "../works.ts";

/** Through which login somebody speaks, and as whom. */
export interface Voice {
  readonly login: LiveLogin;
  readonly speaker: Speaker;
}

/** The sender's own login if they have one here, else the portal's relay; absent: nobody can speak. */
export const voiceOf = async (
  works: Works,
  portal: Portal,
  sender: string,
): Promise<Voice | undefined> => {
  const found = await loginFor(works, portal, sender);
  if (found === undefined) return undefined;
  const { login, own } = found;
  return { login, speaker: own ? { as: "self" } : await relayed(works, portal, sender) };
};

/** Through which login somebody would speak; asks nobody for a name. */
export const loginFor = async (
  works: Works,
  portal: Portal,
  sender: string,
): Promise<{ readonly login: LiveLogin; readonly own: boolean } | undefined> => {
  const live = networkOf(works.box, portal);
  if (!live) return undefined;
  const own = await ownLogin(works, portal, { live, person: await personBehind(works, sender) });
  if (own) return { login: own, own: true };
  const relay = await relayOf(works, live, portal);
  return relay && (await mayRelay(works, sender)) ? { login: relay, own: false } : undefined;
};

/**
 * Whoever changes or deletes a message does it through the login that sent it, where that still is.
 * Who may not be relayed any more can only take back what was relayed: `takeBack`.
 */
export const voiceOfSent = async (
  works: Works,
  portal: Portal,
  {
    sender,
    login,
    takeBack = false,
  }: {
    readonly sender: string;
    readonly login: LoginId | undefined;
    readonly takeBack?: boolean;
  },
): Promise<Voice | undefined> => {
  const now = await voiceOf(works, portal, sender);
  const then = login === undefined ? undefined : networkOf(works.box, portal)?.logins.get(login);
  if (then === undefined || then === now?.login) return now;
  if (then.row.owner === sender) return { login: then, speaker: { as: "self" } };
  if (now === undefined && !takeBack) return undefined;
  return { login: then, speaker: await relayed(works, portal, sender) };
};

const relayed = async (works: Works, portal: Portal, sender: string): Promise<Speaker> => {
  const face = await faceOf(works, portal, await personBehind(works, sender));
  const name = face?.name ?? (await nameOf(works, portal, sender));
  const avatarUrl = await avatarOf(works, portal, { sender, mxc: face?.mxc });
  return {
    as: "relay",
    handle: sender,
    name,
    ...(avatarUrl === undefined ? {} : { avatarUrl }),
  };
};

/** How long a network may show a picture by its link before it is given a new one, in milliseconds. */
const avatarLife = 30 * 24 * 3_600_000;

const avatarOf = async (
  works: Works,
  portal: Portal,
  { sender, mxc: own }: { readonly sender: string; readonly mxc: string | undefined },
): Promise<string | undefined> => {
  if (works.box.settings.publicAddress === undefined) return undefined;
  const mxc = own ?? (await works.names.avatar(portal.room, sender));
  return mxc === undefined
    ? undefined
    : publicUrl(works, { locator: { mxc }, name: "avatar" }, avatarLife);
};

/**
 * Whoever wrote by an account that is theirs, logged in or linked, is the same person on every network.
 * A name that others can take while its login is away proves nothing.
 */
const personBehind = async ({ box, ghosts, linked }: Works, sender: string): Promise<string> => {
  const ghost = await ghosts.byMxid(sender);
  const live = ghost && box.networks.get(ghost.network);
  if (!ghost || !live) return sender;
  const account = accountOf(live, { sender: ghost.user });
  if (account === undefined) return sender;
  const login = [...live.logins.values()].find(({ row }) => row.user === ghost.user);
  const link = await linked.of(box.store.read, { network: ghost.network, account });
  return login?.row.owner ?? (link ? link.mxid : sender);
};

const ownLogin = async (
  { box }: Works,
  portal: Portal,
  { live, person }: { readonly live: LiveNetwork; readonly person: string },
): Promise<LiveLogin | undefined> => {
  const { receiver } = portal.chat;
  if (receiver !== undefined) {
    const login = live.logins.get(receiver);
    return login?.row.owner === person ? login : undefined;
  }
  const own = [...live.logins.values()].filter(
    (login) => login.row.owner === person && login.row.role !== "relay",
  );
  const [first, ...more] = own;
  if (more.length === 0) return first;
  const chosen = await box.store.read.keys.get(preferredScope(portal.id), person);
  return own.find(({ row }) => row.id === chosen) ?? first;
};

/** The relay that was set for the portal, else a login of the box itself; absent: nobody relays there. */
export const relayOf = async (
  works: Works,
  live: LiveNetwork,
  portal: Portal,
): Promise<LiveLogin | undefined> => {
  if (portal.relay === "off") return undefined;
  if (portal.relay !== undefined) return live.logins.get(portal.relay);
  if (live.settings.relay === "off") return undefined;
  const { receiver } = portal.chat;
  if (receiver !== undefined) {
    const login = live.logins.get(receiver);
    return login?.row.owner === undefined ? login : undefined;
  }
  const box = [...live.logins.values()].filter((login) => login.row.owner === undefined);
  const inside = await works.box.store.read.portals.logins(portal.id);
  return box.find((login) => inside.includes(login.row.id)) ?? box[0];
};

/**
 * How it ends where nobody can speak for the sender. Only a person who might have been relayed is told
 * so in the room: where relaying is off, and of people of another network, nobody waits for a word.
 */
export const voiceless = async (
  works: Works,
  portal: Portal,
  sender: string,
): Promise<Settlement> => {
  const live = networkOf(works.box, portal);
  const off = portal.relay === "off" || (live?.settings.relay === "off" && !portal.relay);
  const sentence = off
    ? "you have no login there, and nobody is relayed from this room."
    : "you have no login there and this room has no relay you may use. Log in, or ask an admin to set a relay, and then react to this with \u{1F501}.";
  const quiet = off || (await works.ghosts.isGhost(sender));
  return { ...notBridged("forbidden", sentence), quiet, again: !quiet };
};

/** A person of another network in the same room is relayed; a Matrix user if permitted. */
const mayRelay = async (works: Works, sender: string): Promise<boolean> =>
  works.box.settings.permits(sender, "relay") || (await works.ghosts.byMxid(sender)) !== undefined;

/**
 * The name in the room, cleaned: it cannot hold a line break or pass for nothing. One that could be
 * taken for the bot, an account of ours there or somebody else in the room says whose it is.
 */
const nameOf = async (works: Works, portal: Portal, sender: string): Promise<string> => {
  const ghost = await works.ghosts.byMxid(sender);
  const name = ghost?.name ?? ghost?.user ?? (await works.names.of(portal.room, sender));
  const clean = cleanName(name ?? "");
  if (clean === "" || clean === sender) return sender;
  if (!(await isMistakable(works, portal, { sender, name: clean }))) return clean;
  return `${clean} (${ghost?.network ?? sender})`;
};

const isMistakable = async (
  works: Works,
  portal: Portal,
  { sender, name }: { sender: string; name: string },
): Promise<boolean> => {
  if (holdsAddress(name)) return true;
  const accounts = [...(networkOf(works.box, portal)?.logins.values() ?? [])];
  const ours = accounts.filter(({ row }) => row.owner !== sender).map(({ row }) => row.name);
  if (ours.some((account) => looksLike(account, name))) return true;
  return portal.room !== undefined && works.looks.isTaken(portal.room, sender, name);
};

/** Makes sure that the login can speak in the chat: entered, if its network has such a thing. */
export const enterChat = async (
  works: Works,
  portal: Portal,
  login: LiveLogin,
  signal: AbortSignal,
): Promise<void> => {
  if (await isInside(works, portal, login)) return;
  const { id } = login.row;
  const { connections, settings } = works.box;
  const deadline = deadlineWithin(settings.deadline.network, signal);
  await connections.call(id, "join", portal.chat, deadline.signal).finally(deadline.end);
  const since = works.box.clock.now();
  const lanes = await works.box.store.commit(async (tx) => {
    await tx.portals.addLogin(portal.id, id, since);
    return queuePlace(works.box, tx, portal);
  });
  for (const lane of lanes) works.box.wake(lane);
};

/** Whether the login need not enter the chat before it can speak there. */
export const isInside = async (
  works: Works,
  portal: Portal,
  { row: { id } }: LiveLogin,
): Promise<boolean> => {
  if (!works.box.connections.can(id, "join") || portal.chat.receiver !== undefined) return true;
  return (await works.box.store.read.portals.logins(portal.id)).includes(id);
};
