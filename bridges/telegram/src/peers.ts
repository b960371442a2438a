import type { Json, KeyValue, LoginId, RemoteEvent } from "@bridgebox/core/adapter";
import { Api, decimal, long } from "./api/tl.ts";
import {
  chatNews,
  describeChat,
  describeUser,
  parseKnown,
  sameKnown,
  userInfo,
  type Known,
} from "./known.ts";
import { sameRights } from "./rights.ts";
import { chatRef, peerKey, senderId, wholeOf, type PeerId } from "./ids.ts";

const mostInMemory = 5000;

/** The login whose they are. */
export interface Whose {
  readonly login: LoginId;
  readonly self: PeerId;
  readonly bot: boolean;
  /** The account may do something else in that group or channel than before. */
  readonly rightsChanged: (peer: PeerId) => void;
}

/**
 * Access hashes and names that one login was told, kept for ever: without its hash a peer cannot be
 * written to (core.telegram.org/api/peers). Bots may use 0 for whoever they have met.
 */
export class Peers {
  readonly #store: KeyValue;
  readonly #login: LoginId;
  readonly #self: PeerId;
  readonly #bot: boolean;
  readonly #rightsChanged: Whose["rightsChanged"];
  readonly #memory = new Map<string, Known>();
  readonly #byName = new Map<string, PeerId>();
  /** News that are on their way to the core. */
  readonly #telling = new Map<string, { readonly peer: PeerId; readonly event: RemoteEvent }>();

  constructor(store: KeyValue, { login, self, bot, rightsChanged }: Whose) {
    this.#store = store;
    this.#login = login;
    this.#self = self;
    this.#bot = bot;
    this.#rightsChanged = rightsChanged;
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
      events.push(...(await this.#news(peer, known, () => this.#userEvent(peer, known))));
    }
    for (const chat of chats) {
      const found = describeChat(chat, this.#bot);
      if (found === undefined) continue;
      const { peer, known } = found;
      events.push(
        ...(await this.#news(peer, known, (before) => this.#chatEvent(peer, { before, known }))),
      );
    }
    return events;
  }

  /** What is told of but has not been taken in: it may have been lost on its way. */
  untold(): readonly RemoteEvent[] {
    return [...this.#telling.values()].map(({ event }) => event);
  }

  /** The core has these now. */
  async told(events: readonly RemoteEvent[]): Promise<void> {
    const all = new Set(events);
    const done = [...this.#telling.values()].filter(({ event }) => all.has(event));
    await Promise.all(done.map((each) => this.#told(each)));
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
    return this.#news(peer, known, () => this.#userEvent(peer, known));
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

  /** Keeps what is new, marked as untold where there is something to tell, so that a kill does not hide it. */
  async #news(
    peer: PeerId,
    known: Known,
    eventOf: (before: Known | undefined) => RemoteEvent | undefined,
  ): Promise<readonly RemoteEvent[]> {
    const key = peerKey(peer);
    const before = await this.get(peer);
    const isSame = before !== undefined && sameKnown(before, known);
    if (isSame && (before.untold !== true || this.#telling.has(key))) return [];
    const event = eventOf(before);
    if (!isSame) await this.#save(peer, event === undefined ? known : { ...known, untold: true });
    if (event === undefined) return [];
    this.#telling.set(key, { peer, event });
    return [event];
  }

  async #told({
    peer,
    event,
  }: {
    readonly peer: PeerId;
    readonly event: RemoteEvent;
  }): Promise<void> {
    const key = peerKey(peer);
    const known = await this.get(peer);
    // Something newer may be on its way already.
    if (known === undefined || this.#telling.get(key)?.event !== event) return;
    const { untold: _done, ...rest } = known;
    this.#telling.delete(key);
    await this.#save(peer, rest);
  }

  async #save(peer: PeerId, known: Known): Promise<void> {
    await this.#store.set(`peer:${peerKey(peer)}`, known as unknown as Json);
    this.#keep(peer, known);
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

  /** Nothing about a chat that is new to us: whoever wants it looks it up. */
  #chatEvent(
    peer: PeerId,
    { before, known }: { readonly before: Known | undefined; readonly known: Known },
  ): RemoteEvent | undefined {
    if (before === undefined) return undefined;
    const self = senderId(this.#self);
    const info = chatNews(peer, { before, now: known, self });
    if (before.untold === true || !sameRights(before.rights, known.rights))
      this.#rightsChanged(peer);
    if (Object.keys(info).length === 0) return undefined;
    return { kind: "chat", chat: chatRef(peer, this.#login), at: Date.now(), info };
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
