import type { Meaning } from "./meaning.ts";

const forbidden = (why: string): Meaning => ({ code: "forbidden", scope: "item", why });
const invalid = (why: string): Meaning => ({ code: "invalid", scope: "item", why });

/** core.telegram.org/api/errors: what Telegram refuses to those who arrange a group. */
export const refusals: Readonly<Record<string, Meaning>> = {
  USER_NOT_MUTUAL_CONTACT: forbidden(
    "that person left the group, and only those in whose contacts this account is can be added again",
  ),
  USER_CHANNELS_TOO_MUCH: forbidden("that person is in as many groups as Telegram allows"),
  USER_KICKED: forbidden("that person is banned there"),
  USER_BLOCKED: forbidden("that person has blocked this account, or is blocked there"),
  USER_ADMIN_INVALID: forbidden("an admin is ruled only by who made them one, and by the creator"),
  USER_CREATOR: forbidden("nobody has power over the creator of a group"),
  RIGHT_FORBIDDEN: forbidden("nobody can give a right that they do not have themselves"),
  FRESH_CHANGE_ADMINS_FORBIDDEN: forbidden(
    "this login is too new – Telegram lets it change admins a day after it was made",
  ),
  CHAT_ADMIN_INVITE_REQUIRED: forbidden("who is made an admin must be added by an admin first"),
  CHAT_MEMBER_ADD_FAILED: forbidden("Telegram did not add that person"),
  BOT_GROUPS_BLOCKED: forbidden("that bot cannot be added to groups"),
  USER_BOT: forbidden("bots can be in a channel as its admins only"),
  USERS_TOO_MUCH: forbidden("the group has as many people as Telegram allows"),
  ADMINS_TOO_MUCH: forbidden("the group has as many admins as Telegram allows"),
  BOTS_TOO_MUCH: forbidden("the group has as many bots as Telegram allows"),
  CHAT_TITLE_EMPTY: invalid("a group must have a name"),
  CHAT_ABOUT_TOO_LONG: invalid("Telegram takes descriptions of at most 255 characters"),
  PHOTO_CROP_SIZE_SMALL: invalid("the picture is too small – take one of 160 by 160 or more"),
  PHOTO_INVALID_DIMENSIONS: invalid("the picture is too narrow or too large"),
  PHOTO_EXT_INVALID: invalid("Telegram does not take pictures of that kind"),
  IMAGE_PROCESS_FAILED: invalid("Telegram could not read the picture"),
};
