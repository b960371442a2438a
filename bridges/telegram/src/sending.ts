import {
  BridgeError,
  type Attempt,
  type Found,
  type Order,
  type Sent,
  type SendResult,
} from "@bridgebox/core/adapter";
import { fetchHistory, fetchMessages, reach, type Access, type Ask } from "./access.ts";
import { Api, decimal, given, type Long } from "./api/tl.ts";
import { bodyOf, type Body } from "./body.ts";
import { crumbsOf, forgetFiles, noteAfter } from "./crumbs.ts";
import { rpcName } from "./errors.ts";
import { fromPeer, lineOf, messageOf, peerKey, toPeer, wholeOf, type PeerId } from "./ids.ts";
import type { Pump } from "./pump.ts";
import { requestFor, type Built, type Maker, type Message } from "./request.ts";
import type { SentMedia } from "./sent-media.ts";
import type { Inbox } from "./updates.ts";

/** What sending needs of a login. */
export interface SenderOptions extends Maker {
  readonly pump: Pump;
  readonly inbox: Inbox;
  /** Random ids of sends under way, with their attempts' keys. */
  readonly sending: Map<string, string>;
  readonly sentMedia: SentMedia;
}

const notSent = "The message was not sent";
/** Messages that `find` asks for at once, and pages after which it gives up. */
const page = 100;
const mostPages = 30;

/**
 * Sends under a number made from the attempt's key. Before the first attempt the newest number known
 * in the chat is noted, so that `find` can tell this message from an equal one before it.
 */
export const send = async (
  options: SenderOptions,
  order: Order,
  attempt: Attempt,
): Promise<SendResult> => {
  const { access, inbox } = options;
  const body = bodyOf(order.draft, notSent);
  const { peer, input } = await reach(access, order.chat, notSent);
  if (attempt.notes === null) await noteAfter(attempt, inbox.newest(lineOf(peer)));
  const message = { order, body, peer, input, what: notSent };
  try {
    const sent = await sendOnce(options, message, attempt);
    return { state: "sent", sent };
  } catch (error) {
    if (causeOf(error) !== "RANDOM_ID_DUPLICATE") throw error;
    const found = await find(options, order, attempt);
    if (found.state === "sent") return found;
    throw new BridgeError(
      "doubtful",
      "The message was sent before, but cannot be found any more: look into the chat.",
      { reached: "unknown", scope: "item", cause: error },
    );
  }
};

/** Telegram makes no photo of every picture; as a file it takes each. */
const notAPhoto = [
  "PHOTO_INVALID_DIMENSIONS",
  "PHOTO_SAVE_FILE_INVALID",
  "PHOTO_EXT_INVALID",
  "PHOTO_INVALID",
  "IMAGE_PROCESS_FAILED",
];

const sendOnce = async (
  options: SenderOptions,
  message: Message,
  attempt: Attempt,
): Promise<Sent> => {
  const { access, inbox, sentMedia } = options;
  const line = lineOf(message.peer);
  const sendAs = async (plainFiles: boolean): Promise<Sent> => {
    const built = await requestFor(options, message, { attempt, plainFiles });
    remember(options.sending, built.randomIds, attempt.key);
    const updates = await access.client.call<Api.TypeUpdates>(built.request, {
      what: notSent,
      signal: attempt.signal,
      answered: (answer) => feed(options, answer, { ...message, ...built, key: attempt.key }),
    });
    return sentBy(updates, built.randomIds);
  };
  const sent = await sendAs(false).catch(async (error: unknown) => {
    const name = causeOf(error) ?? "";
    if (notAPhoto.includes(name)) return sendAs(true);
    if (!/^FILE_PART(S_INVALID|_|$)/.test(name)) throw error;
    await forgetFiles(attempt);
    return sendAs(false);
  });
  for (const id of [sent.id, ...(sent.aliases ?? [])]) inbox.sent(line, Number(id));
  const [file] = message.order.draft.media ?? [];
  if (file !== undefined) await sentMedia.remember(line, Number(sent.id), file);
  return sent;
};

/**
 * Newest kept: an answer, or the difference after a lost one, can then be told from other messages.
 * Only the first message of an album settles its send.
 */
const remember = (sending: Map<string, string>, [randomId]: readonly Long[], key: string): void => {
  if (randomId === undefined) return;
  sending.set(decimal(randomId), key);
  const [oldest] = sending.keys();
  if (sending.size > 1000 && oldest !== undefined) sending.delete(oldest);
};

interface Said extends Built {
  readonly peer: PeerId;
  readonly body: Body;
  readonly key: string;
}

/** The answer counts in the sequence like any update, so it goes where they go. */
const feed = ({ pump, access }: SenderOptions, answer: Api.TypeUpdates, said: Said): void => {
  if (!(answer instanceof Api.UpdateShortSentMessage)) {
    return pump.push({ kind: "updates", updates: answer });
  }
  const { replyTo: replyToMsgId } = said.body;
  const message = new Api.Message(
    given({
      id: answer.id,
      out: true,
      peerId: toPeer(said.peer),
      fromId: toPeer(access.self),
      message: said.body.text,
      entities: answer.entities ?? (said.entities.length > 0 ? said.entities : undefined),
      date: answer.date,
      media: answer.media,
      ttlPeriod: answer.ttlPeriod,
      replyTo:
        replyToMsgId === undefined ? undefined : new Api.MessageReplyHeader({ replyToMsgId }),
    }),
  );
  const { pts, ptsCount, date, id } = answer;
  const update = new Api.UpdateNewMessage({ message, pts, ptsCount });
  const updates = new Api.Updates({ updates: [update], users: [], chats: [], date, seq: 0 });
  pump.push({ kind: "updates", updates, mark: { key: said.key, message: id } });
};

