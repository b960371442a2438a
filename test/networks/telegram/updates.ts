import type { Session } from "./mtproto/session.ts";
import {
  threadOf,
  type Account,
  type Box,
  type Change,
  type Chat,
  type Event,
  type Post,
} from "./model.ts";
import { Api, given, long, now, type TlObject } from "./tl.ts";
import { asMessage, asPeer, castOf, mentioned } from "./views.ts";

/** How updates reach the clients of an account. */
export interface Outlet {
  sessionsOf(account: Account): Iterable<Session>;
  push(session: Session, object: TlObject): void;
  happened(what: "message" | "edit" | "remove", post: Post): void;
}

/** Numbers every change and pushes it to all sessions of all who see it, but not to the one it came from. */
export class Feed {
  readonly #outlet: Outlet;
  readonly #shortUpdates: boolean;
  #gaps: { account: Account | undefined; left: number }[] = [];

  constructor(outlet: Outlet, options: { shortUpdates: boolean }) {
    this.#outlet = outlet;
    this.#shortUpdates = options.shortUpdates;
  }

  /** Loses the next pushes to `account` (or to anybody) on the way; the box still counts them. */
  gap(account: Account | undefined, times: number): void {
    this.#gaps.push({ account, left: times });
  }

  /** Reports what became of a message as a whole, once, however many boxes hold it. */
  happened(what: "message" | "edit" | "remove", post: Post): void {
    this.#outlet.happened(what, post);
  }

