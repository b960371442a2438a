import {
  asBridgeError,
  BridgeError,
  type ChatRef,
  type Connection,
  type ConnectingLogin,
  type Session,
} from "@bridgebox/core/adapter";
import type { Access } from "./access.ts";
import { superviseClient, type Client } from "./api/client.ts";
import { FileWires } from "./api/file-wires.ts";
import { Api } from "./api/tl.ts";
import { openSession } from "./authorise.ts";
import { CatchUp } from "./catch-up.ts";
import { createGroup } from "./create-group.ts";
import type { TelegramAccount, TelegramConfig } from "./config.ts";
import { setInfo } from "./chat-info.ts";
import { setMember } from "./chat-members.ts";
import { describe, describeUser, listChats, membersOf, resolve } from "./directory.ts";
import { join, leave } from "./taking-part.ts";
import { openMedia } from "./download.ts";
import { edit, remove } from "./editing.ts";
import { EmojiNames } from "./emoji-names.ts";
import { isLoginOver } from "./errors.ts";
import { StandardReactions } from "./features.ts";
import { readHistory } from "./history.ts";
import { chatRef, peerOfUser, type PeerId } from "./ids.ts";
import { KnownChannels } from "./known-channels.ts";
import { createLookups, type Lookups } from "./lookups.ts";
import type { View } from "./message.ts";
import type { Noting } from "./noting.ts";
import { planDrafts } from "./outgoing.ts";
import { markRead, pin, setOwn } from "./own.ts";
import { OwnRights } from "./own-rights.ts";
import { Peers } from "./peers.ts";
import { PollIndex } from "./poll-index.ts";
import { ownPresence, Watch, type Until } from "./presence.ts";
import { Pump } from "./pump.ts";
import { react, toReaction } from "./reactions.ts";
import { SentMedia } from "./sent-media.ts";
import { search } from "./search.ts";
import { find, send, type SenderOptions } from "./sending.ts";
import { telling } from "./store.ts";
import { Typing } from "./typing.ts";
import { Inbox } from "./updates.ts";
import { closePoll, vote } from "./votes.ts";
import { Whereabouts } from "./whereabouts.ts";

const retryDelay = 100;

