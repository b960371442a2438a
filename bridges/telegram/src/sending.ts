import {
  BridgeError,
  type Attempt,
  type Found,
  type Json,
  type MessageId,
  type Order,
  type Sent,
  type SendResult,
} from "@bridgebox/core/adapter";
import { fetchHistory, fetchMessages, reach, type Access } from "./access.ts";
import { entitiesOf } from "./api/entities.ts";
import { Api, decimal, given, type Long } from "./api/tl.ts";
import { rpcName } from "./errors.ts";
import { fromPeer, messageNumber, messageOf, peerKey, toPeer, type PeerId } from "./ids.ts";
import type { Body } from "./marks.ts";
import { bodyOf, randomIdOf } from "./outgoing.ts";
import type { Pump } from "./pump.ts";
import type { Inbox } from "./updates.ts";

/** What sending needs of a login. */
export interface SenderOptions {
  readonly access: Access;
  readonly pump: Pump;
  readonly inbox: Inbox;
  /** Random ids of sends under way, with their attempts' keys. */
  readonly sending: Map<string, string>;
}

const notSent = "The message was not sent";
const notEdited = "The edit was not sent";
/** How far `find` looks beyond what was known when the first attempt began. */
const searched = 100;

/**
 * Sends under a number made from the attempt's key. Before the first attempt the newest number known
 * in the chat is noted, so that `find` can tell this message from an equal one before it.
 */
export const send = async (
  options: SenderOptions,
  order: Order,
  attempt: Attempt,
): Promise<SendResult> => {
  const { access, inbox, sending } = options;
  const body = bodyOf(order.draft, notSent);
  const { peer, input } = await reach(access, order.chat, notSent);
  if (attempt.notes === null) await attempt.note({ after: inbox.newest(lineOf(peer)) });
  const randomId = randomIdOf(attempt.key);
  const entities = await entitiesOf(body.marks, (id) => access.peers.inputUser(id));
  const request = new Api.messages.SendMessage(
    given({
      peer: input,
      message: body.text,
      randomId,
      entities: entities.length > 0 ? entities : undefined,
      replyTo:
        body.replyTo === undefined
          ? undefined
          : new Api.InputReplyToMessage({ replyToMsgId: body.replyTo }),
    }),
  );
  remember(sending, decimal(randomId), attempt.key);
  try {
    const updates = await access.client.call<Api.TypeUpdates>(request, {
      what: notSent,
      signal: attempt.signal,
      answered: (answer) => feed(options, answer, { peer, body, entities, key: attempt.key }),
    });
    const sent = sentBy(updates, randomId);
    inbox.sent(lineOf(peer), Number(sent.id));
    return { state: "sent", sent };
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const found = await find(options, order, attempt);
    if (found.state === "sent") return found;
    throw new BridgeError(
      "doubtful",
      "The message was sent before, but cannot be found any more: look into the chat.",
      { reached: "unknown", scope: "item", cause: error },
    );
  }
};

/** Newest kept: an answer, or the difference after a lost one, can then be told from other messages. */
const remember = (sending: Map<string, string>, randomId: string, key: string): void => {
  sending.set(randomId, key);
  const [oldest] = sending.keys();
  if (sending.size > 1000 && oldest !== undefined) sending.delete(oldest);
};

const lineOf = (peer: PeerId): string => (peer.kind === "channel" ? `channel:${peer.id}` : "pts");

interface Said {
  readonly peer: PeerId;
  readonly body: Body;
  readonly entities: Api.TypeMessageEntity[];
  readonly key: string;
}

/** The answer counts in the sequence like any update, so it goes where they go. */
const feed = ({ pump, access }: SenderOptions, answer: Api.TypeUpdates, said: Said): void => {
  if (!(answer instanceof Api.UpdateShortSentMessage)) {
    return pump.push({ kind: "updates", updates: answer });
  }
  const message = new Api.Message(
    given({
      id: answer.id,
      out: true,
      peerId: toPeer(said.peer),
      fromId: toPeer(access.self),
      message: said.body.text,
      entities: answer.entities ?? (said.entities.length > 0 ? said.entities : undefined),
      date: answer.date,
      replyTo:
        said.body.replyTo === undefined
          ? undefined
          : new Api.MessageReplyHeader({ replyToMsgId: said.body.replyTo }),
    }),
  );
  const { pts, ptsCount, date, id } = answer;
  const update = new Api.UpdateNewMessage({ message, pts, ptsCount });
  const updates = new Api.Updates({ updates: [update], users: [], chats: [], date, seq: 0 });
  pump.push({ kind: "updates", updates, mark: { key: said.key, message: id } });
};