const sentBy = (answer: Api.TypeUpdates, randomIds: readonly Long[]): Sent => {
  if (answer instanceof Api.UpdateShortSentMessage) {
    return { id: messageOf(answer.id), at: answer.date * 1000 };
  }
  if (answer instanceof Api.Updates || answer instanceof Api.UpdatesCombined) {
    const ids = randomIds.flatMap((randomId) => numbered(answer.updates, randomId));
    const [id, ...aliases] = ids.map(messageOf);
    const at = answer.date * 1000;
    if (id !== undefined) return { id, at, ...(aliases.length > 0 ? { aliases } : {}) };
  }
  throw new BridgeError("doubtful", "The message was sent, but Telegram did not say its number.", {
    reached: "unknown",
    scope: "item",
  });
};

const numbered = (updates: readonly Api.TypeUpdate[], randomId: Long): readonly number[] =>
  updates.flatMap((each) =>
    each instanceof Api.UpdateMessageID && each.randomId?.eq(randomId) === true ? [each.id] : [],
  );

/** Telegram's name for what went wrong in a call. */
const causeOf = (error: unknown): string | undefined =>
  error instanceof Error ? rpcName(error.cause)?.name : undefined;

/**
 * Looks for our own message with that text among those that came after the noted number: history for
 * people, numbers for bots, which may not read history. Exact, because a lane sends one at a time
 * and the note is older than the send; "absent" may be sent again under the same random id.
 */
export const find = async (
  { access, inbox, sentMedia }: SenderOptions,
  order: Order,
  attempt: Attempt,
): Promise<Found> => {
  const body = bodyOf(order.draft, notSent);
  const { after } = crumbsOf(attempt.notes);
  if (after === undefined) return { state: "absent" };
  await access.client.connected(attempt.signal);
  const { peer } = await reach(access, order.chat, notSent);
  const { ours, whole } = await search(access, peer, {
    after,
    newest: inbox.newest(lineOf(peer)),
    ask: { what: "Whether the message was sent could not be asked", signal: attempt.signal },
    is: (message) => isOurs(message, { body, peer }),
  });
  const first = ours.at(-1);
  if (first === undefined) return { state: whole ? "absent" : "unknown" };
  const others = albumOf(ours, first).map(({ id }) => messageOf(id));
  inbox.sent(lineOf(peer), first.id);
  const [file] = order.draft.media ?? [];
  if (file !== undefined) await sentMedia.remember(lineOf(peer), first.id, file);
  const aliases = others.length > 0 ? { aliases: others } : {};
  return { state: "sent", sent: { id: messageOf(first.id), at: first.date * 1000, ...aliases } };
};

interface Search {
  readonly after: number;
  /** The newest number that is known there. */
  readonly newest: number;
  readonly ask: Ask;
  readonly is: (message: Api.Message) => boolean;
}

/** The page on which ours are, newest first, and whether everything was looked at that came after the number. */
const search = async (
  access: Access,
  peer: PeerId,
  { after, newest, ask, is }: Search,
): Promise<{ readonly ours: readonly Api.Message[]; readonly whole: boolean }> => {
  let from = after;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const ids = Array.from({ length: page }, (_, index) => from + 1 + index);
    const span = { offsetId: from + 1, addOffset: -page, minId: from, limit: page };
    const { messages } = access.bot
      ? await fetchMessages(access, peer, { ids, ask })
      : await fetchHistory(access, wholeOf(peer), { span, ask });
    const ours = messages.filter(
      (each): each is Api.Message => each instanceof Api.Message && each.id > from && is(each),
    );
    if (ours.length > 0) return { ours, whole: false };
    const [last] = messages;
    from = access.bot ? from + page : Math.max(from, last?.id ?? 0);
    if (access.bot ? from >= newest + page : messages.length < page) return { ours, whole: true };
  }
  return { ours: [], whole: false };
};

/** With the same text, or a file of one of the captions; what is no text is told by its kind. */
const isOurs = (
  message: Api.Message,
  { body, peer }: { readonly body: Body; readonly peer: PeerId },
): boolean => {
  const there = peerKey(fromPeer(message.peerId)) === peerKey(wholeOf(peer));
  if (!there || message.out !== true || message.fwdFrom !== undefined) return false;
  const { what } = body;
  const texts = what?.kind === "media" ? what.items.map(({ text }) => text) : [body.text];
  if (!texts.includes(message.message)) return false;
  const plain = message.media === undefined || message.media instanceof Api.MessageMediaWebPage;
  return plain === (what === undefined);
};

const albumOf = (messages: readonly Api.Message[], first: Api.Message): readonly Api.Message[] => {
  const { groupedId } = first;
  if (groupedId === undefined) return [];
  const same = messages.filter((each) => each !== first && each.groupedId?.eq(groupedId) === true);
  return same.sort((a, b) => a.id - b.id);
};
