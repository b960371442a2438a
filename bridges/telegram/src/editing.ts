import type { Attempt, ChatRef, MessageId, Order, SendResult } from "@bridgebox/core/adapter";
import { reach } from "./access.ts";
import { Api, given } from "./api/tl.ts";
import { bodyOf } from "./body.ts";
import { rpcName } from "./errors.ts";
import { lineOf, messageNumber } from "./ids.ts";
import { movedPlace } from "./input-media.ts";
import { entitiesFor, uploaded, type Message } from "./request.ts";
import type { SenderOptions } from "./sending.ts";

const notEdited = "The edit was not sent";

/** Changes a message; what is so already was done before. */
export const edit = async (
  options: SenderOptions,
  { id, order }: { readonly id: MessageId; readonly order: Order },
  attempt: Attempt,
): Promise<SendResult> => {
  const { access, pump } = options;
  const body = bodyOf(order.draft, notEdited);
  const { peer, input } = await reach(access, order.chat, notEdited);
  const number = messageNumber(id) ?? 0;
  const entities = await entitiesFor(options, body);
  const message = { order, body, peer, input, what: notEdited };
  const media = await changedMedia(options, { message, number }, attempt);
  const request = new Api.messages.EditMessage(
    given({
      peer: input,
      id: number,
      message: body.what !== undefined && body.what.kind !== "media" ? undefined : body.text,
      media,
      entities: entities.length > 0 ? entities : undefined,
    }),
  );
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
  const [file] = order.draft.media ?? [];
  if (media !== undefined && file !== undefined) {
    await options.sentMedia.remember(lineOf(peer), number, file);
  }
  return { state: "sent", sent: { id } };
};

/** A place that moved, or another file; nothing where only the words are others. */
const changedMedia = async (
  options: SenderOptions,
  { message, number }: { readonly message: Message; readonly number: number },
  attempt: Attempt,
): Promise<Api.TypeInputMedia | undefined> => {
  const { order, body, peer } = message;
  const { what } = body;
  if (what?.kind === "place") return movedPlace(what);
  const [file] = order.draft.media ?? [];
  if (what?.kind !== "media" || file === undefined) return undefined;
  if (await options.sentMedia.isSame(lineOf(peer), number, file)) return undefined;
  const [media] = await uploaded(options, message, { files: what, attempt });
  return media;
};

const notDeleted = "The message was not deleted";

/** Deletes for everybody; what is gone already was done before. */
export const remove = async (
  { access, pump }: SenderOptions,
  { chat, id }: { readonly chat: ChatRef; readonly id: MessageId },
  signal: AbortSignal,
): Promise<void> => {
  const { peer } = await reach(access, chat, notDeleted);
  const ids = [messageNumber(id) ?? 0];
  const channel = peer.kind === "channel" ? await access.peers.inputChannel(peer.id) : undefined;
  const request =
    channel === undefined
      ? new Api.messages.DeleteMessages({ id: ids, revoke: true })
      : new Api.channels.DeleteMessages({ channel, id: ids });
  const line = lineOf(peer);
  try {
    await access.client.call<Api.messages.AffectedMessages>(request, {
      what: notDeleted,
      signal,
      answered: ({ pts, ptsCount }) => pump.push({ kind: "count", line, pts, count: ptsCount }),
    });
  } catch (error) {
    const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
    if (name !== "MESSAGE_ID_INVALID" && name !== "MSG_ID_INVALID") throw error;
  }
};
