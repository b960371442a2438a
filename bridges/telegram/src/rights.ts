import type { Json, Role } from "@bridgebox/core/adapter";
import { Api } from "./api/tl.ts";

/** What this account may do in a group or channel beside talking. */
export interface Rights {
  /** Change its name, description and picture. */
  readonly info?: true;
  /** Take people out of it. */
  readonly remove?: true;
  /** As what it is there, where it is more than a member. */
  readonly role?: Standing;
  /** Which roles it can give. */
  readonly gives?: readonly Role[];
}

const standings = ["owner", "admin", "moderator"] as const;
type Standing = (typeof standings)[number];

const roles = ["admin", "moderator", "member"] as const;

/** core.telegram.org/api/rights: admins by their rights, people in groups by what is not barred. */
export const rightsIn = (chat: Api.Chat | Api.Channel, bot: boolean): Rights => {
  const over = chat instanceof Api.Chat && chat.deactivated === true;
  if (chat.left === true || over) return {};
  const { creator, adminRights, defaultBannedRights } = chat;
  const barred = [
    defaultBannedRights,
    chat instanceof Api.Channel ? chat.bannedRights : undefined,
  ].some((rights) => rights?.changeInfo === true);
  const broadcast = chat instanceof Api.Channel && chat.broadcast === true;
  const everybody = !bot && !broadcast && !barred;
  const role = creator === true ? "owner" : adminRights && adminRole(adminRights);
  const gives = givenBy(chat);
  return {
    ...(creator === true || adminRights?.changeInfo === true || everybody
      ? { info: true as const }
      : {}),
    ...(creator === true || adminRights?.banUsers === true ? { remove: true as const } : {}),
    ...(role === undefined ? {} : { role }),
    ...(gives.length > 0 ? { gives } : {}),
  };
};

/** Whoever cannot change what the chat is keeps order in it. */
export const adminRole = ({
  changeInfo,
  addAdmins,
}: Api.TypeChatAdminRights): "admin" | "moderator" =>
  changeInfo === true || addAdmins === true ? "admin" : "moderator";

/** A basic group knows admins only, whom its creator makes; nobody gives a right that they do not have. */
const givenBy = (chat: Api.Chat | Api.Channel): readonly Role[] => {
  const { creator, adminRights } = chat;
  if (chat instanceof Api.Chat) return creator === true ? ["admin", "member"] : [];
  if (creator === true) return roles;
  if (adminRights?.addAdmins !== true) return [];
  return adminRights.changeInfo === true ? roles : ["moderator", "member"];
};

export const sameRights = (a: Rights | undefined, b: Rights | undefined): boolean =>
  a?.info === b?.info &&
  a?.remove === b?.remove &&
  a?.role === b?.role &&
  a?.gives?.join() === b?.gives?.join();

export const parseRights = (value: Json | undefined): Rights => {
  if (typeof value !== "object" || value === null) return {};
  const role = "role" in value ? standings.find((one) => one === value.role) : undefined;
  const given = "gives" in value && Array.isArray(value.gives) ? value.gives : [];
  const gives = roles.filter((one) => given.includes(one));
  return {
    ...("info" in value && value.info === true ? { info: true } : {}),
    ...("remove" in value && value.remove === true ? { remove: true } : {}),
    ...(role === undefined ? {} : { role }),
    ...(gives.length > 0 ? { gives } : {}),
  };
};
