import {
  type ChatRef,
  type Connection,
  type ConnectingLogin,
  type MessageId,
  type Session,
} from "@bridgebox/core/adapter";
import { reach, type Access } from "./access.ts";
import { superviseClient } from "./api/client.ts";
import { Api } from "./api/tl.ts";
import { openSession } from "./authorise.ts";
import { CatchUp } from "./catch-up.ts";
import type { TelegramAccount, TelegramConfig } from "./config.ts";
import { describe, describeUser, listChats, membersOf, resolve } from "./directory.ts";
import { rpcName } from "./errors.ts";
import { readHistory } from "./history.ts";
import { chatRef, messageNumber, peerOfUser, type PeerId } from "./ids.ts";
import type { View } from "./message.ts";
import { planDrafts } from "./outgoing.ts";
import { Peers } from "./peers.ts";
import { Pump } from "./pump.ts";
import { edit, find, send, type SenderOptions } from "./sending.ts";
import { Inbox } from "./updates.ts";
import { Whereabouts } from "./whereabouts.ts";

const retryDelay = 100;
const shortCall = 10_000;

/** One login on the network, from now until it is closed; resolves with its first outcome. */
export const connectLogin = async (
  config: TelegramConfig,
  login: ConnectingLogin<TelegramAccount>,
  session: Session<TelegramAccount>,
): Promise<Connection> => {
  const bot = login.role === "bot" || login.account.token !== undefined;
  const self: PeerId = peerOfUser(login.user) ?? { kind: "user", id: "0" };
  const peers = new Peers(session.store, login.id, bot);
  const whereabouts = new Whereabouts(session.store);
  const sending = new Map<string, string>();
  const view = viewOf(login, { self, peers, whereabouts, log: session.log });
  const inbox = new Inbox({
    source: session.source("updates"),
    login: login.id,
    view,
    peers,
    whereabouts,
    log: session.log,
    sending,
    missing: (line, hurry) => pump.missing(line, hurry),
    newChannel: (id) => catchUp.remember(id),
  });
  const ended = new AbortController();
  const signal = AbortSignal.any([session.signal, ended.signal]);
  const client = superviseClient({
    log: session.log,
    signal,
    retryDelay,
    renewable: login.account.token !== undefined,
    open: (listener, until) =>
      openSession({ config, account: login.account, session, listener }, until),
    ready: () => pump.start(),
    state: (state, why) => session.state(state, why),
    onUpdates: (updates) => pump.push({ kind: "updates", updates }),
    onNewSession: () => pump.missing("pts", true),
  });
  const access: Access = {
    client,
    peers,
    bot,
    self,
    log: session.log,
    learn: async (users, chats) => {
      const events = await peers.learn(users, chats);
      if (events.length > 0) pump.push({ kind: "news", events });
    },
    met: (channel, pts) => pump.meet(channel, pts),
  };
  const catchUp = new CatchUp({
    access,
    inbox,
    view,
    login: login.id,
    store: session.store,
    signal,
    chats: () => session.chats(),
  });
  const pump = new Pump({
    inbox,
    catchUp,
    log: session.log,
    signal,
    failed: (error) => client.restart(error),
  });
  await client.started;
  const options: SenderOptions = { access, pump, inbox, sending };
  const close = async () => {
    ended.abort();
    await client.close();
  };
  return {
    ...common(options, { view, login }),
    ...(bot ? {} : personal(access, { view, login })),
    close,
  };
};

interface Whose {
  readonly view: View;
  readonly login: ConnectingLogin<TelegramAccount>;
}

