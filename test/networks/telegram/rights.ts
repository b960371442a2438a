import {
  allRights,
  creatorOf,
  type Account,
  type Channel,
  type Group,
  type Right,
} from "./model.ts";
import { Api, RpcError } from "./tl.ts";

/** What an admin may do there: all of it, unless it was made one with less. */
export function rightsOf(chat: Group | Channel, account: Account): ReadonlySet<Right> {
  if (!chat.admins.has(account)) return new Set();
  const { granted } = chat.standing;
  return (account === creatorOf(chat) ? undefined : granted.get(account)) ?? new Set(allRights);
}

/** Admins by their rights, and in groups everybody in it who is not barred from it. */
export function may(chat: Group | Channel, account: Account, right: Right): boolean {
  if (!chat.members.has(account)) return false;
  if (rightsOf(chat, account).has(right)) return true;
  const ofMembers = right === "changeInfo" || right === "inviteUsers" || right === "pinMessages";
  const broadcast = chat.kind === "channel" && chat.broadcast;
  return ofMembers && !broadcast && !account.bot && !chat.standing.barred.has(right);
}

/** Refuses as the network does whoever may not. */
export function mustBeAllowed(chat: Group | Channel, account: Account, right: Right): void {
  if (!may(chat, account, right)) throw new RpcError(400, "CHAT_ADMIN_REQUIRED");
}

/** Nobody touches the creator, and an admin only whom it made one itself. */
export function mustRule(chat: Group | Channel, by: Account, over: Account): void {
  if (over === creatorOf(chat)) throw new RpcError(400, "USER_CREATOR");
  const ruled = by === creatorOf(chat) || chat.standing.promotedBy.get(over) === by;
  if (chat.admins.has(over) && !ruled) throw new RpcError(400, "USER_ADMIN_INVALID");
}

/** Rights as TL has them. */
export function asAdminRights(rights: ReadonlySet<Right>): Api.ChatAdminRights {
  return new Api.ChatAdminRights(
    Object.fromEntries([...rights].map((right): [Right, true] => [right, true])),
  );
}

/** What members may not do, as TL has it. */
export function asBarred({ standing: { barred } }: Group | Channel): Api.ChatBannedRights {
  const of = ["changeInfo", "inviteUsers", "pinMessages"] as const;
  return new Api.ChatBannedRights({
    untilDate: 0,
    ...Object.fromEntries(of.flatMap((right) => (barred.has(right) ? [[right, true]] : []))),
  });
}
