import type {
  ChatInfo,
  Json,
  KeyValue,
  LoginId,
  RemoteEvent,
  UserInfo,
} from "@bridgebox/core/adapter";
import { Api, decimal, long } from "./api/tl.ts";
import { avatarRef } from "./locator.ts";
import { chatRef, peerKey, senderId, wholeOf, type PeerId } from "./ids.ts";

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
  /** Its picture, and the data centre that has it. */
  readonly photo?: { readonly id: string; readonly dc: number };
}

const mostInMemory = 5000;

/**
 * Access hashes and names that one login was told, kept for ever: without its hash a peer cannot be
 * written to (core.telegram.org/api/peers). Bots may use 0 for whoever they have met.
 */
export class Peers {
  readonly #store: KeyValue;
  readonly #login: LoginId;
  readonly #bot: boolean;
  readonly #memory = new Map<string, Known>();
  readonly #byName = new Map<string, PeerId>();

  constructor(store: KeyValue, login: LoginId, bot: boolean) {
    this.#store = store;
    this.#login = login;
    this.#bot = bot;
  }

  async get(whole: PeerId): Promise<Known | undefined> {
    const peer = wholeOf(whole);
    const key = peerKey(peer);
    const memory = this.#memory.get(key);
    if (memory !== undefined) return memory;
    const stored = parseKnown(await this.#store.get(`peer:${key}`));
    if (stored !== undefined) this.#keep(peer, stored);
    return stored;
  }

  /** What is in memory: enough for names in a text that came along with its people. */
  recent(peer: PeerId): Known | undefined {
    return this.#memory.get(peerKey(wholeOf(peer)));
  }

  byUsername(username: string): PeerId | undefined {
    return this.#byName.get(username.toLowerCase());
  }

  /** Remembers everybody that came along with an answer; tells what is new about them. */
  async learn(
    users: readonly Api.TypeUser[],
    chats: readonly Api.TypeChat[],
  ): Promise<readonly RemoteEvent[]> {
    const events: RemoteEvent[] = [];
    for (const user of users) {
      if (!(user instanceof Api.User)) continue;
      const peer: PeerId = { kind: "user", id: decimal(user.id) };
      const partial = user.min === true || user.accessHash === undefined;
      if (partial && (await this.get(peer))?.hash) continue;
      const known = describeUser(user);
      if (await this.#changed(peer, known)) events.push(this.#userEvent(peer, known));
    }
    for (const chat of chats) {
      const found = describeChat(chat);
      if (found === undefined) continue;
      const before = await this.get(found.peer);
      if (!(await this.#changed(found.peer, found.known))) continue;
      if (before === undefined) continue;
      const info = chatNews(found.peer, before, found.known);
      if (Object.keys(info).length === 0) continue;
      const ref = chatRef(found.peer, this.#login);
      events.push({ kind: "chat", chat: ref, at: Date.now(), info });
    }
    return events;
  }

  /** A new name that was told without the person it belongs to. */
  async rename(
    id: string,
    name: Pick<Known, "name" | "username">,
  ): Promise<readonly RemoteEvent[]> {
    const peer: PeerId = { kind: "user", id };
    const before = await this.get(peer);
    if (before === undefined) return [];
    const { username: _old, ...rest } = before;
    const known: Known = { ...rest, ...name };
    return (await this.#changed(peer, known)) ? [this.#userEvent(peer, known)] : [];
  }

  async inputPeer(peer: PeerId): Promise<Api.TypeInputPeer | undefined> {
    if (peer.kind === "chat") return new Api.InputPeerChat({ chatId: long(peer.id) });
    const hash = await this.#hash(peer);
    if (hash === undefined) return undefined;
    if (peer.kind === "user") {
      return new Api.InputPeerUser({ userId: long(peer.id), accessHash: long(hash) });
    }
    return new Api.InputPeerChannel({ channelId: long(peer.id), accessHash: long(hash) });
  }

  async inputUser(id: string): Promise<Api.InputUser | undefined> {
    const hash = await this.#hash({ kind: "user", id });
    return hash === undefined
      ? undefined
      : new Api.InputUser({ userId: long(id), accessHash: long(hash) });
  }

  async inputChannel(id: string): Promise<Api.InputChannel | undefined> {
    const hash = await this.#hash({ kind: "channel", id });
    return hash === undefined
      ? undefined
      : new Api.InputChannel({ channelId: long(id), accessHash: long(hash) });
  }

  async #hash(peer: PeerId): Promise<string | undefined> {
    const known = await this.get(peer);
    return known?.hash || (this.#bot ? "0" : undefined);
  }

  async #changed(peer: PeerId, known: Known): Promise<boolean> {
    const key = peerKey(peer);
    const before = await this.get(peer);
    if (before !== undefined && sameKnown(before, known)) return false;
    this.#keep(peer, known);
    await this.#store.set(`peer:${key}`, known as unknown as Json);
    return true;
  }

  #keep(peer: PeerId, known: Known): void {
    const key = peerKey(peer);
    if (known.username !== undefined) this.#byName.set(known.username.toLowerCase(), peer);
    this.#memory.delete(key);
    this.#memory.set(key, known);
    if (this.#memory.size <= mostInMemory) return;
    const [oldest] = this.#memory;
    if (oldest === undefined) return;
    this.#memory.delete(oldest[0]);
    const { username } = oldest[1];
    if (username !== undefined) this.#byName.delete(username.toLowerCase());
  }

  #userEvent(peer: PeerId, known: Known): RemoteEvent {
    return {
      kind: "user",
      user: senderId(peer),
      info: userInfo(peer, known),
      at: Date.now(),
      ...(known.contact === true ? { login: this.#login } : {}),
    };
  }
}

const chatNews = (peer: PeerId, before: Known, now: Known): Partial<ChatInfo> => ({
  ...(before.name === now.name ? {} : { name: now.name }),
  ...(before.photo?.id === now.photo?.id
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

const describeChat = (chat: Api.TypeChat): { peer: PeerId; known: Known } | undefined => {
  if (chat instanceof Api.Chat) {
    const known = { hash: "0", name: chat.title, ...photoOf(chat.photo) };
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
    ...photoOf(chat.photo),
  };
  return { peer: { kind: "channel", id: decimal(chat.id) }, known };
};

const activeName = (names: readonly Api.TypeUsername[] | undefined): string | undefined =>
  names?.find((each) => each.active)?.username;

const sameKnown = (a: Known, b: Known): boolean =>
  a.hash === b.hash &&
  a.name === b.name &&
  a.username === b.username &&
  a.bot === b.bot &&
  a.contact === b.contact &&
  a.broadcast === b.broadcast &&
  a.forum === b.forum &&
  a.premium === b.premium &&
  a.photo?.id === b.photo?.id;

const parseKnown = (value: Json | undefined): Known | undefined => {
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
    ...("photo" in value ? parsePhoto(value.photo) : {}),
  };
};

const parsePhoto = (value: Json | undefined): Pick<Known, "photo"> => {
  if (typeof value !== "object" || value === null) return {};
  if (!("id" in value) || typeof value.id !== "string") return {};
  return "dc" in value && typeof value.dc === "number"
    ? { photo: { id: value.id, dc: value.dc } }
    : {};
};
