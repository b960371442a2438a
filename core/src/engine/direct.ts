import { BridgeError } from "../adapter/index.ts";
import type {
  Ability,
  Attempt,
  ChatInfo,
  ChatRef,
  NetworkId,
  Resolved,
  UserId,
} from "../adapter/index.ts";
import { ensureLiving, noteLogin } from "./bind.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import { demandOpen } from "./demand-open.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Works } from "./works.ts";

/** Who asks, on which network, until when. */
export interface Asking {
  readonly live: LiveNetwork;
  readonly asker: string;
  readonly signal: AbortSignal;
}

type Personal = Extract<
  Ability,
  "resolve" | "search" | "startChat" | "createGroup" | "bans" | "setBan"
>;

/**
 * The asker's own login that can do that now.
 * @throws BridgeError where there is none, or it is not connected.
 */
export const ownLogin = (
  works: Works,
  { live, asker }: Pick<Asking, "live" | "asker">,
  ability: Personal,
): LiveLogin => {
  const { id, adapter } = live.settings;
  const own = [...live.logins.values()].filter(({ row }) => row.owner === asker);
  const able = own.find(({ row }) => works.box.connections.can(row.id, ability));
  if (able) return able;
  const [first] = own;
  if (first === undefined)
    throw refused("auth", `Nothing was done: you are not logged in to ${id}. Say "login ${id}".`);
  if (first.state !== "connected")
    throw refused(
      "network",
      `Nothing was done: ${first.row.name} is not connected now. Try again.`,
    );
  throw refused(
    "unsupported",
    `Nothing was done: for this login ${adapter.name} ${lacks(ability, id)}`,
  );
};

/** What a network, or a login of it, cannot do; and what can be said instead. */
const lacks = (ability: Personal, network: NetworkId): string =>
  ({
    search: `has no search for people. Say whom you mean: pm ${network} <person>`,
    resolve: "finds nobody by a name.",
    startChat: "begins no private chats.",
    createGroup: "makes no groups.",
    bans: "has no lists of masks. Whom you ban in a room is banned there.",
    setBan: "bans nobody by a mask. Whom you ban in a room is banned there.",
  })[ability];

/**
 * The private chat with a person, and its room with the asker invited.
 * @throws BridgeError `not_found` where nobody is called that, and whatever the network says.
 */
export const openDirectChat = async (
  works: Works,
  asking: Asking,
  who: string,
): Promise<{ readonly room: string; readonly name: string; readonly invited: boolean }> => {
  const { live, asker, signal } = asking;
  const { box, ghosts } = works;
  const login = ownLogin(works, asking, "startChat");
  const { id } = login.row;
  const found = await box.connections.call(id, "resolve", who, signal);
  const chat =
    found?.chat ??
    (found?.user && (await box.connections.call(id, "startChat", found.user, signal)));
  if (found === undefined || chat === undefined)
    throw refused("not_found", `Nothing was done: nobody is called ${who} on ${live.settings.id}.`);
  const { room, isNew } = await openRoom(works, live, { chat, login });
  if (found.user !== undefined) {
    const ghost = await ghosts.ensure(live.settings.id, found.user);
    await ghosts.ensureJoined(room, ghost.mxid, "live");
  }
  const invited = isNew || (await invite(works, { room, user: asker, signal }));
  return { room, name: found.name, invited };
};

/** The room of a chat that the login is in, made if there is none. */
const openRoom = async (
  works: Works,
  live: LiveNetwork,
  { chat, login }: { readonly chat: ChatRef; readonly login: LiveLogin },
): Promise<{ readonly room: string; readonly isNew: boolean }> => {
  const portal = await ensureLiving(works, live, { chat, origin: "remote" });
  await noteLogin(works, portal, login);
  return { room: await works.rooms.ensure(portal.id), isNew: portal.room === undefined };
};

/** What is to be made, of people as a person names them. */
export interface NewGroup {
  readonly kind: ChatInfo["kind"];
  readonly name?: string | undefined;
  readonly people: readonly string[];
}

interface OpenedGroup {
  readonly room: string;
  readonly invited: boolean;
  /** Who is not in it though they were named, by that name, and why: a sentence. */
  readonly missing: readonly { readonly who: string; readonly why: string }[];
}

/**
 * Makes a chat of several people by the asker's login, and its room with the asker invited.
 * @throws BridgeError `not_found` where nobody is called that, and whatever the network says.
 */
export const openGroup = async (
  works: Works,
  asking: Asking,
  { group, attempt }: { readonly group: NewGroup; readonly attempt: Attempt },
): Promise<OpenedGroup> => {
  const { live, asker, signal } = asking;
  const { connections } = works.box;
  const login = ownLogin(works, asking, "createGroup");
  const members = new Map<UserId, string>();
  for (const who of group.people) {
    const found = await connections.call(login.row.id, "resolve", who, signal);
    if (found?.user === undefined)
      throw refused(
        "not_found",
        `Nothing was made: nobody is called ${who} on ${live.settings.id}.`,
      );
    members.set(found.user, who);
  }
  const { kind, name } = group;
  const people = [...members.keys()];
  const wanted = { kind, members: people, ...(name === undefined ? {} : { name }) };
  const { missing = [], ...chat } = await connections.call(
    login.row.id,
    "createGroup",
    wanted,
    attempt,
  );
  const { room, isNew } = await openRoom(works, live, { chat, login });
  return {
    room,
    invited: isNew || (await invite(works, { room, user: asker, signal })),
    missing: missing.map(({ user, why }) => ({ who: members.get(user) ?? user, why })),
  };
};

/** Who or what somebody is called over there, as the asker's login finds it. */
export const findPerson = (
  works: Works,
  asking: Asking,
  who: string,
): Promise<Resolved | undefined> =>
  works.box.connections.call(
    ownLogin(works, asking, "resolve").row.id,
    "resolve",
    who,
    asking.signal,
  );

/** People and chats that the asker's login finds; or one of the box, where it finds only what everybody may. */
export const search = (
  works: Works,
  asking: Asking,
  text: string,
): Promise<readonly Resolved[]> => {
  const { connections } = works.box;
  const { settings, logins } = asking.live;
  const able = [...logins.values()].filter(({ row }) => connections.can(row.id, "search"));
  const own = able.find(({ row }) => row.owner === asking.asker);
  const ours = able.find(({ row }) => row.owner === undefined);
  const open = settings.adapter.publicSearch === true ? ours : undefined;
  const { row } = own ?? open ?? ownLogin(works, asking, "search");
  return connections.call(row.id, "search", text, asking.signal);
};

/**
 * False: they are in it already.
 * @throws BridgeError where they are not, and the bot may not invite them.
 */
const invite = async (
  works: Works,
  { room, user, signal }: { room: string; user: string; signal: AbortSignal },
): Promise<boolean> => {
  const { box } = works;
  await demandOpen(works, { room, user, signal });
  try {
    await box.homeserver.invite(room, user, { class: "live", signal });
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== "M_FORBIDDEN") throw error;
    const joined = await box.homeserver.joinedMembers(room, { class: "live", signal });
    if (joined.has(user)) return false;
    throw refused(
      "forbidden",
      `Nothing was done: that chat has the room ${room}, and I may not invite you there. Ask somebody who may.`,
    );
  }
};

const refused = (
  code: "auth" | "forbidden" | "network" | "unsupported" | "not_found",
  sentence: string,
) => new BridgeError(code, sentence, { reached: "no", scope: "item" });
