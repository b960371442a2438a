import type {
  ChatInfo,
  ChatRef,
  Connection,
  Draft,
  HistoryQuery,
  Member,
  Outgoing,
} from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { nickOf, targetOf } from "./address.ts";
import { command } from "./api/line.ts";
import { ask } from "./ask.ts";
import { bans, setBan } from "./bans.ts";
import type { ConnectionContext } from "./context.ts";
import { offline } from "./errors.ts";
import type { Servable } from "./features.ts";
import { servable, tag } from "./features.ts";
import { find } from "./find.ts";
import { createGroup } from "./create-group.ts";
import { plainStyle } from "./format.ts";
import { pageOf } from "./history.ts";
import type { Audience } from "./ids.ts";
import { audienceOf, isQuery, wrongNick } from "./ids.ts";
import type { Link } from "./link.ts";
import { changesTo } from "./modes.ts";
import { linkMs } from "./paste.ts";
import { planMessage } from "./plan.ts";
import { react, remove, typist } from "./react.ts";
import { takeOut } from "./removing.ts";
import { resolve } from "./resolve.ts";
import type { Channel } from "./roster.ts";
import { doorOf, peopleOf, visibilityOf } from "./roster.ts";
import { channelSearch } from "./search.ts";
import { send } from "./send.ts";
import { split } from "./split.ts";

const invalid = (what: string, why: string): BridgeError =>
  new BridgeError("invalid", `${what} – ${why}`, { reached: "no", scope: "item" });

const missing = (what: string): BridgeError =>
  new BridgeError("unsupported", `${what} – IRC has nothing like it.`, {
    reached: "no",
    scope: "item",
  });

const listOf = ({ shared, login }: ConnectionContext, channel: Channel): readonly Member[] => {
  const { own } = shared;
  const names = shared.names();
  return peopleOf(channel, {
    own: login.user,
    userOf: (nick) => own.userOf(nick, names) ?? names.user(nick),
    isTaken: (nick) => own.isTaken(nick, names),
  });
};

/** How long the modes of a channel may take: without them it counts as secret. */
const modesMs = 5000;

/** A channel that was just entered has not told its modes yet. */
async function modesKnown({ link }: ConnectionContext, channel: Channel, signal: AbortSignal) {
  if (channel.flags !== undefined) return;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(modesMs)]);
  const client = link.client("The channel was not looked at");
  await client.until(() => channel.flags !== undefined, patience).catch(() => undefined);
}

const ranks: Readonly<Record<string, string>> = {
  "+": "whoever has a voice",
  "%": "half-operators",
  "@": "operators",
};

const partName = ({ link }: ConnectionContext, { sign, channel }: Audience): string =>
  `${link.roster.channel(channel)?.name ?? channel}, ${ranks[sign] ?? "owners"} only`;

