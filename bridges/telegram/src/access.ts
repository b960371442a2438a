import { BridgeError, type ChatRef, type Log } from "@bridgebox/core/adapter";
import type { Client } from "./api/client.ts";
import { Api, long } from "./api/tl.ts";
import { peerOfChat, type PeerId } from "./ids.ts";
import type { Peers } from "./peers.ts";

/** A login's way to the network: the connection, and the keys to whom it may speak. */
export interface Access {
  readonly client: Client;
  readonly peers: Peers;
  readonly bot: boolean;
  readonly self: PeerId;
  readonly log: Log;
  /** Remembers everybody who came along with an answer, and passes on what is new about them. */
  learn(users: readonly Api.TypeUser[], chats: readonly Api.TypeChat[]): Promise<void>;
  /**
   * A channel was looked up when its sequence stood at `pts`: from then on nothing of it is missed.
   * Durable when it resolves; waits for nothing that is under way, as the core looks up while it stores.
   */
  met(channel: string, pts: number): Promise<void>;
}

/** What did not happen if it fails, and who may give up. */
export interface Ask {
  readonly what: string;
  readonly signal: AbortSignal;
  /** It is asked for what the network tells once: there is no second time at which all could be had. */
  readonly once?: boolean;
}

/**
 * What the network tells, or nothing where it does not tell it now: for what only completes something
 * that is known in part. The end of the login or of the connection is no answer, and is thrown on: it
 * is asked again then, but for what is told once.
 */
export const ifTold = async <T>(
  { log }: Access,
  { signal, once }: Ask,
  tell: () => Promise<T>,
): Promise<T | undefined> => {
  try {
    return await tell();
  } catch (error) {
    if (!(error instanceof BridgeError) || isEnded(signal)) throw error;
    if (isCut(error) && once !== true) throw error;
    log.warn("Something is told in part", { code: error.code, says: error.message });
    return undefined;
  }
};

/** Of the whole login, and not because Telegram asks it to wait. */
const isCut = ({ scope, code }: BridgeError): boolean => scope === "login" && code !== "rate_limit";

/** Given up for another reason than that it took too long. */
const isEnded = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && !(reason instanceof DOMException && reason.name === "TimeoutError");

/** The chat with the key to it; an error in words where it is none of ours, or unknown. */
export const reach = async (
  access: Access,
  chat: ChatRef,
  what: string,
): Promise<{ readonly peer: PeerId; readonly input: Api.TypeInputPeer }> => {
  const peer = peerOfChat(chat);
  const input = peer && (await access.peers.inputPeer(peer));
  if (peer !== undefined && input !== undefined) return { peer, input };
  const why = "this account has never met that chat, so it has no key to it";
  throw new BridgeError("not_found", `${what}: ${why}. Open it once in Telegram.`, {
    reached: "no",
    scope: "item",
  });
};

/** Messages, newest first, with everybody in them learned. */
export interface Fetched {
  readonly messages: readonly Api.TypeMessage[];
  readonly count: number;
}

export interface Span {
  readonly offsetId?: number;
  /** Only what was said before that, in seconds. */
  readonly offsetDate?: number;
  readonly minId?: number;
  readonly addOffset?: number;
  readonly limit: number;
}

/** A page of a chat's history; bots are not allowed to ask for it. */
export const fetchHistory = async (
  access: Access,
  peer: PeerId,
  { span, ask }: { readonly span: Span; readonly ask: Ask },
): Promise<Fetched> => {
  const input = await access.peers.inputPeer(peer);
  if (input === undefined) return { messages: [], count: 0 };
  const page = {
    peer: input,
    offsetId: span.offsetId ?? 0,
    offsetDate: span.offsetDate ?? 0,
    addOffset: span.addOffset ?? 0,
    limit: span.limit,
    maxId: 0,
    minId: span.minId ?? 0,
    hash: long(0),
  };
  const request =
    peer.topic === undefined
      ? new Api.messages.GetHistory(page)
      : new Api.messages.GetReplies({ ...page, msgId: peer.topic });
  return learned(access, await access.client.call(request, ask));
};

/** The messages of those numbers that still exist: what bots may ask for, too. */
export const fetchMessages = async (
  access: Access,
  peer: PeerId,
  { ids, ask }: { readonly ids: readonly number[]; readonly ask: Ask },
): Promise<Fetched> => {
  const id = ids.map((each) => new Api.InputMessageID({ id: each }));
  const channel = peer.kind === "channel" ? await access.peers.inputChannel(peer.id) : undefined;
  if (peer.kind === "channel" && channel === undefined) return { messages: [], count: 0 };
  const request =
    channel === undefined
      ? new Api.messages.GetMessages({ id })
      : new Api.channels.GetMessages({ channel, id });
  return learned(access, await access.client.call<Api.messages.TypeMessages>(request, ask));
};

const learned = async (access: Access, answer: Api.messages.TypeMessages): Promise<Fetched> => {
  if (answer instanceof Api.messages.MessagesNotModified) return { messages: [], count: 0 };
  await access.learn(answer.users, answer.chats);
  const messages = answer.messages.filter((each) => !(each instanceof Api.MessageEmpty));
  const newestFirst = messages.sort((a, b) => b.id - a.id);
  return { messages: newestFirst, count: "count" in answer ? answer.count : messages.length };
};
