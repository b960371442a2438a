import type { Attempt, Found, Order, SendResult } from "@bridgebox/core/adapter";
import { startChat } from "./acting.ts";
import { idIn } from "./api/answers.ts";
import { bodyOf } from "./body.ts";
import { directRef, messageOf, timeOf } from "./ids.ts";
import { find, send } from "./sending.ts";
import type { Sender } from "./sending.ts";
import { usedIn } from "./uses.ts";
import type { Uses } from "./uses.ts";
import { isGone } from "./webhooks.ts";

const what = "The answer to a command was not given";

/** The message that only the user of a command sees; by its address alone, so the bot's token is not sent. */
const pathOf = (application: string, token: string) =>
  `/webhooks/${application}/${token}/messages/@original` as const;

/**
 * Sends; to somebody who used a command, in place of what stands there, which may be done twice. Once
 * Discord takes no answer there any more, they get it in private.
 */
export const sendOrAnswer = async (
  sender: Sender,
  uses: Uses,
  order: Order,
  attempt: Attempt,
): Promise<SendResult> => {
  const used = usedIn(order.chat);
  if (used === undefined) return send(sender, order, attempt);
  const { view } = sender;
  const { signal } = attempt;
  const token = await uses.tokenOf(used.use);
  const { text } = bodyOf(order.draft, what);
  if (token !== undefined) {
    const body = { content: text, allowed_mentions: { parse: [] } };
    const call = { what, signal, body, byPath: true };
    try {
      const path = pathOf(view.application(), token);
      const id = idIn(await view.rest.call("PATCH", path, call), what, "unknown");
      return { state: "sent", sent: { id: messageOf(id), at: timeOf(id) } };
    } catch (thrown) {
      if (!isGone(thrown)) throw thrown;
    }
  }
  return send(sender, await inPrivate(sender, order, used.user, signal), attempt);
};

/** Looks whether it stands there; where it does not, it may be said. */
export const findOrLook = async (
  sender: Sender,
  uses: Uses,
  order: Order,
  attempt: Attempt,
): Promise<Found> => {
  const used = usedIn(order.chat);
  if (used === undefined) return find(sender, order, attempt);
  const { signal } = attempt;
  // To put the same text there again changes nothing.
  if ((await uses.tokenOf(used.use)) !== undefined) return { state: "absent" };
  return find(sender, await inPrivate(sender, order, used.user, signal), attempt);
};

const inPrivate = async (
  { view }: Sender,
  order: Order,
  user: string,
  signal: AbortSignal,
): Promise<Order> => ({
  ...order,
  chat: directRef(await startChat(view, user, signal), view.login),
});