const common = (options: SenderOptions, { login }: Whose): Omit<Connection, "close"> => {
  const { access } = options;
  return {
    plan: planDrafts,
    send: (order, attempt) => send(options, order, attempt),
    find: (order, attempt) => find(options, order, attempt),
    edit: (id, order, attempt) => edit(options, { id, order }, attempt),
    remove: (chat, id, _by, signal) => remove(options, { chat, id }, signal),
    describe: (chat, signal) => describe(access, chat, signal),
    user: (user, signal) => describeUser(access, user, signal),
    members: (chat, signal) => membersOf(access, chat, signal),
    resolve: (identifier, signal) => resolve(access, { identifier, login: login.id }, signal),
    typing: (chat, what) => void showTyping(access, chat, what).catch(() => undefined),
    startChat: async (user) => chatRef(peerOfUser(user) ?? { kind: "user", id: user }, login.id),
  };
};

/** What Telegram allows to people only. */
const personal = (access: Access, { view, login }: Whose): Partial<Connection> => ({
  history: (query, signal) => readHistory({ access, view }, query, signal),
  markRead: (chat, upTo, signal) => markRead(access, { chat, upTo }, signal),
  chats: (signal) => listChats(access, { login: login.id, log: access.log }, signal),
});

const remove = async (
  { access, pump }: SenderOptions,
  { chat, id }: { readonly chat: ChatRef; readonly id: MessageId },
  signal: AbortSignal,
): Promise<void> => {
  const what = "The message was not deleted";
  const { peer } = await reach(access, chat, what);
  const ids = [messageNumber(id) ?? 0];
  const channel = peer.kind === "channel" ? await access.peers.inputChannel(peer.id) : undefined;
  const request =
    channel === undefined
      ? new Api.messages.DeleteMessages({ id: ids, revoke: true })
      : new Api.channels.DeleteMessages({ channel, id: ids });
  const line = channel === undefined ? "pts" : `channel:${peer.id}`;
  try {
    await access.client.call<Api.messages.AffectedMessages>(request, {
      what,
      signal,
      answered: ({ pts, ptsCount }) => pump.push({ kind: "count", line, pts, count: ptsCount }),
    });
  } catch (error) {
    const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
    if (name !== "MESSAGE_ID_INVALID" && name !== "MSG_ID_INVALID") throw error;
  }
};

const showTyping = async (access: Access, chat: ChatRef, what: "text" | "none"): Promise<void> => {
  const ask = { what: "Typing was not shown", signal: AbortSignal.timeout(shortCall) };
  const { input: peer } = await reach(access, chat, ask.what);
  const action =
    what === "text" ? new Api.SendMessageTypingAction() : new Api.SendMessageCancelAction();
  await access.client.call(new Api.messages.SetTyping({ peer, action }), ask);
};

const markRead = async (
  access: Access,
  { chat, upTo }: { readonly chat: ChatRef; readonly upTo: MessageId },
  signal: AbortSignal,
): Promise<void> => {
  const ask = { what: "It was not marked as read", signal };
  const { peer, input } = await reach(access, chat, ask.what);
  const maxId = messageNumber(upTo) ?? 0;
  const channel = peer.kind === "channel" ? await access.peers.inputChannel(peer.id) : undefined;
  if (channel !== undefined) {
    await access.client.call(new Api.channels.ReadHistory({ channel, maxId }), ask);
    return;
  }
  await access.client.call(new Api.messages.ReadHistory({ peer: input, maxId }), ask);
};

interface Around {
  readonly self: PeerId;
  readonly peers: Peers;
  readonly whereabouts: Whereabouts;
  readonly log: View["log"];
}

const viewOf = (login: ConnectingLogin<TelegramAccount>, around: Around): View => ({
  login: login.id,
  self: around.self,
  log: around.log,
  mentioned: (username) => {
    const peer = around.peers.byUsername(username);
    return peer?.kind === "user" ? peer.id : undefined;
  },
  nameOf: (peer) => around.peers.recent(peer)?.name,
  whereIs: (message) => around.whereabouts.find(message),
  linkTo: (peer, message) => {
    if (peer.kind !== "channel") return undefined;
    const username = around.peers.recent(peer)?.username;
    return username === undefined
      ? `https://t.me/c/${peer.id}/${message}`
      : `https://t.me/${username}/${message}`;
  },
});
