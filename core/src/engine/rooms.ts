import { BridgeError } from "../adapter/index.ts";
import type { ChatInfo, Json, LoginId, Member } from "../adapter/index.ts";
import { singleFlight } from "../flow/single-flight.ts";
import { aliasLocalpart } from "../matrix/ghost-names.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Portal, PortalId, Repositories } from "../store/types.ts";
import { levelOf, noteRoles, peopleIn } from "./account-roles.ts";
import { functionalMembers } from "./bridge-info.ts";
import { described } from "./described.ts";
import type { Box } from "./box.ts";
import { chatLabel, liveLogin } from "./box.ts";
import { ownersOf, queueOwnOf } from "./own-chat.ts";
import { queuePicture } from "./picture-item.ts";
import { tellParent } from "./opened.ts";
import { mergeInfo, networkOf, viewOf } from "./portals.ts";
import type { Portals } from "./portals.ts";
import { checkLevels } from "./room-levels.ts";
import { showRoster } from "./roster-item.ts";
import { queuePlace } from "./spaces/item.ts";

/** What a network told of a chat, and which login it told. */
interface Told {
  readonly info: ChatInfo;
  readonly list: readonly Member[];
  readonly by: LoginId;
}

/** Makes the room of a portal, once: a deterministic alias makes a repeated creation an adoption. */
export class Rooms {
  readonly #box: Box;
  readonly #portals: Portals;
  readonly ensure: (id: PortalId) => Promise<string>;

