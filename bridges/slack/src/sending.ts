import {
  type Attempt,
  type Found,
  type MessageId,
  type Order,
  type SendResult,
} from "@bridgebox/core/adapter";
import { messagesIn, nextOf } from "./api/answers.ts";
import { parseMessage } from "./api/message.ts";
import type { SlackMessage } from "./api/message.ts";
import { listIn, only } from "./api/shapes.ts";
import { slackCode } from "./errors.ts";
import { momentOf, tsOf } from "./ids.ts";
import { bodyOf, type Body } from "./outgoing.ts";
import { contentOf, post, remember, sentAs, uuidOf, type Place, type Sender } from "./posting.ts";
import { shareOf, sendFile } from "./uploads.ts";

const notSent = "The message was not sent";
const notEdited = "The edit was not sent";
/** How far two clocks may differ, in milliseconds. */
const clocks = 5 * 60_000;

/** One message, with a mark by which `find` knows it again. */
export const send = async (sender: Sender, order: Order, attempt: Attempt): Promise<SendResult> => {
  const body = bodyOf(order.draft, notSent);
  const place = await placeOf(sender, { channel: order.chat.id, body }, attempt.signal);
  if (body.file) return sendFile(sender, { order, body, place }, attempt);
  return post(sender, { order, content: contentOf(body), place }, attempt);
};

const placeOf = async (
  sender: Sender,
  { channel, body }: { readonly channel: string; readonly body: Body },
  signal: AbortSignal,
): Promise<Place> => {
  const { answers, broadcast } = body;
  if (answers === undefined || answers === "") return {};
  const thread = await rootOf(sender, { channel, ts: answers }, signal);
  return { thread, ...(broadcast === true ? { broadcast } : {}) };
};

/**
 * Threads have one level: what answers an answer goes to the same root. Only a message that was not
 * seen here is asked for.
 */
const rootOf = async (
  { api, roots }: Sender,
  { channel, ts }: { readonly channel: string; readonly ts: string },
  signal: AbortSignal,
): Promise<string> => {
  const known = roots.get(`${channel} ${ts}`);
  if (known !== undefined) return known;
  const args = { channel, ts, limit: 1 };
  const answer = await api.call("conversations.replies", args, { what: notSent, signal });
  const message = parseMessage(listIn(answer, "messages")[0]);
  const root = message?.thread ?? ts;
  remember(roots, `${channel} ${ts}`, root);
  return root;
};

/** Looks for the mark, from a little before the first attempt until now. */
export const find = async (sender: Sender, order: Order, attempt: Attempt): Promise<Found> => {
  const { api } = sender;
  const body = bodyOf(order.draft, notSent);
  const asking = { what: "It was not looked up", signal: attempt.signal };
  const { id: channel } = order.chat;
  const place = await placeOf(sender, { channel, body }, attempt.signal);
  const found = (ts: string): Found => ({ state: "sent", sent: sentAs(ts, place) });
  if (body.file && order.speaker.as === "self") {
    const ts = await shareOf(sender, { channel, notes: attempt.notes }, asking);
    return ts === undefined ? { state: "absent" } : found(ts);
  }
  const { thread } = place;
  const where = only("ts", thread);
  const method = thread === undefined ? "conversations.history" : "conversations.replies";
  const oldest = tsOf(Math.max(0, attempt.firstAt - clocks));
  const isOurs = (message: SlackMessage): boolean =>
    message.ownKey === attempt.key || message.clientKey === uuidOf(attempt.key);
  const nextAfter = nextOf(asking.what);
  let cursor: string | undefined;
  do {
    const args = {
      channel,
      ...where,
      oldest,
      limit: 200,
      include_all_metadata: true,
      ...only("cursor", cursor),
    };
    const answer = await api.call(method, args, asking);
    const ours = messagesIn(answer, asking.what).find(isOurs);
    if (ours) return found(ours.ts);
    cursor = nextAfter(answer);
  } while (cursor !== undefined);
  return { state: "absent" };
};

/** Changes a message of this login's own; a file keeps its file, and gets other words. */
export const edit = async (
  { api }: Sender,
  { id, order }: { readonly id: MessageId; readonly order: Order },
  { signal }: Attempt,
): Promise<SendResult> => {
  const body = bodyOf(order.draft, notEdited);
  const ts = momentOf(id, notEdited);
  const args = { channel: order.chat.id, ts, ...contentOf(body), parse: "none" };
  await api.call("chat.update", args, { what: notEdited, signal });
  return { state: "sent", sent: { id } };
};

/** Already gone is a success. */
export const remove = async (
  { api }: Sender,
  { channel, id }: { readonly channel: string; readonly id: MessageId },
  signal: AbortSignal,
): Promise<void> => {
  const what = "The message was not deleted";
  const ts = momentOf(id, what);
  try {
    await api.call("chat.delete", { channel, ts }, { what, signal });
  } catch (error) {
    if (slackCode(error) !== "message_not_found") throw error;
  }
};
