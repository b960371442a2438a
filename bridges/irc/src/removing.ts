import type { ChatRef, Member } from "@bridgebox/core/adapter";
import { asBridgeError, BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { nickOf, targetOf } from "./address.ts";
import { command } from "./api/line.ts";
import { ask } from "./ask.ts";
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

/**
 * RFC 2811, 4.3.1. People are their nicks here, and so are their bans. Servers say nothing to a ban that
 * stands already, or to one lifted that does not: the list is looked at first.
 */
async function ban(
  context: ConnectionContext,
  chat: ChatRef,
  { member, signal, on }: Removed & { readonly on: boolean },
): Promise<void> {
  const { fold } = context.shared.names();
  const nick = nickOf(context, member.user) ?? member.user;
  const what = on ? `${nick} was not banned` : `The ban of ${nick} was not lifted`;
  const wrong = wrongNick(nick);
  if (wrong !== undefined)
    throw new BridgeError("invalid", `${what} – ${wrong}`, { reached: "no", scope: "item" });
  const target = targetOf(context, chat);
  const mask = `${nick}!*@*`;
  const named = (params: readonly string[]) => params.some((one) => fold(one) === fold(mask));
  const about = { about: [chat.id, mask], signal };
  let stands = false;
  const listed = ({ command: verb, params: [, where = "", ...rest] }: IrcMessage) => {
    if (fold(where) !== chat.id) return false;
    if (verb === "367" && named(rest.slice(0, 1))) stands = true;
    return verb === "368";
  };
  await ask(context, { line: command.bans(target), what, done: listed }, about);
  if (stands === on) return;
  const done = ({ command: verb, params: [where = "", ...rest] }: IrcMessage) =>
    verb === "MODE" && fold(where) === chat.id && named(rest);
  await ask(context, { line: command.mode(target, { on, mode: "b" }, mask), what, done }, about);
}
