import { Api } from "./api/tl.ts";

/** What this account may do in a group or channel beside talking. */
export interface Rights {
  /** Change its name, description and picture. */
  readonly info?: true;
  /** Take people out of it. */
  readonly remove?: true;
}

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
  return {
    ...(creator === true || adminRights?.changeInfo === true || everybody
      ? { info: true as const }
      : {}),
    ...(creator === true || adminRights?.banUsers === true ? { remove: true as const } : {}),
  };
};
