import type { ChatRef, UserId } from "@bridgebox/core/adapter";
import { asBridgeError, BridgeError, userId } from "@bridgebox/core/adapter";
import type { ConnectionContext } from "./context.ts";
import { audienceOf, isQuery } from "./ids.ts";

/** What somebody is called now. */
export const nickOf = ({ shared, link }: ConnectionContext, user: UserId): string | undefined =>
  shared.own.nickOf(user) ?? link.roster.spelling(user);

/** The name to write on the wire for a chat. */
export const targetOf = (context: ConnectionContext, chat: ChatRef): string => {
  const { id } = chat;
  if (!isQuery(chat)) return context.link.roster.channel(id)?.name ?? id;
  const { sign, channel } = audienceOf(id) ?? {};
  if (sign === undefined || channel === undefined) return nickOf(context, userId(id)) ?? id;
  return sign + (context.link.roster.channel(channel)?.name ?? channel);
};

/** Something before a message is written: if it fails, the message was not, for sure. */
export async function certainly<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    const { code, message, scope } = asBridgeError(thrown);
    throw new BridgeError(code, message, { reached: "no", scope, cause: thrown });
  }
}

/** In the channel, or a reason that says for sure that the message was not written. */
export async function entered(
  { link }: ConnectionContext,
  chat: ChatRef,
  signal: AbortSignal,
): Promise<void> {
  if (!isQuery(chat)) await certainly(() => link.membership.join(chat.id, signal));
}