  /** Enters a change into a box, which moves its pts, and pushes it. */
  record(box: Box, event: Event, origin?: Session): Change {
    const count = event.kind === "delete" ? event.ids.length : 1;
    box.pts += count;
    const change: Change = { ...event, pts: box.pts, count, date: now() };
    box.log.push(change);
    for (const viewer of box.viewers()) {
      const sessions = [...this.#outlet.sessionsOf(viewer)].filter((session) => session !== origin);
      if (sessions.length === 0 || this.#lost(viewer)) continue;
      const update = this.#pushed(change, box, viewer);
      if (update) for (const session of sessions) this.#outlet.push(session, update);
    }
    return change;
  }

  /** Tells a bot what counts in qts. */
  aside(account: Account, update: (qts: number) => Api.TypeUpdate, about: Iterable<Chat>): void {
    const qts = account.secondary.length + 1;
    const made = { qts, update: update(qts), about: new Set(about) };
    account.secondary.push(made);
    if (!this.#lost(account)) this.tell(account, made.update, made.about);
  }

  /** Pushes what no pts counts to the client that waits for a login. */
  push(session: Session, update: Api.TypeUpdate): void {
    this.#outlet.push(session, new Api.UpdateShort({ update, date: now() }));
  }

  /** Pushes what no pts counts (typing, names) to every session of one account. */
  tell(account: Account, update: Api.TypeUpdate, about: Iterable<Chat>, seq = 0): void {
    this.#tellAll(account, container([update], about, account, seq));
  }

  /** The same to every other session than the one that did it. */
  tellOthers(account: Account, update: Api.TypeUpdate, about: Iterable<Chat>, by?: Session): void {
    this.#tellAll(account, container([update], about, account), by);
  }

  #tellAll(account: Account, envelope: TlObject, but?: Session): void {
    for (const session of this.#outlet.sessionsOf(account))
      if (session !== but) this.#outlet.push(session, envelope);
  }

  #lost(viewer: Account): boolean {
    const gap = this.#gaps.find(({ account }) => account === undefined || account === viewer);
    if (!gap) return false;
    gap.left--;
    this.#gaps = this.#gaps.filter(({ left }) => left > 0);
    return true;
  }

  #pushed(change: Change, box: Box, viewer: Account): TlObject | undefined {
    const short = this.#shortUpdates ? shortForm(change, box, viewer) : undefined;
    if (short) return short;
    const update = asUpdate(change, box, viewer);
    return update && container([update], castOfChange(change), viewer, 0);
  }
}

/** The users and chats that have to come along with a change. */
export function castOfChange(change: Change): Set<Chat> {
  if (change.kind === "new" || change.kind === "edit") return castOf([change.post]);
  return new Set(change.kind === "delete" ? [] : [change.peer]);
}

/** Updates with the users and chats they mention, as an RPC result or a push. */
export function container(
  updates: Api.TypeUpdate[],
  about: Iterable<Chat>,
  viewer: Account,
  seq = 0,
): Api.Updates {
  return new Api.Updates({ updates, ...mentioned(about, viewer), date: now(), seq });
}

/** The TL update of a change for one viewer; undefined if its message is gone by now. */
export function asUpdate(change: Change, box: Box, viewer: Account): Api.TypeUpdate | undefined {
  const { pts, count: ptsCount } = change;
  const { channel } = box;
  if (change.kind === "delete") {
    const messages = [...change.ids];
    return channel
      ? new Api.UpdateDeleteChannelMessages({
          channelId: long(channel.id),
          messages,
          pts,
          ptsCount,
        })
      : new Api.UpdateDeleteMessages({ messages, pts, ptsCount });
  }
  if (change.kind === "read-inbox") {
    const { maxId } = change;
    const peer = asPeer(change.peer);
    return new Api.UpdateReadHistoryInbox({ peer, maxId, stillUnreadCount: 0, pts, ptsCount });
  }
  if (change.kind === "read-outbox") {
    const { maxId } = change;
    return new Api.UpdateReadHistoryOutbox({ peer: asPeer(change.peer), maxId, pts, ptsCount });
  }
  if (change.kind === "folder") {
    const folder = { peer: asPeer(change.peer), folderId: change.archived ? 1 : 0 };
    const folderPeers = [new Api.FolderPeer(folder)];
    return new Api.UpdateFolderPeers({ folderPeers, pts, ptsCount });
  }
  if (change.kind === "pin") {
    const pinned = change.on || undefined;
    const common = given({ pinned, messages: [...change.ids], pts, ptsCount });
    return channel
      ? new Api.UpdatePinnedChannelMessages({ channelId: long(channel.id), ...common })
      : new Api.UpdatePinnedMessages({ peer: asPeer(change.peer), ...common });
  }
  const message = asMessage(change.post, box, viewer);
  if (!message) return undefined;
  if (change.kind === "new") {
    return channel
      ? new Api.UpdateNewChannelMessage({ message, pts, ptsCount })
      : new Api.UpdateNewMessage({ message, pts, ptsCount });
  }
  return channel
    ? new Api.UpdateEditChannelMessage({ message, pts, ptsCount })
    : new Api.UpdateEditMessage({ message, pts, ptsCount });
}

function shortForm(change: Change, box: Box, viewer: Account): TlObject | undefined {
  if (change.kind !== "new" || box.channel) return undefined;
  const { action, media, forward, quote, ttl } = change.post;
  if (action || media || forward || quote !== undefined || ttl !== undefined) return undefined;
  const { post, pts, count: ptsCount } = change;
  const id = post.ids.get(box);
  if (id === undefined) return undefined;
  const replyToMsgId = post.replyTo?.ids.get(box);
  const common = {
    id,
    pts,
    ptsCount,
    message: post.text,
    date: post.date,
    out: post.from === viewer,
    entities: post.entities.length > 0 ? [...post.entities] : undefined,
    replyTo: replyToMsgId === undefined ? undefined : new Api.MessageReplyHeader({ replyToMsgId }),
  };
  const { to } = post;
  if (to.kind === "group") {
    const who = { fromId: long(post.from.id), chatId: long(to.id) };
    return new Api.UpdateShortChatMessage(given({ ...common, ...who }));
  }
  const other = threadOf(post, viewer);
  return new Api.UpdateShortMessage(given({ ...common, userId: long(other.id) }));
}
