import type { ChatInfo, ChatRef, UserId } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { nickOf, targetOf } from "./address.ts";
import { command } from "./api/line.ts";
import { ask } from "./ask.ts";
import type { ConnectionContext } from "./context.ts";
import { wrongChannel } from "./ids.ts";

interface Group {
  readonly name?: string;
  readonly members: readonly UserId[];
  readonly kind: ChatInfo["kind"];
}

const what = "No channel was made";

const invalid = (why: string): BridgeError =>
  new BridgeError("invalid", `${what} – ${why}`, { reached: "no", scope: "item" });

/** A channel is made by joining it, and people are asked in (RFC 2812, 3.2.1 and 3.2.7). */
export async function createGroup(
  context: ConnectionContext,
  { name, members }: Group,
  signal: AbortSignal,
): Promise<ChatRef> {
  const word = name?.trim().replaceAll(/\s+/g, "-") ?? "";
  if (word === "")
    throw invalid(
      "IRC has no groups without a name. Say a channel, such as #lunch: I join it for you, which makes it where there is none.",
    );
  const channel = /^[#&]/.test(word) ? word : `#${word}`;
  const wrong = wrongChannel(channel);
  if (wrong !== undefined) throw invalid(wrong);
  const chat = context.shared.names().channel(channel);
  if (context.link.keys.isLent(chat.id))
    throw new BridgeError(
      "forbidden",
      `${what} – ${channel} is there and has a key. Say it behind the name where you enter it: join.`,
      { reached: "no", scope: "item" },
    );
  await context.link.membership.join(chat.id, signal);
  for (const member of members) await invite(context, chat, { member, signal });
  return chat;
}

/** Who is there already (443) need not be invited. */
async function invite(
  context: ConnectionContext,
  chat: ChatRef,
  { member, signal }: { readonly member: UserId; readonly signal: AbortSignal },
): Promise<void> {
  const { fold } = context.shared.names();
  const nick = nickOf(context, member) ?? member;
  const done = ({ command: verb, params }: IrcMessage): boolean =>
    (verb === "341" || verb === "443") &&
    params.some((param) => fold(param) === fold(nick)) &&
    params.some((param) => fold(param) === chat.id);
  const asking = {
    line: command.invite(nick, targetOf(context, chat)),
    what: `You are in ${chat.id}, but ${nick} was not invited`,
    done,
  };
  await ask(context, asking, { about: [chat.id, nick], signal });
}
