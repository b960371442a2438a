import type { Resolved } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { command } from "./api/line.ts";
import type { ConnectionContext } from "./context.ts";
import type { Audience } from "./ids.ts";
import { audienceOf, wrongChannel, wrongNick } from "./ids.ts";
import { keyedName, wrongKey } from "./keys.ts";

const what = "Nothing was looked up";

const invalid = (why: string): BridgeError =>
  new BridgeError("invalid", `${what} – ${why}`, { reached: "no", scope: "item" });

/** Those of a channel who have a rank: only for who is there with a nick of their own. */
function partOf({ shared, login }: ConnectionContext, part: Audience): Resolved {
  const wrong = wrongChannel(part.channel);
  if (wrong !== undefined) throw invalid(wrong);
  const name = part.sign + part.channel;
  if (login.role === "relay")
    throw invalid(`${name} is for part of a channel: log in with a nick of your own, then say pm.`);
  return { name, chat: shared.names().audience(part, login.id) };
}

/** A channel, with its key if one is named, or whoever is called that now. */
export async function resolve(
  context: ConnectionContext,
  identifier: string,
  signal: AbortSignal,
): Promise<Resolved | undefined> {
  const part = audienceOf(identifier.trim());
  if (part !== undefined) return partOf(context, part);
  const name = identifier.trim() === identifier ? identifier.replace(/^@/, "") : identifier;
  const names = context.shared.names();
  const keyed = keyedName(name);
  if (keyed !== undefined && wrongChannel(keyed.name) === undefined) {
    if (keyed.key === undefined) throw invalid(wrongKey);
    const chat = names.channel(keyed.name);
    const admits = context.link.keys.of(chat.id) === keyed.key;
    // Whoever is inside needs no key: a wrong one would only be in the way of coming back.
    if (context.link.roster.channel(chat.id) === undefined)
      context.link.keys.offer(chat.id, keyed.key);
    return { name: keyed.name, chat, ...(admits ? ({ admits } as const) : {}) };
  }
  if (/^[#&]/.test(name)) {
    const wrong = wrongChannel(keyed?.name ?? name);
    if (wrong !== undefined) throw invalid(wrong);
    return { name, chat: names.channel(name) };
  }
  const wrong = wrongNick(name);
  if (wrong !== undefined) throw invalid(wrong);
  let found: string | undefined;
  const done = ({ command: verb, params }: IrcMessage) => {
    if (names.fold(params[1] ?? "") !== names.fold(name)) return false;
    if (verb === "311") found = params[1];
    return verb === "318";
  };
  const client = context.link.client(what);
  const answer = client.until(done, signal);
  client.submit(1, command.whois(name));
  await answer;
  if (found === undefined) return undefined;
  const user = names.user(found);
  const chat = names.query(found, context.login.id);
  return {
    name: found,
    user,
    info: { name: found },
    ...(context.login.role === "relay" ? {} : { chat }),
  };
}
