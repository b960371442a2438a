import type {
  Attempt,
  ChatFeatures,
  ChatInfo,
  ChatRef,
  ConnectingLogin,
  Connection,
  Json,
  Member,
  Order,
  Session,
  UserId,
} from "@bridgebox/core/adapter";
import { asBridgeError, BridgeError, messageId, userId } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Line } from "./api/line.ts";
import { command } from "./api/line.ts";
import type { IrcAccount } from "./config.ts";
import { refusal, withdrawn } from "./errors.ts";
import { plainStyle } from "./format.ts";
import { isChannel, wrongChannel, wrongNick } from "./ids.ts";
import type { Link } from "./link.ts";
import { roleOf } from "./modes.ts";
import type { Shared } from "./shared.ts";
import { parseBody, planMessage } from "./plan.ts";
import type { Channel } from "./roster.ts";
import { visibilityOf } from "./roster.ts";
import { split } from "./split.ts";

export interface ConnectionContext {
  readonly link: Link;
  readonly shared: Shared;
  readonly login: ConnectingLogin<IrcAccount>;
  readonly session: Session<IrcAccount>;
  closed(): void;
}

const invalid = (what: string, why: string): BridgeError =>
  new BridgeError("invalid", `${what} – ${why}`, { reached: "no", scope: "item" });

const missing = (what: string): BridgeError =>
  new BridgeError("unsupported", `${what} – IRC has nothing like it.`, {
    reached: "no",
    scope: "item",
  });

const isQuery = ({ id }: ChatRef): boolean => !isChannel(id);

function featuresOf(chat: ChatRef, maxAge: number): ChatFeatures {
  const always = ["plan", "user", "members", "resolve", "startChat"] as const;
  return {
    version: "1",
    text: { max: 60_000, unit: "byte", lines: "single" },
    relay: { text: "prefix", media: "prefix" },
    can: isQuery(chat) ? always : [...always, "join", "leave", "setInfo", "setMember"],
    parts: [],
    media: {},
    thread: "none",
    maxAge: maxAge * 1000,
  };
}

function lineOf(body: Json, target: string): Line {
  const { as, text } = parseBody(body);
  if (as === "action") return command.action(target, text);
  return as === "notice" ? command.notice(target, text) : command.privmsg(target, text);
}

/** What somebody is called now. */
const nickOf = ({ shared, link }: ConnectionContext, user: UserId): string | undefined =>
  shared.own.nickOf(user) ?? link.roster.spelling(user);

/** The name to write on the wire for a chat. */
const targetOf = (context: ConnectionContext, { id }: ChatRef): string =>
  isChannel(id)
    ? (context.link.roster.channel(id)?.name ?? id)
    : (nickOf(context, userId(id)) ?? id);

/** In the channel, or a reason that says for sure that the message was not written. */
async function entered({ link }: ConnectionContext, chat: ChatRef, signal: AbortSignal) {
  try {
    await link.membership.join(chat.id, signal);
  } catch (thrown) {
    const { code, message, scope } = asBridgeError(thrown);
    throw new BridgeError(code, message, { reached: "no", scope, cause: thrown });
  }
}

async function send(context: ConnectionContext, order: Order, attempt: Attempt) {
  const { link } = context;
  const { chat, draft } = order;
  if (attempt.signal.aborted) throw withdrawn();
  if (!isQuery(chat)) await entered(context, chat, attempt.signal);
  const target = targetOf(context, chat);
  await link.client("The message was not sent").say({
    line: lineOf(draft.body, target),
    lane: chat.id,
    target,
    key: attempt.key,
    signal: attempt.signal,
  });
  return { state: "sent" as const, sent: { id: messageId(attempt.key), at: Date.now() } };
}

const peopleOf = ({ shared }: ConnectionContext, { people }: Channel): readonly Member[] =>
  [...people].map(([user, { nick, modes }]) => ({
    user: shared.own.userOf(nick, shared.names()) ?? user,
    state: "join",
    role: roleOf(modes),
  }));

/** How long the modes of a channel may take: without them it counts as secret. */
const modesMs = 5000;

/** A channel that was just entered has not told its modes yet. */
async function modesKnown({ link }: ConnectionContext, channel: Channel, signal: AbortSignal) {
  if (channel.flags !== undefined) return;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(modesMs)]);
  const client = link.client("The channel was not looked at");
  await client.until(() => channel.flags !== undefined, patience).catch(() => undefined);
}

