import { sameChat } from "../adapter/index.ts";
import type { ChatInfo, ChatRef, LoginId, NetworkId } from "../adapter/index.ts";
import { Lru } from "../flow/lru.ts";
import type { Portal, PortalId, Repositories, Store } from "../store/types.ts";
import type { Box, LiveLogin, LiveNetwork } from "./box.ts";

type Change = Parameters<Repositories["portals"]["update"]>[1];

const refKey = (network: NetworkId, chat: ChatRef): string =>
  JSON.stringify([network, chat.id, chat.receiver ?? null]);

/** Portal rows by id, by chat and by room: bounded, rebuilt from the store, forgotten when they change. */
export class Portals {
  readonly #store: Store;
  readonly #byId = new Lru<PortalId, Portal>(20_000);
  readonly #byChat = new Lru<string, PortalId>(20_000);
  readonly #byRoom = new Lru<string, readonly PortalId[]>(20_000);

  constructor(store: Store) {
    this.#store = store;
  }

  async get(id: PortalId): Promise<Portal | undefined> {
    const known = this.#byId.get(id);
    return known ?? this.#keep(await this.#store.read.portals.get(id));
  }

  async find(network: NetworkId, chat: ChatRef): Promise<Portal | undefined> {
    const id = this.#byChat.get(refKey(network, chat));
    if (id !== undefined) {
      const known = await this.get(id);
      if (known && sameChat(known.chat, chat)) return known;
    }
    return this.#keep(await this.#store.read.portals.find(network, chat));
  }

  async ensure(network: NetworkId, chat: ChatRef, origin: Portal["origin"]): Promise<Portal> {
    const known = await this.find(network, chat);
    if (known) return known;
    const made = await this.#store.commit((tx) => tx.portals.ensure(network, chat, origin));
    this.#keep(made);
    return made;
  }

  async ofRoom(room: string): Promise<readonly Portal[]> {
    const ids = this.#byRoom.get(room);
    if (ids) {
      const portals = await Promise.all(ids.map((id) => this.get(id)));
      return portals.filter((portal) => portal !== undefined);
    }
    const portals = await this.#store.read.portals.ofRoom(room);
    for (const portal of portals) this.#keep(portal);
    this.#byRoom.set(
      room,
      portals.map((portal) => portal.id),
    );
    return portals;
  }

  /** In the caller's commit; what was known is forgotten at once and read anew when asked for. */
  async update(tx: Repositories, portal: Portal, change: Change): Promise<void> {
    await tx.portals.update(portal.id, change);
    this.forget(portal);
    if (change.room !== undefined) this.#byRoom.delete(change.room);
  }

  async move(tx: Repositories, portal: Portal, chat: ChatRef): Promise<void> {
    await tx.portals.move(portal.id, chat);
    this.forget(portal);
  }

  /** After a commit that changed it, or one that was rolled back. */
  forget(portal: Portal): void {
    this.#byId.delete(portal.id);
    this.#byChat.delete(refKey(portal.network, portal.chat));
    if (portal.room !== undefined) this.#byRoom.delete(portal.room);
  }

  #keep<P extends Portal | undefined>(portal: P): P {
    if (portal === undefined) return portal;
    this.#byId.set(portal.id, portal);
    this.#byChat.set(refKey(portal.network, portal.chat), portal.id);
    return portal;
  }
}

/** The live network of a portal. */
export const networkOf = (
  box: Box,
  { network }: Pick<Portal, "network">,
): LiveNetwork | undefined => box.networks.get(network);

/** A connected login that takes part in the chat: the portal's own order of preference. */
export const viewOf = async (box: Box, portal: Portal): Promise<LiveLogin | undefined> => {
  const live = networkOf(box, portal);
  if (!live) return undefined;
  const inside = await box.store.read.portals.logins(portal.id);
  const order = [
    portal.primary,
    portal.relay === "off" ? undefined : portal.relay,
    portal.chat.receiver,
    ...inside,
    ...live.logins.keys(),
  ];
  return firstConnected(live, order);
};

const firstConnected = (
  live: LiveNetwork,
  order: readonly (LoginId | undefined)[],
): LiveLogin | undefined => {
  for (const id of order) {
    const login = id === undefined ? undefined : live.logins.get(id);
    if (login?.connection && login.state === "connected") return login;
  }
  return undefined;
};

/** What the network last said about the chat, if anything. */
export const mergeInfo = (
  before: ChatInfo | undefined,
  change: Partial<ChatInfo>,
): ChatInfo | undefined => {
  const merged = { ...before, ...change };
  const { members: _list, membersComplete: _all, ...rest } = merged;
  return isWhole(rest) ? rest : undefined;
};

const isWhole = (info: Partial<ChatInfo>): info is ChatInfo =>
  info.kind !== undefined && info.visibility !== undefined && info.features !== undefined;
