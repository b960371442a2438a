import type { ChatRef, Member } from "@bridgebox/core/adapter";
import { asBridgeError, BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { nickOf, targetOf } from "./address.ts";
import { command } from "./api/line.ts";
import { ask } from "./ask.ts";
import { setMask } from "./bans.ts";
import type { ConnectionContext } from "./context.ts";
import { wrongNick } from "./ids.ts";

interface Removed {
  readonly member: Member;
  readonly signal: AbortSignal;
}

/** Somebody is taken off a channel, or banned from it, or their ban is lifted. Who is not there is so already. */
export async function takeOut(
  context: ConnectionContext,
  chat: ChatRef,
  removed: Removed,
): Promise<void> {
  const { state, lifted } = removed.member;
  if (lifted === true) return ban(context, chat, { ...removed, on: false });
  if (state === "ban") await ban(context, chat, { ...removed, on: true });
  await kick(context, chat, removed);
}

async function kick(
  context: ConnectionContext,
  chat: ChatRef,
  { member, signal }: Removed,
): Promise<void> {
  const { fold } = context.shared.names();
  const nick = nickOf(context, member.user) ?? member.user;
  const reason = member.reason?.replace(/[\r\n\0]+/g, " ").slice(0, 200);
  const done = ({ command: verb, params }: IrcMessage) =>
    verb === "KICK" && fold(params[0] ?? "") === chat.id && fold(params[1] ?? "") === fold(nick);
  const line = command.kick(targetOf(context, chat), nick, reason);
  const what = `${nick} was not removed`;
  try {
    await ask(context, { line, what, done }, { about: [chat.id, nick], signal });
  } catch (thrown) {
    if (asBridgeError(thrown).code !== "not_found") throw thrown;
  }
}

/** People are their nicks here, and so are their bans. */
async function ban(
  context: ConnectionContext,
  chat: ChatRef,
  { member, signal, on }: Removed & { readonly on: boolean },
): Promise<void> {
  const nick = nickOf(context, member.user) ?? member.user;
  const what = on ? `${nick} was not banned` : `The ban of ${nick} was not lifted`;
  const wrong = wrongNick(nick);
  if (wrong !== undefined)
    throw new BridgeError("invalid", `${what} – ${wrong}`, { reached: "no", scope: "item" });
  await setMask(context, chat, { mask: `${nick}!*@*`, on, what, signal });
}