async function describe(
  context: ConnectionContext,
  chat: ChatRef,
  signal: AbortSignal,
): Promise<ChatInfo> {
  const { link, shared } = context;
  const features = featuresOf(chat, shared.config.max_age);
  if (isQuery(chat)) {
    const peer = shared.names().user(chat.id);
    const name = link.roster.spelling(peer) ?? chat.id;
    return { kind: "dm", name, peer, visibility: "secret", features };
  }
  const channel = link.roster.channel(chat.id);
  if (channel === undefined) {
    return { kind: "group", name: chat.id, visibility: "secret", features };
  }
  await modesKnown(context, channel, signal);
  link.retell(channel);
  return {
    kind: "group",
    name: channel.name,
    ...(channel.topic === undefined ? {} : { topic: channel.topic }),
    visibility: visibilityOf(channel),
    features,
    members: peopleOf(context, channel),
    membersComplete: channel.complete,
  };
}

/** Writes a command and waits until the server has done it or said why not. */
async function ask(
  { link, shared }: ConnectionContext,
  { line, what, done }: { line: Line; what: string; done: (message: IrcMessage) => boolean },
  { about, signal }: { readonly about: readonly string[]; readonly signal: AbortSignal },
): Promise<IrcMessage> {
  const { fold } = shared.names();
  const named = about.map(fold);
  const client = link.client(what);
  const answer = client.until((message) => {
    if (done(message)) return true;
    if (!message.params.slice(1, -1).some((param) => named.includes(fold(param)))) return false;
    return refusal(message, what) ?? false;
  }, signal);
  client.submit(0, line);
  return answer;
}

async function setTopic(
  context: ConnectionContext,
  chat: ChatRef,
  facts: { topic: string; signal: AbortSignal },
) {
  const { topic, signal } = facts;
  const { fold } = context.shared.names();
  const target = targetOf(context, chat);
  const text = topic.replace(/[\r\n\u2028\u2029]+/g, " ").replace(/\p{Cc}/gu, "");
  const [first = ""] = split([{ text, style: plainStyle }], 390);
  const done = ({ command: verb, params }: IrcMessage) =>
    verb === "TOPIC" && fold(params[0] ?? "") === chat.id;
  const what = "The topic was not changed";
  await ask(
    context,
    { line: command.topic(target, first), what, done },
    { about: [chat.id], signal },
  );
}

async function kick(
  context: ConnectionContext,
  chat: ChatRef,
  facts: { member: Member; signal: AbortSignal },
) {
  const { member, signal } = facts;
  const { fold } = context.shared.names();
  const nick = nickOf(context, member.user) ?? member.user;
  const reason = member.reason?.replace(/[\r\n\0]+/g, " ").slice(0, 200);
  const done = ({ command: verb, params }: IrcMessage) =>
    verb === "KICK" && fold(params[0] ?? "") === chat.id && fold(params[1] ?? "") === fold(nick);
  const line = command.kick(targetOf(context, chat), nick, reason);
  const what = `${nick} was not removed`;
  await ask(context, { line, what, done }, { about: [chat.id, nick], signal });
}

async function resolve(context: ConnectionContext, identifier: string, signal: AbortSignal) {
  const name = identifier.trim() === identifier ? identifier.replace(/^@/, "") : identifier;
  const names = context.shared.names();
  const what = "Nothing was looked up";
  if (/^[#&]/.test(name)) {
    const wrong = wrongChannel(name);
    if (wrong !== undefined) throw invalid(what, wrong);
    return { name, chat: names.channel(name) };
  }
  const wrong = wrongNick(name);
  if (wrong !== undefined) throw invalid(what, wrong);
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

async function* members(context: ConnectionContext, chat: ChatRef) {
  const channel = context.link.roster.channel(chat.id);
  if (channel !== undefined) yield peopleOf(context, channel);
}

/** What one client can do. There is no `find`: plain IRC cannot tell whether a line arrived. */
export function connectionOf(context: ConnectionContext): Connection {
  const { link, shared, login, session } = context;
  return {
    plan: (message) =>
      planMessage(message, {
        budget: 512 - 2 - link.prefixBytes,
        target: targetOf(context, message.chat),
        nick: (user) => nickOf(context, user),
        url: (media) => session.media.publicUrl(media, 7 * 24 * 3_600_000),
      }),
    send: (order, attempt) => send(context, order, attempt),
    describe: (chat, signal) => describe(context, chat, signal),
    close: async () => {
      await link.close();
      context.closed();
    },
    join: (chat, signal) => link.membership.join(chat.id, signal),
    leave: (chat, reason, signal) => link.membership.leave(chat.id, reason, signal),
    user: async (id) => ({ name: nickOf(context, id) ?? id }),
    members: (chat) => members(context, chat),
    resolve: (identifier, signal) => resolve(context, identifier, signal),
    startChat: async (user) => shared.names().query(user, login.id),
    setInfo: async (chat, { topic, name, avatar }, signal) => {
      if (name !== undefined || avatar !== undefined) throw missing("It was not changed");
      if (topic !== undefined) await setTopic(context, chat, { topic, signal });
    },
    setMember: async (chat, member, signal) => {
      if (member.state !== "leave") throw missing("It was not changed");
      await kick(context, chat, { member, signal });
    },
  };
}
