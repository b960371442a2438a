import type { ChatRef, Connection, MessageId, Speaker } from "@bridgebox/core/adapter";
import { BridgeError, userId } from "@bridgebox/core/adapter";
import { randomUUID } from "node:crypto";
import { entered, nickOf, targetOf } from "./address.ts";
import type { Client } from "./api/client.ts";
import type { Line, Tags } from "./api/line.ts";
import { command } from "./api/line.ts";
import type { ConnectionContext } from "./context.ts";
import { reactsTo, tag } from "./features.ts";
import { msgidOf } from "./ids.ts";
import type { Said } from "./recent.ts";
import type { Told } from "./told.ts";
import { relayPrefix } from "./relay-name.ts";
import { split } from "./split.ts";
import { plainStyle } from "./format.ts";

type React = NonNullable<Connection["react"]>;
type Reaction = Parameters<React>[1];

/** One line without anything that ends it or hides in it. */
const oneLine = (text: string): string =>
  text.replace(/[\r\n\u2028\u2029\t]+/g, " ").replace(/\p{Cc}/gu, "");

const freshKey = (): string => `r${randomUUID().replaceAll("-", "")}`;

interface Doing {
  readonly client: Client;
  readonly chat: ChatRef;
  readonly target: string;
  readonly signal: AbortSignal;
}

const say = ({ client, chat, target, signal }: Doing, line: Line, tags: Tags, what: string) =>
  client.say({ lines: [line], tags, lane: chat.id, target, key: freshKey(), signal, what });

/** Where reactions are no part of the network, a short line: `reacted with 👍 to bob: "see you"`. */
const sentenceOf = (emoji: string, said: Said | undefined): string => {
  const words = oneLine(said?.text ?? "").trim();
  const [excerpt = ""] = split([{ text: words, style: plainStyle }], 160);
  const cut = excerpt.length < words.length ? `${excerpt}…` : excerpt;
  const quoted = cut === "" ? "" : `: "${cut}"`;
  const about = said === undefined ? "an earlier message" : `${oneLine(said.nick)}${quoted}`;
  return `reacted with ${oneLine(emoji).slice(0, 64)} to ${about}`;
};

const unsupported = (what: string, why: string): BridgeError =>
  new BridgeError("unsupported", `${what} – ${why}`, { reached: "no", scope: "item" });

/** A reaction by its tag, or as a line where the server or the message has none. */
export async function react(
  context: ConnectionContext,
  chat: ChatRef,
  { id, emoji, on }: Reaction,
  { by, signal }: { readonly by: Speaker; readonly signal: AbortSignal },
): Promise<void> {
  const { link, shared } = context;
  const what = on ? "The reaction was not sent" : "The reaction was not taken back";
  await entered(context, chat, signal);
  const client = link.client(what);
  const doing = { client, chat, target: targetOf(context, chat), signal };
  const msgid = msgidOf(id);
  if (msgid !== undefined && reactsTo(client.abilities)) {
    const tags = { [on ? tag.react : tag.unreact]: oneLine(emoji), [tag.reply]: msgid };
    await say(doing, command.tagmsg(doing.target), tags, what);
    return;
  }
  if (!on) throw unsupported(what, "on IRC it was a line of text, which stays.");
  if (shared.config.reactions === "off") {
    throw unsupported(
      what,
      "this IRC server has none, and lines instead of them are switched off.",
    );
  }
  const said = link.recent.get(id) ?? shared.heard(id);
  const nick = said && (nickOf(context, userId(said.nick)) ?? said.nick);
  const sentence = sentenceOf(emoji, said && nick ? { ...said, nick } : undefined);
  const line =
    by.as === "self"
      ? command.action(doing.target, sentence)
      : command.notice(doing.target, relayPrefix(by.name) + sentence);
  const who = by.as === "self" ? "" : by.handle;
  const told = `${id} ${who} ${oneLine(emoji).slice(0, 64)}`;
  await once(link.told, told, () => say(doing, line, {}, what));
}

/** A reaction is a state: told again it is the same, and a line of it is said once. */
async function once(told: Told, what: string, say: () => Promise<unknown>): Promise<void> {
  const before = await told.begin(what);
  if (before === "said") return;
  if (before === "doubtful") throw unseen();
  try {
    await say();
  } catch (error) {
    if (error instanceof BridgeError && error.reached === "no") await told.unsaid(what);
    throw error;
  }
  await told.said(what);
}

const unseen = (): BridgeError =>
  new BridgeError(
    "doubtful",
    "on IRC it is a line of text, and the connection broke off while that was sent. Look in the channel, and react again if it is missing.",
    { reached: "unknown", scope: "item" },
  );

/** Deletes a message by its id; one that is gone already is a success. */
export async function remove(
  context: ConnectionContext,
  chat: ChatRef,
  { id, signal }: { readonly id: MessageId; readonly signal: AbortSignal },
): Promise<void> {
  const what = "The message was not deleted";
  const msgid = msgidOf(id);
  if (msgid === undefined) throw unsupported(what, "the IRC server gave it no id to name it by.");
  await entered(context, chat, signal);
  const client = context.link.client(what);
  const doing = { client, chat, target: targetOf(context, chat), signal };
  try {
    await say(doing, command.redact(doing.target, msgid), {}, what);
  } catch (error) {
    if (error instanceof BridgeError && error.code === "not_found") return;
    throw error;
  }
}

/** Between two notices that somebody types, by the specification of +typing. */
const typingEveryMs = 3_000;

/** Tells that this login types; seldom enough that nobody is flooded. */
export function typist(context: ConnectionContext): (chat: ChatRef, what: "text" | "none") => void {
  const told = new Map<string, number>();
  return (chat, what) => {
    const client = context.link.registered;
    if (client?.abilities?.sends(tag.typing) !== true) return;
    const last = told.get(chat.id);
    const now = Date.now();
    if (what === "none") {
      if (last === undefined) return;
      told.delete(chat.id);
    } else {
      if (last !== undefined && now - last < typingEveryMs) return;
      if (told.size > 1000) told.clear();
      told.set(chat.id, now);
    }
    const tags = { [tag.typing]: what === "text" ? "active" : "done" };
    client.hint(command.tagmsg(targetOf(context, chat)), tags, chat.id);
  };
}
