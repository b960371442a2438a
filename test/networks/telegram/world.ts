import {
  boxFor,
  createAccount,
  createChannel,
  createGroup,
  type Account,
  type AccountOptions,
  type Channel,
  type Chat,
  type ChatOptions,
  type Group,
  type Post,
} from "./model.ts";
import { Api, RpcError, type Long } from "./tl.ts";
import { accessHash } from "./views.ts";

/** Everybody and every group there is, and how a request's peer finds them. */
export class World {
  readonly #accounts = new Map<number, Account>();
  readonly #groups = new Map<number, Group>();
  readonly #channels = new Map<number, Channel>();

  /** A bot's token begins with its user id, as it does on the real Telegram. */
  addAccount(options: AccountOptions): Account {
    const ofToken = Number(/^(\d+):/.exec(options.token ?? "")?.[1] ?? Number.NaN);
    const free = 1000 + this.#accounts.size;
    const id = Number.isNaN(ofToken) || this.#accounts.has(ofToken) ? free : ofToken;
    const account = createAccount(id, options);
    this.#accounts.set(account.id, account);
    return account;
  }

  addGroup(title: string, members: readonly Account[], options: ChatOptions): Group {
    const admins = options.admins ?? [];
    const group = createGroup(3000 + this.#groups.size, title, {
      members,
      admins,
      barred: options.barred ?? [],
    });
    this.#groups.set(group.id, group);
    return group;
  }

  addChannel(title: string, members: readonly Account[], options: ChatOptions): Channel {
    const channel = createChannel(5000 + this.#channels.size, title, { ...options, members });
    this.#channels.set(channel.id, channel);
    return channel;
  }

  /** The first account that fits, such as the owner of a phone number or a bot token. */
  findAccount(fits: (account: Account) => boolean): Account | undefined {
    return [...this.#accounts.values()].find(fits);
  }

  /** Who or what has this public name. */
  byUsername(username: string): Account | Channel | undefined {
    const wanted = username.toLowerCase();
    return [...this.#accounts.values(), ...this.#channels.values()].find(
      (chat) => chat.username?.toLowerCase() === wanted,
    );
  }

  /** Whoever and whatever has that text in its name: what the account knows, and what is public. */
  search(text: string, me: Account): { mine: Chat[]; others: Chat[] } {
    const wanted = text.toLowerCase();
    const fits = (...names: (string | undefined)[]): boolean =>
      names.some((name) => name?.toLowerCase().includes(wanted));
    const { groups, channels } = this.chatsOf(me);
    const people = [...this.#accounts.values()].filter((one) => one !== me);
    const known = this.acquaintances(me);
    const named = people.filter((one) => fits(one.firstName, one.lastName, one.username));
    const own = [...groups, ...channels].filter((one) => fits(one.title));
    const open = [...this.#channels.values()].filter(
      (one) => !channels.includes(one) && fits(one.username),
    );
    return {
      mine: [...named.filter((one) => known.has(one)), ...own],
      others: [...named.filter((one) => !known.has(one) && fits(one.username)), ...open],
    };
  }

  /** The number a message has for one account (in private chats and basic groups each has its own). */
  idOf(post: Post, viewer: Account): number {
    const id = post.ids.get(boxFor(post.to, viewer));
    if (id === undefined) throw new Error(`${viewer.firstName} has no such message`);
    return id;
  }

  /** The basic groups and channels an account is in. */
  chatsOf(account: Account): { groups: Group[]; channels: Channel[] } {
    return {
      groups: [...this.#groups.values()].filter((group) => group.members.has(account)),
      channels: [...this.#channels.values()].filter((channel) => channel.members.has(account)),
    };
  }

  /** Everybody who shares a chat with the account, itself included: who hears of its new name. */
  acquaintances(account: Account): Set<Account> {
    const { groups, channels } = this.chatsOf(account);
    const people = new Set([account, ...[...groups, ...channels].flatMap((c) => [...c.members])]);
    for (const chat of account.box.threads.keys()) if (chat.kind === "user") people.add(chat);
    return people;
  }

  /** The chat an input peer names; fails as the network does when the caller may not name it. */
  chat(peer: unknown, me: Account): Chat {
    if (peer instanceof Api.InputPeerChannel || peer instanceof Api.InputPeerChannelFromMessage) {
      return this.channel(peer, me);
    }
    if (peer instanceof Api.InputPeerChat) return this.group(peer.chatId, me);
    return this.account(peer, me);
  }

  /** The account an input user or input peer names. */
  account(peer: unknown, me: Account): Account {
    if (peer instanceof Api.InputPeerSelf || peer instanceof Api.InputUserSelf) return me;
    if (peer instanceof Api.InputPeerUser || peer instanceof Api.InputUser) {
      const account = this.#accounts.get(peer.userId.toJSNumber());
      if (account && mayName(account, me, peer.accessHash)) return account;
    }
    if (peer instanceof Api.InputPeerUserFromMessage || peer instanceof Api.InputUserFromMessage) {
      const account = this.#accounts.get(peer.userId.toJSNumber());
      if (account) return account;
    }
    throw new RpcError(400, "PEER_ID_INVALID");
  }

  /** The basic group with this id, of which the caller has to be (or have been) a member. */
  group(id: Long, me: Account): Group {
    const group = this.#groups.get(id.toJSNumber());
    if (!group || (!group.members.has(me) && !me.box.threads.has(group))) {
      throw new RpcError(400, "CHAT_ID_INVALID");
    }
    return group;
  }

  /** The channel an input channel or input peer names; a private one only for its members. */
  channel(peer: unknown, me: Account): Channel {
    const named = peer instanceof Api.InputPeerChannel || peer instanceof Api.InputChannel;
    const quoted =
      peer instanceof Api.InputPeerChannelFromMessage ||
      peer instanceof Api.InputChannelFromMessage;
    if (!named && !quoted) throw new RpcError(400, "CHANNEL_INVALID");
    const channel = this.#channels.get(peer.channelId.toJSNumber());
    if (!channel || (named && !mayName(channel, me, peer.accessHash))) {
      throw new RpcError(400, "CHANNEL_INVALID");
    }
    if (!channel.members.has(me) && channel.username === undefined) {
      throw new RpcError(400, "CHANNEL_PRIVATE");
    }
    return channel;
  }
}

function mayName(target: Account | Channel, me: Account, hash: Long): boolean {
  return hash.eq(accessHash(target, me)) || (me.bot && hash.isZero());
}
