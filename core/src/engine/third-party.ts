import type { ChatId } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Ghost } from "../store/types.ts";
import { findChat } from "./find-chat.ts";
import type { LiveNetwork } from "./box.ts";
import type { Works } from "./works.ts";

/*
 * Application Service API, "Third-party networks". Whoever asks is anybody on the homeserver: nothing is
 * entered, made or stored for it, and what a network refuses to tell is as if it were not there.
 */

type Fields = Readonly<Record<string, string>>;

/** No network has longer names. */
const longest = 255;

const served = ({ box }: Works, protocol: string, wanted?: string): readonly LiveNetwork[] =>
  [...box.networks.values()].filter(
    ({ settings }) =>
      settings.adapter.id === protocol && (wanted === undefined || settings.id === wanted),
  );

const anything = (placeholder: string): JsonObject => ({ regexp: ".+", placeholder });

/** What can be looked up of a protocol, broadest first, and the networks of it that are bridged. */
export const protocolOf = (works: Works, protocol: string): JsonObject | undefined => {
  const networks = served(works, protocol);
  if (networks.length === 0) return undefined;
  return {
    user_fields: ["network", "user"],
    location_fields: ["network", "chat"],
    icon: "",
    field_types: {
      network: anything("network"),
      user: anything("name"),
      chat: anything("chat"),
    },
    instances: networks.map(({ settings: { id } }) => ({
      desc: id,
      network_id: id,
      fields: { network: id },
    })),
  };
};

/** Chats that anybody may be in, by the name that people know them by. */
export const locationsNamed = async (
  works: Works,
  protocol: string,
  { network, chat, channel }: Fields,
): Promise<readonly JsonObject[]> => {
  const name = chat ?? channel;
  if (!isName(name)) return [];
  const found: JsonObject[] = [];
  for (const live of served(works, protocol, network)) {
    const id = await openNamed(works, live, name).catch(() => undefined);
    if (id !== undefined) found.push(locationIn(works, live, id));
  }
  return found;
};

/**
 * An account of the box may be in chats of which nobody else is to hear. Whoever names one by its id hears
 * nothing new.
 */
const openNamed = async (
  works: Works,
  live: LiveNetwork,
  name: string,
): Promise<ChatId | undefined> => {
  const signal = deadlineOf(works);
  const { chat, login } = await findChat(works, live, { name, signal });
  if (chat.receiver !== undefined) return undefined;
  if (chat.id === name.toLowerCase()) return chat.id;
  const told = await works.box.connections.call(login.row.id, "describe", chat, signal);
  return told.visibility === "public" ? chat.id : undefined;
};

/** The chat of an alias of ours, if it has a room. */
export const locationAt = async (
  works: Works,
  live: LiveNetwork,
  chat: ChatId,
): Promise<readonly JsonObject[]> => {
  const portal = await works.portals.find(live.settings.id, { id: chat });
  const isThere = portal?.room !== undefined && !portal.dead;
  return isThere ? [locationIn(works, live, chat)] : [];
};

const locationIn = (works: Works, { settings }: LiveNetwork, chat: ChatId): JsonObject => ({
  alias: works.rooms.aliasOf({ network: settings.id, chat: { id: chat } }),
  protocol: settings.adapter.id,
  fields: { network: settings.id, chat },
});

/** People by their names, as an account of the box finds them. */
export const peopleNamed = async (
  works: Works,
  protocol: string,
  { network, user, nick }: Fields,
): Promise<readonly JsonObject[]> => {
  const name = user ?? nick;
  if (!isName(name)) return [];
  const found: JsonObject[] = [];
  for (const live of served(works, protocol, network)) {
    const id = await personNamed(works, live, name).catch(() => undefined);
    if (id) found.push(personIn(live, await works.ghosts.get(live.settings.id, id)));
  }
  return found;
};

export const personIn = (
  { settings }: LiveNetwork,
  { mxid, user }: Pick<Ghost, "mxid" | "user">,
): JsonObject => ({
  userid: mxid,
  protocol: settings.adapter.id,
  fields: { network: settings.id, user },
});

const personNamed = async (works: Works, live: LiveNetwork, name: string) => {
  const { connections } = works.box;
  const login = [...live.logins.values()].find(
    ({ row, state }) =>
      row.owner === undefined && state === "connected" && connections.can(row.id, "resolve"),
  );
  const found = login && (await connections.call(login.row.id, "resolve", name, deadlineOf(works)));
  return found?.user;
};

const isName = (name: string | undefined): name is string =>
  name !== undefined && name !== "" && name.length <= longest;

const deadlineOf = ({ box: { signal, settings } }: Works): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(settings.deadline.network)]);