/** One login on the network, from now until it is closed; resolves with its first outcome. */
export const connectLogin = async (
  config: TelegramConfig,
  login: ConnectingLogin<TelegramAccount>,
  session: Session<TelegramAccount>,
): Promise<Connection> => {
  const bot = isBot(login);
  const self: PeerId = peerOfUser(login.user) ?? { kind: "user", id: "0" };
  const store = telling(session.store);
  const standard = new StandardReactions();
  const peers = new Peers(store, {
    login: login.id,
    self,
    bot,
    rightsChanged: (peer) => {
      ownRights.changed(chatRef(peer, login.id)).catch((error: unknown) => {
        const what = "What can be done in a chat was not looked up";
        if (!signal.aborted) session.log.warn(what, { why: String(error) });
      });
    },
  });
  const whereabouts = new Whereabouts(store);
  const sending = new Map<string, string>();
  const polls = new PollIndex(store);
  const channels = new KnownChannels(store);
  const emoji = new EmojiNames();
  const ended = new AbortController();
  const held = Promise.withResolvers<void>();
  const signal = AbortSignal.any([session.signal, ended.signal]);
  const client: Client = superviseClient({
    log: session.log,
    signal,
    retryDelay,
    renewable: login.account.token !== undefined,
    open: (listener, until) =>
      openSession({ config, account: login.account, session, listener }, until),
    ready: () => pump.start(),
    state: (state, why) => {
      if (state !== "connected") inbox.listens(false);
      session.state(state, why);
    },
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
    met: async (channel, pts) => {
      if (inbox.position(`channel:${channel}`) !== undefined) return;
      await channels.remember(channel, { begin: pts });
      pump.push({ kind: "meet", channel, pts });
    },
  };
  const lookups = createLookups({
    access,
    emoji,
    index: polls,
    login: login.id,
    signal,
    topicOf: (channel, message) => whereabouts.topic(channel, message),
  });
  const watch = new Watch(signal, (events) => pump.push({ kind: "news", events }));
  const isThere = watch.note;
  const view = viewOf(login, { self, peers, whereabouts, isThere, log: session.log, lookups });
  const inbox = new Inbox({
    source: session.source("updates"),
    login: login.id,
    view,
    peers,
    whereabouts,
    polls,
    log: session.log,
    sending,
    missing: (line, hurry) => pump.missing(line, hurry),
    newChannel: (id, row) => channels.remember(id, row),
  });
  const catchUp = new CatchUp({
    access,
    inbox,
    login: login.id,
    channels,
    signal,
    chats: () => session.chats(),
    held: held.promise,
    later: (line) => pump.push({ kind: "later", line }),
  });
  const pump = new Pump({
    inbox,
    catchUp,
    log: session.log,
    signal,
    failed: (error) => client.restart(asBridgeError(error)),
  });
  const ownRights = new OwnRights({
    access,
    standard,
    chats: () => session.chats(),
    tell: (event) => pump.push({ kind: "news", events: [event] }),
    signal,
  });
  const wires = new FileWires({
    client,
    apiId: config.api_id,
    deviceName: config.device_name,
    pingEvery: config.ping_seconds * 1000,
    server: config.server,
    signal,
  });
  await client.started;
  const sentMedia = new SentMedia(store);
  const uploader = { wires, media: session.media };
  const options: Whole = {
    access,
    pump,
    inbox,
    sending,
    sentMedia,
    uploader,
    wires,
    emoji,
    view,
    noting: { whereabouts, polls },
    login,
    typing: new Typing(access, signal),
    standard,
  };
  // The caller has what is returned here before anything else happens in the loop.
  setImmediate(() => held.resolve());
  return {
    ...common(options),
    ...(bot ? {} : { ...personal(options), presence: ownPresence(access, signal) }),
    signOut: async (until) => {
      const what = "The session was not ended";
      await client.call(new Api.auth.LogOut(), { what, signal: until }).catch(overAlready);
      ended.abort();
    },
    close: async () => {
      ended.abort();
      await wires.close();
      await client.close();
    },
  };
};

const overAlready = (error: unknown): void => {
  if (!(error instanceof BridgeError) || !isLoginOver(error)) throw error;
};

interface Whole extends SenderOptions {
  readonly wires: FileWires;
  readonly emoji: EmojiNames;
  readonly typing: Typing;
  readonly standard: StandardReactions;
  readonly view: View;
  readonly noting: Noting;
  readonly login: ConnectingLogin<TelegramAccount>;
}

const common = (options: Whole): Omit<Connection, "close"> => {
  const { access, login, pump, typing } = options;
  const told = (updates: Api.TypeUpdates | undefined) => {
    if (updates !== undefined) pump.push({ kind: "updates", updates });
  };
  return {
    probe: async (signal) => {
      const what = "You are not connected to Telegram any more";
      await access.client.call(new Api.updates.GetState(), { what, signal });
    },
    plan: planDrafts,
    send: (order, attempt) => send(options, order, attempt),
    find: (order, attempt) => find(options, order, attempt),
    edit: (id, order, attempt) => edit(options, { id, order }, attempt),
    remove: (chat, id, _by, signal) => remove(options, { chat, id }, signal),
    react: async (chat, { id, on, ...which }, _by, signal) => {
      const reaction = toReaction(which);
      told(await react(options, { chat, id, reaction, on }, signal));
    },
    open: (media, signal) => openMedia(options, media, signal),
    pin: async (chat, change, signal) => told(await pin(access, { chat, ...change }, signal)),
    closePoll: async (chat, id, signal) => told(await closePoll(access, { chat, id }, signal)),
    setInfo: async (chat, change, signal) => {
      for (const one of await setInfo(options, { chat, change }, signal)) told(one);
    },
    setMember: async (chat, change, signal) => {
      for (const one of await setMember(access, { chat, change }, signal)) told(one);
    },
    describe: (chat, signal) => describe(options, chat, signal),
    user: (user, signal) => describeUser(access, user, signal),
    members: (chat, signal) => membersOf(options, chat, signal),
    resolve: (identifier, signal) => resolve(access, { identifier, login: login.id }, signal),
    typing: (chat: ChatRef, what) => typing.show(chat, what),
    startChat: async (user) => chatRef(peerOfUser(user) ?? { kind: "user", id: user }, login.id),
  };
};

/** What Telegram allows to people only. */
const personal = (options: Whole): Partial<Connection> => {
  const { access, login, pump } = options;
  return {
    history: (query, signal) => readHistory(options, query, signal),
    markRead: (chat, upTo, signal) => markRead(access, { chat, upTo }, signal),
    join: (chat, signal, key) =>
      join(access, { chat, ...(key === undefined ? {} : { key }) }, signal),
    search: (text, signal) => search(access, { text, login: login.id }, signal),
    createGroup: async (group, attempt) => {
      const { chat, updates } = await createGroup(access, { group, login: login.id }, attempt);
      for (const one of updates) pump.push({ kind: "updates", updates: one });
      return chat;
    },
    leave: (chat, _reason, signal) => leave(access, chat, signal),
    own: (chat, change, signal) => setOwn(access, { chat, change }, signal),
    vote: async (chat, chosen, signal) =>
      pump.push({ kind: "updates", updates: await vote(access, { chat, ...chosen }, signal) }),
    chats: (signal) => listChats(access, { login: login.id, log: access.log }, signal),
  };
};

interface Around {
  readonly isThere: Until;
  readonly self: PeerId;
  readonly peers: Peers;
  readonly whereabouts: Whereabouts;
  readonly log: View["log"];
  readonly lookups: Lookups;
}

const isBot = ({ role, account }: ConnectingLogin<TelegramAccount>): boolean =>
  role === "bot" || account.token !== undefined;

const viewOf = (login: ConnectingLogin<TelegramAccount>, around: Around): View => ({
  login: login.id,
  self: around.self,
  bot: isBot(login),
  log: around.log,
  mentioned: (username) => {
    const peer = around.peers.byUsername(username);
    return peer?.kind === "user" ? peer.id : undefined;
  },
  nameOf: (peer) => around.peers.recent(peer)?.name,
  isThere: around.isThere,
  lookups: around.lookups,
  whereIs: (message) => around.whereabouts.find(message),
  topicOf: (channel, message) => around.whereabouts.topic(channel, message),
  linkTo: (peer, message) => {
    if (peer.kind !== "channel") return undefined;
    const username = around.peers.recent(peer)?.username;
    return username === undefined
      ? `https://t.me/c/${peer.id}/${message}`
      : `https://t.me/${username}/${message}`;
  },
});
