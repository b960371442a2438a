import type { MediaRef } from "../../adapter/index.ts";
import type { Portal, Repositories, Space } from "../../store/types.ts";
import { functionalMembers } from "../bridge-info.ts";
import type { RoomState } from "../bridge-info.ts";
import { described } from "../described.ts";
import type { Box } from "../box.ts";

/** What a space is to look like, and who is to be in it. */
export interface Look {
  readonly name: string;
  readonly topic: string;
  /** Whoever knows it may come in. */
  readonly open: boolean;
  /** `null`: it has none now. Absent: nobody said. */
  readonly avatar: MediaRef | null | undefined;
  readonly guests: readonly string[];
  /** Who may stay in it beside them. */
  readonly welcome: readonly string[];
  /** The chat whose inside it shows. */
  readonly portal: Portal | undefined;
}

/** Of the store alone. Nothing where its login or its chat is there no more, or nobody is in that. */
export const lookOf = async (
  box: Box,
  tx: Repositories,
  { network, owner }: Pick<Space, "network" | "owner">,
): Promise<Look | undefined> => {
  const settings = box.networks.get(network)?.settings;
  if (settings === undefined) return undefined;
  const called = network === settings.adapter.id ? settings.adapter.name : network;
  if ("login" in owner) {
    const login = await tx.logins.get(owner.login);
    if (login?.owner === undefined) return undefined;
    return {
      name: `${called} (${login.name})`,
      topic: `The chats of ${login.name} on ${settings.adapter.name}`,
      open: false,
      avatar: undefined,
      guests: [login.owner],
      welcome: [],
      portal: undefined,
    };
  }
  const portal = await tx.portals.get(owner.chat);
  if (portal?.info === undefined || portal.dead) return undefined;
  const { info, chat } = portal;
  const owners = (await tx.logins.ofPortal(portal.id)).map((login) => login.owner);
  const people = [...new Set(owners.filter((one) => one !== undefined))];
  const isOfBox = (await tx.logins.ofBox(network)).length > 0;
  if (people.length === 0 && !isOfBox) return undefined;
  const { admins } = box.settings;
  return {
    name: info.name ?? chat.id,
    topic: `Chats on ${settings.adapter.name}`,
    open: info.visibility === "public" && chat.receiver === undefined,
    avatar: info.avatar,
    guests: people.length > 0 ? people : admins,
    welcome: isOfBox ? admins : [],
    portal,
  };
};

/** What a space says of itself beside how it looks: whose inside it shows. */
export const saidBy = async (
  box: Box,
  tx: Repositories,
  { owner }: Pick<Space, "owner">,
): Promise<readonly RoomState[]> => {
  const portal = "chat" in owner ? await tx.portals.get(owner.chat) : undefined;
  return [functionalMembers(box.homeserver.bot), ...(portal ? describedAs(box, portal) : [])];
};

const describedAs = (box: Box, portal: Portal): readonly RoomState[] =>
  portal.info ? described(box, portal, { info: { ...portal.info, kind: "space" } }) : [];

/** What of it was shown last, to compare with. */
export interface Shown {
  readonly name?: string;
  readonly open?: boolean;
  /** The picture as the network tells of it, as text. */
  readonly avatar?: string;
}

export const shownOf = ({ shown }: Space): Shown => shown as unknown as Shown;

export const avatarText = ({ avatar }: Pick<Look, "avatar">): string | undefined =>
  avatar === undefined ? undefined : JSON.stringify(avatar);

/** Whether that look is not shown yet. People who were asked in once are not in it. */
export const differs = (look: Look, { name, open, avatar }: Shown): boolean =>
  name !== look.name ||
  open !== look.open ||
  (look.avatar !== undefined && avatar !== avatarText(look));