async function describe(
  context: ConnectionContext,
  chat: ChatRef,
  signal: AbortSignal,
): Promise<ChatInfo> {
  const { link, shared } = context;
  const features = link.features(chat);
  if (isQuery(chat)) {
    const part = audienceOf(chat.id);
    if (part !== undefined)
      return { kind: "group", name: partName(context, part), visibility: "secret", features };
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
    ...doorOf(channel),
    features,
    members: listOf(context, channel),
    membersComplete: channel.complete,
  };
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

/** RFC 2812, 3.2.7: 341 says that it was passed on; 443, that they are on the channel already. */
async function invite(
  context: ConnectionContext,
  chat: ChatRef,
  { user, signal }: { user: Member["user"]; signal: AbortSignal },
) {
  const { fold } = context.shared.names();
  const nick = nickOf(context, user) ?? user;
  const named = (params: readonly string[]) => params.some((param) => fold(param) === fold(nick));
  const done = ({ command: verb, params }: IrcMessage) =>
    (verb === "341" || verb === "443") && named(params.slice(1));
  const line = command.invite(nick, targetOf(context, chat));
  const what = `${nick} was not invited`;
  await ask(context, { line, what, done }, { about: [chat.id, nick], signal });
}

/** One mode at a time: each ends by itself, and what is so already is not asked for. */
async function setRole(
  context: ConnectionContext,
  chat: ChatRef,
  { member: { user, role = "member" }, signal }: { member: Member; signal: AbortSignal },
) {
  const { link, shared } = context;
  const { fold } = shared.names();
  const nick = nickOf(context, user) ?? user;
  const what = `What ${nick} may do was not changed`;
  const person = link.roster.channel(chat.id)?.people.get(shared.names().user(nick));
  if (person === undefined) throw invalid(what, `${nick} is not on that channel.`);
  const changes = changesTo(role, person.modes);
  if (changes === undefined || !link.features(chat).roles?.includes(role)) throw missing(what);
  for (const { on, mode } of changes) {
    const done = ({ command: verb, params: [where = "", ...rest] }: IrcMessage) =>
      verb === "MODE" && fold(where) === chat.id && rest.some((one) => fold(one) === fold(nick));
    const line = command.mode(targetOf(context, chat), { on, mode }, nick);
    await ask(context, { line, what, done }, { about: [chat.id, nick], signal });
  }
}

/** Those that NAMES told of, once it was read to its end. */
async function* members(context: ConnectionContext, chat: ChatRef) {
  if (isQuery(chat)) return;
  const channel = context.link.roster.channel(chat.id);
  if (channel?.complete !== true)
    throw new BridgeError("network", `The members of ${chat.id} are not known yet.`, {
      reached: "no",
      scope: "chat",
    });
  yield listOf(context, channel);
}

/** How the message is laid out that this server takes. */
function plan(context: ConnectionContext, message: Outgoing): readonly Draft[] {
  const { link, session, shared } = context;
  const { abilities } = link;
  const separator = abilities?.relay?.separator;
  return planMessage(message, {
    budget: 512 - 2 - link.prefixBytes,
    target: targetOf(context, message.chat),
    nick: (user) => nickOf(context, user),
    url: (media) => session.media.publicUrl(media, linkMs),
    multiline: abilities?.multiline,
    replies: abilities?.sends(tag.reply) === true,
    relay: separator === undefined ? undefined : { separator, mark: shared.config.relay_mark },
    pasteFrom: session.media.links ? shared.config.paste_lines : 0,
  });
}

/**
 * What one client can do. What the server may or may not have is there while it has it: plain IRC can
 * neither be asked whether a line arrived, nor delete one.
 */
export function connectionOf(context: ConnectionContext): Connection {
  const { link, shared, login } = context;
  const look = channelSearch(context);
  const connection: Connection = {
    plan: (message) => plan(context, message),
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
    search: (text, signal) => look(text, signal),
    createGroup: (group, { signal }) => createGroup(context, group, signal),
    startChat: async (user) => {
      const wrong = wrongNick(user);
      if (wrong !== undefined) throw invalid("No chat was begun", wrong);
      return shared.names().query(user, login.id);
    },
    setInfo: async (chat, { topic, name, avatar }, signal) => {
      if (name !== undefined || avatar !== undefined) throw missing("It was not changed");
      if (topic !== undefined) await setTopic(context, chat, { topic, signal });
    },
    setMember: async (chat, member, signal) => {
      if (member.state === "invite") await invite(context, chat, { user: member.user, signal });
      else if (member.state !== "join") await takeOut(context, chat, { member, signal });
      else if (member.role !== undefined) await setRole(context, chat, { member, signal });
      else throw missing("It was not changed");
    },
    bans: (chat, signal) => bans(context, chat, signal),
    setBan: (chat, ban, signal) => setBan(context, chat, { ban, signal }),
    presence: (state, text) => presence(context, state, text),
  };
  return whereServed(connection, link, {
    find: (order, attempt) => find(context, order, attempt),
    remove: (chat, id, _by, signal) => remove(context, chat, { id, signal }),
    react: (chat, reaction, by, signal) => react(context, chat, reaction, { by, signal }),
    history: (query, signal) => history(context, query, signal),
    typing: typist(context),
  });
}

type Served = Required<Pick<Connection, Servable>>;

/** Adds methods that are there only while the server can do what they do. */
function whereServed(connection: Connection, link: Link, methods: Served): Connection {
  const look = <K extends keyof Served>(name: K): Served[K] | undefined =>
    link.serves(name) ? methods[name] : undefined;
  for (const name of servable) {
    Object.defineProperty(connection, name, { enumerable: true, get: () => look(name) });
  }
  return connection;
}

/** Away or back, as far as a person's own client says it; the relay is nobody. */
function presence(
  { link, login }: ConnectionContext,
  state: "online" | "away" | "offline",
  text: string | undefined,
): void {
  if (login.role === "relay") return;
  const words = (text ?? "")
    .replace(/[\r\n\u2028\u2029]+/g, " ")
    .replace(/\p{Cc}/gu, "")
    .trim();
  const [short = ""] = split([{ text: words, style: plainStyle }], 200);
  const why = state === "online" ? undefined : short || "away";
  link.registered?.submit(2, command.away(why));
}

async function history(context: ConnectionContext, query: HistoryQuery, signal: AbortSignal) {
  const { link } = context;
  const client = link.client("The history was not read");
  const { reading } = link;
  if (reading === undefined) throw offline("The history was not read");
  if (isQuery(query.chat) && audienceOf(query.chat.id) !== undefined)
    return { events: [], states: [], unlisted: "unknown" } as const;
  return pageOf({ client, reading, target: targetOf(context, query.chat) }, query, signal);
}