  constructor(box: Box, portals: Portals) {
    this.#box = box;
    this.#portals = portals;
    this.ensure = singleFlight((id) => this.#ensure(id));
  }

  /** The alias that only this portal has: readable for shared chats, a hash for private ones. */
  aliasOf(portal: Pick<Portal, "network" | "chat">): string {
    const prefix = networkOf(this.#box, portal)?.settings.aliasPrefix ?? `${portal.network}_`;
    const { domain } = this.#box.homeserver;
    const localpart = aliasLocalpart(portal.chat, { prefix, domain });
    return `#${localpart}:${domain}`;
  }

  async #ensure(id: PortalId): Promise<string> {
    const portal = await this.#portals.get(id);
    if (portal === undefined) throw notThere();
    if (portal.room !== undefined) return portal.room;
    const told = portal.info ? undefined : await this.#describe(portal);
    const info = portal.info ?? told?.info;
    if (info === undefined) throw notThere();
    await this.#box.failpoint("room.before-create");
    const room = await this.#create(portal, info);
    await this.#box.failpoint("room.after-create");
    const { bot } = this.#box.homeserver;
    const parent = await this.#parentOf(portal, info);
    const lanes = await this.#box.store.commit(async (tx) => {
      await this.#portals.update(tx, portal, { room, info });
      await tx.members.set(room, bot, "join");
      await this.#noteRoles(tx, portal, told);
      const somebody = [...(await peopleIn(tx, portal)).values()].some((all) => levelOf(all) > 0);
      return [
        info.avatar && (await queuePicture(this.#box, tx, { portal: portal.id })),
        parent && (await tellParent(this.#box, tx, { portal, parent, info, room })),
        ...(await queuePlace(this.#box, tx, { ...portal, room })),
        ...(somebody ? await checkLevels(this.#box, tx, { ...portal, room }) : []),
        ...(await queueOwnOf(this.#box, tx, {
          portal: { ...portal, room, info },
          logins: ownersOf(portal.chat, await tx.portals.logins(id)),
        })),
      ];
    });
    await this.#box.failpoint("room.committed");
    this.#portals.forget({ ...portal, room });
    await showRoster(this.#box, portal);
    for (const lane of lanes) if (lane) this.#box.wake(lane);
    return room;
  }

  /** The chat that it is a thread or a topic of. */
  async #parentOf({ network }: Portal, { kind, parent }: ChatInfo): Promise<Portal | undefined> {
    const inside = kind === "thread" || kind === "topic";
    return inside && parent ? this.#portals.find(network, parent) : undefined;
  }

  /** The server, workspace or group that it is in, if that is known. */
  async #serverOf({ network }: Portal, { parent }: ChatInfo): Promise<ChatInfo | undefined> {
    return parent && (await this.#portals.find(network, parent))?.info;
  }

  async #describe(portal: Portal): Promise<Told> {
    const view = await viewOf(this.#box, portal);
    if (!view) {
      throw new BridgeError(
        "network",
        `There is no room for ${chatLabel(portal.network, portal.chat)} yet, because no login of that network is connected. It is made when one is.`,
        { reached: "no", scope: "item" },
      );
    }
    const deadline = AbortSignal.timeout(this.#box.settings.deadline.network);
    const told = await this.#box.connections.call(
      view.row.id,
      "describe",
      portal.chat,
      AbortSignal.any([this.#box.signal, deadline]),
    );
    return { info: mergeInfo(undefined, told) ?? told, list: told.members ?? [], by: view.row.id };
  }

  /** What the accounts of the box are in it, as far as the one that was asked tells of itself. */
  async #noteRoles(tx: Repositories, portal: Portal, told: Told | undefined): Promise<void> {
    const live = networkOf(this.#box, portal);
    if (!live || !told) return;
    const { list, by } = told;
    await noteRoles(this.#box, tx, { live, portal, list, seenBy: [by] });
  }

  async #create(portal: Portal, info: ChatInfo): Promise<string> {
    const { homeserver, signal } = this.#box;
    const call = { class: "live", signal } as const;
    const alias = this.aliasOf(portal);
    try {
      return await homeserver.createRoom(await this.#body(portal, info, alias), call);
    } catch (error) {
      if (!(error instanceof MatrixError) || error.errcode !== "M_ROOM_IN_USE") throw error;
      const room = await homeserver.resolveAlias(alias, call);
      if (room === undefined) throw error;
      return room;
    }
  }

  async #body(
    portal: Portal,
    info: ChatInfo,
    alias: string,
  ): Promise<{ readonly [key: string]: Json }> {
    const { homeserver, settings } = this.#box;
    const open = info.visibility === "public" && portal.chat.receiver === undefined;
    const parent = await this.#parentOf(portal, info);
    const topic = info.topic ?? (parent?.info?.name && `Part of ${parent.info.name}`);
    return {
      preset: open ? "public_chat" : "private_chat",
      visibility: "private",
      room_alias_name: alias.slice(1, -(homeserver.domain.length + 1)),
      ...(info.name === undefined ? {} : { name: info.name }),
      ...(topic === undefined ? {} : { topic }),
      is_direct: info.kind === "dm",
      invite: await this.#guests(portal, settings.admins),
      power_level_content_override: { invite: open ? 0 : 50, ...powers(info, open) },
      initial_state: [
        functionalMembers(homeserver.bot),
        ...described(this.#box, portal, { info, above: await this.#serverOf(portal, info) }),
      ],
    };
  }

  /** Everybody whose login is in that chat. */
  async #guests(portal: Portal, admins: readonly string[]): Promise<string[]> {
    const logins = await this.#box.store.read.portals.logins(portal.id);
    const ids = portal.chat.receiver === undefined ? logins : [...logins, portal.chat.receiver];
    const owners = ids.map((id) => liveLogin(this.#box, id)?.row.owner);
    const people = new Set(owners.filter((owner) => owner !== undefined));
    if (people.size === 0 && portal.origin === "remote")
      for (const admin of admins) people.add(admin);
    return [...people];
  }
}

/**
 * Where only people are who are in the chat, whoever may change its name and topic there may here; an
 * override takes the place of all that the homeserver would set for single events.
 */
const powers = (
  { features, powers: least }: ChatInfo,
  open: boolean,
): { readonly [key: string]: Json } => {
  const free = least?.topic === undefined || least.topic === "member";
  if (open || !free || !features.can.includes("setInfo")) return {};
  const events = {
    "m.room.name": 0,
    "m.room.topic": 0,
    "m.room.avatar": 0,
    "m.room.canonical_alias": 50,
    "m.room.power_levels": 100,
    "m.room.history_visibility": 100,
    "m.room.tombstone": 100,
    "m.room.server_acl": 100,
    "m.room.encryption": 100,
  };
  return { events };
};

const notThere = (): BridgeError =>
  new BridgeError("gone", "That chat is not bridged any more.", { reached: "no", scope: "item" });
