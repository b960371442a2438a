import type { Attachment } from "./media/kinds.ts";
import type { Session } from "./mtproto/session.ts";
import {
  boxesOf,
  dropFromBox,
  type Account,
  type Box,
  type Change,
  type Chat,
  type Forward,
  type Post,
} from "./model.ts";
import { given, now, RpcError, type Api } from "./tl.ts";
import type { Feed } from "./updates.ts";

const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;

/** What a message consists of. */
export interface Content {
  readonly text?: string;
  readonly entities?: readonly Api.TypeMessageEntity[];
  readonly replyTo?: Post;
  readonly quote?: string;
  readonly topic?: number;
  readonly action?: Api.TypeMessageAction;
  readonly media?: Attachment;
  readonly forward?: Forward;
  readonly album?: bigint;
  readonly ttl?: number;
  readonly markup?: Api.ReplyInlineMarkup;
  /** When it was said, in seconds; now, if not given. */
  readonly date?: number;
}

/** Refuses text and entities the network refuses (errors of messages.sendMessage and editMessage). */
export function checkText(text: string, entities: readonly Api.TypeMessageEntity[]): void {
  if (text.trim() === "") throw new RpcError(400, "MESSAGE_EMPTY");
  if (Array.from(text).length > MAX_TEXT) throw new RpcError(400, "MESSAGE_TOO_LONG");
  for (const { offset, length } of entities) {
    if (offset < 0 || length <= 0 || offset + length > text.length) {
      throw new RpcError(400, "ENTITY_BOUNDS_INVALID");
    }
  }
}

/** A caption may be empty, and is shorter. */
export function checkCaption(text: string, entities: readonly Api.TypeMessageEntity[]): void {
  if (text.trim() !== "") checkText(text, entities);
  if (Array.from(text).length > MAX_CAPTION) throw new RpcError(400, "MEDIA_CAPTION_TOO_LONG");
}

/** Who may write here: members, in a broadcast channel only admins. */
export function mayWrite(from: Account, to: Chat): boolean {
  if (to.kind === "user") return true;
  if (to.kind === "group" && to.migratedTo !== undefined) return false;
  const broadcast = to.kind === "channel" && to.broadcast;
  return broadcast ? to.admins.has(from) : to.members.has(from);
}

/** The changes a new message made, by box: the sender's own is its RPC result. */
export interface Posted {
  readonly post: Post;
  readonly changes: ReadonlyMap<Box, Change>;
}

/** Puts a message into every box it belongs to, and pushes it. */
export function publish(
  feed: Feed,
  { from, to, ...content }: Content & { from: Account; to: Chat },
  origin?: Session,
): Posted {
  const { text = "", entities = [], ...rest } = content;
  const ttl =
    content.ttl === 0 ? undefined : (content.ttl ?? (to.kind === "user" ? undefined : to.ttl));
  const topic = content.topic ?? content.replyTo?.topic;
  const post: Post = {
    ...given(rest),
    ...given({ topic, ttl }),
    from,
    to,
    text,
    entities,
    date: content.date ?? now(),
    ids: new Map(),
    reactions: new Map(),
    pinned: false,
    deleted: false,
  };
  const boxes = boxesOf(from, to);
  for (const [box, thread] of boxes) enter(post, box, thread);
  if (to.kind === "group") to.posts.add(post);
  const changes = recordAll(feed, [...boxes.keys()], { kind: "new", post }, origin);
  feed.happened("message", post);
  return { post, changes };
}

/** Replaces text and entities, and the media where there is another, for everybody who holds it. */
export function amend(
  feed: Feed,
  post: Post,
  change: {
    text: string;
    entities: readonly Api.TypeMessageEntity[];
    media?: Attachment | undefined;
    origin?: Session;
  },
): Posted {
  post.text = change.text;
  post.entities = change.entities;
  if (change.media) post.media = change.media;
  post.editDate = now();
  const changes = recordAll(feed, holders(post), { kind: "edit", post }, change.origin);
  feed.happened("edit", post);
  return { post, changes };
}

/** Deletes messages from these boxes; each box learns of all of its own in one update. */
export function erase(
  feed: Feed,
  posts: readonly Post[],
  { only, origin }: { only?: Box; origin?: Session | undefined } = {},
): Map<Box, Change> {
  const ids = new Map<Box, number[]>();
  for (const post of posts) {
    for (const box of only ? [only] : holders(post)) {
      const id = post.ids.get(box);
      if (id !== undefined) ids.set(box, [...(ids.get(box) ?? []), id]);
      dropFromBox(post, box);
    }
    if (only) continue;
    post.deleted = true;
    if (post.to.kind === "group") post.to.posts.delete(post);
  }
  const changes = new Map<Box, Change>();
  for (const [box, gone] of ids) {
    changes.set(box, feed.record(box, { kind: "delete", ids: gone }, origin));
  }
  for (const post of posts) if (post.deleted) feed.happened("remove", post);
  return changes;
}

/** Pins messages or takes them off, in every box that holds them. */
export function pin(
  feed: Feed,
  post: Post,
  { on, origin }: { on: boolean; origin?: Session },
): Map<Box, Change> {
  post.pinned = on;
  const changes = new Map<Box, Change>();
  for (const [box, peer] of boxesOf(post.from, post.to)) {
    const id = post.ids.get(box);
    if (id === undefined) continue;
    changes.set(box, feed.record(box, { kind: "pin", peer, ids: [id], on }, origin));
  }
  return changes;
}

function holders(post: Post): Box[] {
  return [...post.ids].flatMap(([box, id]) => (box.posts.get(id) === post ? [box] : []));
}

function enter(post: Post, box: Box, thread: Chat): void {
  const id = box.nextId++;
  post.ids.set(box, id);
  box.posts.set(id, post);
  const posts = box.threads.get(thread) ?? new Set();
  box.threads.set(thread, posts.add(post));
}

function recordAll(
  feed: Feed,
  boxes: readonly Box[],
  event: { kind: "new"; post: Post } | { kind: "edit"; post: Post },
  origin: Session | undefined,
): Map<Box, Change> {
  return new Map(boxes.map((box) => [box, feed.record(box, event, origin)]));
}