const sentBy = (answer: Api.TypeUpdates, randomId: Long): Sent => {
  if (answer instanceof Api.UpdateShortSentMessage) {
    return { id: messageOf(answer.id), at: answer.date * 1000 };
  }
  if (answer instanceof Api.Updates || answer instanceof Api.UpdatesCombined) {
    const named = answer.updates.find(
      (each) => each instanceof Api.UpdateMessageID && each.randomId?.eq(randomId) === true,
    );
    if (named instanceof Api.UpdateMessageID) {
      return { id: messageOf(named.id), at: answer.date * 1000 };
    }
  }
  throw new BridgeError("doubtful", "The message was sent, but Telegram did not say its number.", {
    reached: "unknown",
    scope: "item",
  });
};

const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && rpcName(error.cause)?.name === "RANDOM_ID_DUPLICATE";

/**
 * Looks for our own message with that text among those that came after the noted number: history for
 * people, numbers for bots, which may not read history. Exact, because a lane sends one at a time
 * and the note is older than the send; "absent" may be sent again under the same random id.
 */
export const find = async (
  { access, inbox }: SenderOptions,
  order: Order,
  attempt: Attempt,
): Promise<Found> => {
  const body = bodyOf(order.draft, notSent);
  const after = noted(attempt.notes);
  if (after === undefined) return { state: "absent" };
  await access.client.connected(attempt.signal);
  const { peer } = await reach(access, order.chat, notSent);
  const ask = { what: "Whether the message was sent could not be asked", signal: attempt.signal };
  const ids = Array.from({ length: searched }, (_, index) => after + 1 + index);
  const span = { offsetId: after + 1, addOffset: -searched, minId: after, limit: searched };
  const { messages } = access.bot
    ? await fetchMessages(access, peer, { ids, ask })
    : await fetchHistory(access, peer, { span, ask });
  const ours = messages.filter(
    (each): each is Api.Message =>
      each instanceof Api.Message &&
      each.out === true &&
      each.message === body.text &&
      each.id > after &&
      isIn(each, peer),
  );
  const first = ours.at(-1);
  if (first === undefined) return { state: "absent" };
  inbox.sent(lineOf(peer), first.id);
  return { state: "sent", sent: { id: messageOf(first.id), at: first.date * 1000 } };
};

const isIn = (message: Api.Message, peer: PeerId): boolean =>
  peerKey(fromPeer(message.peerId)) === peerKey(peer);

const noted = (notes: Json | null): number | undefined => {
  if (typeof notes !== "object" || notes === null || !("after" in notes)) return undefined;
  return typeof notes.after === "number" ? notes.after : undefined;
};

/** Changes a message; what is so already was done before. */
export const edit = async (
  { access, pump }: SenderOptions,
  { id, order }: { readonly id: MessageId; readonly order: Order },
  attempt: Attempt,
): Promise<SendResult> => {
  const body = bodyOf(order.draft, notEdited);
  const { input } = await reach(access, order.chat, notEdited);
  const number = messageNumber(id) ?? 0;
  const entities = await entitiesOf(body.marks, (user) => access.peers.inputUser(user));
  const request = new Api.messages.EditMessage({
    peer: input,
    id: number,
    message: body.text,
    ...(entities.length > 0 ? { entities } : {}),
  });
  const mark = { key: attempt.key, message: number };
  try {
    await access.client.call<Api.TypeUpdates>(request, {
      what: notEdited,
      signal: attempt.signal,
      answered: (updates) => pump.push({ kind: "updates", updates, mark }),
    });
  } catch (error) {
    const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
    if (name !== "MESSAGE_NOT_MODIFIED") throw error;
  }
  return { state: "sent", sent: { id } };
};
