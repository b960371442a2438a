import type { Logins } from "./logins.ts";
import { renameAccount, repaint } from "./membership.ts";
import { amend, pin, publish } from "./messages.ts";
import type { Attachment } from "./media/kinds.ts";
import type { Files } from "./media/files.ts";
import type { Account, Channel, Chat, ChatView, Post } from "./model.ts";
import { markRead } from "./rpc/history.ts";
import { see } from "./rpc/own.ts";
import { vote } from "./rpc/polls.ts";
import { appear } from "./rpc/presence.ts";
import { react } from "./rpc/reactions.ts";
import { accept } from "./rpc/tokens.ts";
import { openTopic } from "./rpc/topics.ts";
import { Api, long } from "./tl.ts";
import type { Feed } from "./updates.ts";
import type { World } from "./world.ts";

interface Acted {
  readonly feed: Feed;
  readonly world: World;
  readonly files: Files;
  readonly logins: Logins;
  readonly dcId: number;
}

/** What people do besides talking, from clients that are not connected here. */
export class People {
  readonly #network: Acted;

  constructor(network: Acted) {
    this.#network = network;
  }

  /** A picture for a person or a group. */
  setPhoto(target: Chat, bytes: Buffer): void {
    target.photo = this.#network.files.add({ name: "", bytes, dc: this.#network.dcId });
    if (target.kind === "user") renameAccount(this.#network.feed, this.#network.world, target);
    else repaint(this.#network.feed, target);
  }

  /** Somebody's reactions to a message are these from now on, as emoji or custom emoji. */
  react(post: Post, by: Account, ...reactions: readonly (string | bigint)[]): void {
    const list = reactions.map((each) =>
      typeof each === "string"
        ? new Api.ReactionEmoji({ emoticon: each })
        : new Api.ReactionCustomEmoji({ documentId: long(each) }),
    );
    react(this.#network.feed, post, { by, reactions: list });
  }

  /** Somebody votes by the places of the answers; none takes a vote back. */
  vote(post: Post, by: Account, ...places: readonly number[]): void {
    const there = post.media?.kind === "poll" ? post.media.answers : [];
    vote(this.#network.feed, post, {
      by,
      options: places.flatMap((place) => there[place]?.option.toString("hex") ?? []),
    });
  }

  /** Replaces the media of a message: another file, a place that moved. */
  replaceMedia(post: Post, media: Attachment): void {
    amend(this.#network.feed, post, { text: post.text, entities: post.entities, media });
  }

  /** The author of a poll ends it. */
  closePoll(post: Post): void {
    if (post.media?.kind !== "poll") throw new Error("that message is no poll");
    post.media.closed = true;
    amend(this.#network.feed, post, { text: post.text, entities: post.entities });
  }

  /** Pins a message, or takes it off. */
  pin(post: Post, on = true): void {
    pin(this.#network.feed, post, { on });
  }

  /** A service message without an effect of its own, such as a call. */
  announce(from: Account, to: Chat, action: Api.TypeMessageAction): Post {
    return publish(this.#network.feed, { from, to, action }).post;
  }

  /** Messages of that group stay for so many seconds from now on; 0 is for ever. */
  keepFor(chat: Channel, by: Account, seconds: number): Post {
    if (seconds === 0) delete chat.ttl;
    else chat.ttl = seconds;
    const action = new Api.MessageActionSetMessagesTTL({ period: seconds });
    return publish(this.#network.feed, { from: by, to: chat, action, ttl: 0 }).post;
  }

  /** A new topic of a forum; its number is what `say` takes. */
  openTopic(channel: Channel, by: Account, title: string): number {
    const { post } = openTopic(this.#network.feed, channel, { by, title });
    return this.#network.world.idOf(post, by);
  }

  /** Somebody reads a chat up to a message. */
  read(by: Account, post: Post): void {
    markRead(this.#network.feed, by, post);
  }

  /** Somebody mutes, marks, pins or archives a chat for themselves. */
  see(by: Account, chat: Chat, change: Partial<ChatView>): void {
    see(this.#network.feed, by, { chat, change });
  }

  /** Somebody is there until then, in seconds; not given: they went away. */
  appear(by: Account, until?: number): void {
    appear(this.#network, by, until);
  }

  /** The account scans a QR code, given as the link in it. */
  scan(account: Account, link: string): void {
    const token = new URL(link).searchParams.get("token") ?? "";
    accept(this.#network.logins, this.#network.feed, {
      account,
      bytes: Buffer.from(token, "base64url"),
    });
  }
}
