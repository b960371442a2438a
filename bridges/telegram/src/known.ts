import type { ChatInfo, Json, Member, UserId, UserInfo } from "@bridgebox/core/adapter";
import { Api, decimal } from "./api/tl.ts";
import type { PeerId } from "./ids.ts";
import { avatarRef } from "./locator.ts";
import { parseRights, rightsIn, sameRights, type Rights } from "./rights.ts";

/** What a login knows of a person, group or channel; the hash is its key to them, "" without one. */
export interface Known {
  readonly hash: string;
  readonly name: string;
  readonly username?: string;
  readonly bot?: boolean;
  /** The name is this account's own address book's. */
  readonly contact?: boolean;
  readonly broadcast?: boolean;
  /** A group of topics. */
  readonly forum?: boolean;
  readonly premium?: boolean;
  /** What this account may do there beside talking. */
  readonly rights?: Rights;
  /** Its picture, and the data centre that has it. */
  readonly photo?: { readonly id: string; readonly dc: number };
  /** The core has not taken in yet what is new about it. */
  readonly untold?: boolean;
}

/** As what an account is in a chat, as its only member that is told of. */
export const selfIn = (user: UserId, { rights }: Known): readonly Member[] => [
  { user, state: "join", role: rights?.role ?? "member" },
];

interface Change {
  readonly before: Known;
  readonly now: Known;
  /** The account itself. */
  readonly self: UserId;
}

/** All of it where it is not known what was told. */
export const chatNews = (peer: PeerId, { before, now, self }: Change): Partial<ChatInfo> => ({
  ...(before.rights?.role === now.rights?.role && before.untold !== true
    ? {}
    : { members: selfIn(self, now) }),
  ...(before.name === now.name && before.untold !== true ? {} : { name: now.name }),
  ...(before.photo?.id === now.photo?.id && before.untold !== true
    ? {}
    : { avatar: now.photo ? avatarRef(peer, now.photo) : null }),
});

/** A known person as the core shows them. */
export const userInfo = (peer: PeerId, known: Known): UserInfo => ({
  name: known.name,
  avatar: known.photo ? avatarRef(peer, known.photo) : null,
  ...(known.bot === true ? { bot: true } : {}),
  ...(known.username === undefined ? {} : { identifiers: [`telegram:${known.username}`] }),
});

/** The name of a person as Telegram shows it; deleted accounts have none. */
export const describeUser = (user: Api.User): Known => {
  const name = [user.firstName, user.lastName].filter((part) => part).join(" ");
  const username = user.username ?? activeName(user.usernames);
  return {
    hash: user.min || user.accessHash === undefined ? "" : decimal(user.accessHash),
    name: name !== "" ? name : (username ?? (user.deleted ? "Deleted account" : decimal(user.id))),
    ...(username === undefined ? {} : { username }),
    ...(user.bot ? { bot: true } : {}),
    ...(user.contact ? { contact: true } : {}),
    ...(user.premium ? { premium: true } : {}),
    ...photoOf(user.photo),
  };
};

const photoOf = (
  photo: Api.TypeUserProfilePhoto | Api.TypeChatPhoto | undefined,
): Pick<Known, "photo"> =>
  photo instanceof Api.UserProfilePhoto || photo instanceof Api.ChatPhoto
    ? { photo: { id: decimal(photo.photoId), dc: photo.dcId } }
    : {};

export const describeChat = (
  chat: Api.TypeChat,
  bot = false,
): { peer: PeerId; known: Known } | undefined => {
  if (chat instanceof Api.Chat) {
    const known = {
      hash: "0",
      name: chat.title,
      rights: rightsIn(chat, bot),
      ...photoOf(chat.photo),
    };
    return { peer: { kind: "chat", id: decimal(chat.id) }, known };
  }
  if (!(chat instanceof Api.Channel) || chat.min === true || chat.accessHash === undefined) {
    return undefined;
  }
  const username = chat.username ?? activeName(chat.usernames);
  const known: Known = {
    hash: decimal(chat.accessHash),
    name: chat.title,
    ...(username === undefined ? {} : { username }),
    ...(chat.broadcast ? { broadcast: true } : {}),
    ...(chat.forum ? { forum: true } : {}),
    rights: rightsIn(chat, bot),
    ...photoOf(chat.photo),
  };
  return { peer: { kind: "channel", id: decimal(chat.id) }, known };
};

const activeName = (names: readonly Api.TypeUsername[] | undefined): string | undefined =>
  names?.find((each) => each.active)?.username;

export const sameKnown = (a: Known, b: Known): boolean =>
  a.hash === b.hash &&
  a.name === b.name &&
  a.username === b.username &&
  a.bot === b.bot &&
  a.contact === b.contact &&
  a.broadcast === b.broadcast &&
  a.forum === b.forum &&
  a.premium === b.premium &&
  sameRights(a.rights, b.rights) &&
  a.photo?.id === b.photo?.id;

export const parseKnown = (value: Json | undefined): Known | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("hash" in value) || typeof value.hash !== "string") return undefined;
  if (!("name" in value) || typeof value.name !== "string") return undefined;
  return {
    hash: value.hash,
    name: value.name,
    ...("username" in value && typeof value.username === "string"
      ? { username: value.username }
      : {}),
    ...("bot" in value && value.bot === true ? { bot: true } : {}),
    ...("contact" in value && value.contact === true ? { contact: true } : {}),
    ...("broadcast" in value && value.broadcast === true ? { broadcast: true } : {}),
    ...("forum" in value && value.forum === true ? { forum: true } : {}),
    ...("premium" in value && value.premium === true ? { premium: true } : {}),
    ...("rights" in value ? { rights: parseRights(value.rights) } : {}),
    ...("photo" in value ? parsePhoto(value.photo) : {}),
    ...("untold" in value && value.untold === true ? { untold: true } : {}),
  };
};

const parsePhoto = (value: Json | undefined): Pick<Known, "photo"> => {
  if (typeof value !== "object" || value === null) return {};
  if (!("id" in value) || typeof value.id !== "string") return {};
  return "dc" in value && typeof value.dc === "number"
    ? { photo: { id: value.id, dc: value.dc } }
    : {};
};
