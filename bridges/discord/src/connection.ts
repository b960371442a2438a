import type { ConnectingLogin, Connection, Session } from "@bridgebox/core/adapter";
import { setInfo, setMember } from "./administer.ts";
import { closePoll, createTyping, pin, react, startChat } from "./acting.ts";
import { findOrLook, sendOrAnswer } from "./answering.ts";
import { superviseGateway } from "./api/gateway.ts";
import type { Gateway } from "./api/gateway.ts";
import { openRest } from "./api/rest.ts";
import { Commands } from "./commands.ts";
import { mediaHosts, picturesOf } from "./config.ts";
import type { DiscordAccount, DiscordConfig } from "./config.ts";
import { createGroup } from "./create-group.ts";
import { describe, describeUser, listChats, membersOf, resolve, search } from "./directory.ts";
import { openMedia } from "./download.ts";
import { notRead } from "./errors.ts";
import { readHistory } from "./history.ts";
import { directRef } from "./ids.ts";
import { Intents } from "./intents.ts";
import { Newest } from "./newest.ts";
import { planDrafts } from "./outgoing.ts";
import { inviteLink } from "./permissions.ts";
import { Places } from "./places.ts";
import { Presences } from "./presences.ts";
import { createProfiles } from "./profiles.ts";
import { Pump } from "./pump.ts";
import { edit, remove } from "./sending.ts";
import type { Sender } from "./sending.ts";
import { Standings } from "./standings.ts";
import { readApplication } from "./start.ts";
import type { Application } from "./start.ts";
import { Uses } from "./uses.ts";
import type { View } from "./view.ts";
import { Votes } from "./votes.ts";
import { Webhooks } from "./webhooks.ts";

const retryDelay = 100;
const identifyEvery = 5000;

/** One bot on Discord, from now until it is closed; resolves with its first outcome. */
export const connectLogin = async (
  config: DiscordConfig,
  login: ConnectingLogin<DiscordAccount>,
  session: Session<DiscordAccount>,
): Promise<Connection> => {
  const { token } = login.account;
  const ended = new AbortController();
  const signal = AbortSignal.any([session.signal, ended.signal]);
  const rest = openRest({
    api: config.server?.api,
    token,
    refused: (error) => gateway?.restart(error),
  });
  const places = new Places(rest, login.user);
  const source = session.source("gateway");
  const { log } = session;
  let application = login.user as string;
  const view: View = {
    login: login.id,
    self: login.user,
    application: () => application,
    lists: () => intents.members,
    places,
    rest,
    pictures: picturesOf(config),
    log,
    signal,
  };
  const ofBox = login.role === "relay";
  const commands = new Commands({ view, store: session.store });
  const isOurs = (id: unknown): boolean => commands.isOurs(id);
  const uses = new Uses({ view, store: session.store, isOurs });
  const who = new Presences({
    source: session.source("presence"),
    login: login.id,
    self: login.user,
    log,
    signal,
  });
  const newest = new Newest((channel) => source.cursor(`last:${channel}`));
  const pump = new Pump({
    source,
    login: login.id,
    reader: {
      view,
      votes: new Votes(),
      uses,
      standings: new Standings(view),
      chats: () => session.chats(),
      profile: createProfiles(),
    },
    newest,
    log,
    signal,
    ready: () => gateway?.ready(),
    failed: (error) => gateway?.restart(error),
  });
  const intents = new Intents({
    config,
    log,
    read: (until) => readApplication(rest, until),
    unseen: () => who.forget(),
  });
  let offered = false;
  let invited = false;
  const prepare = async (until: AbortSignal): Promise<void> => {
    const app = await intents.learn(until);
    application = app.id;
    if (!invited)
      log.info("Invite the bot to a server with this link", { url: inviteLink(app.id) });
    invited = true;
    if (!ofBox || offered) return;
    await commands.recall().catch((cause: unknown) => {
      throw notRead(cause);
    });
    offered = true;
    offerCommands(app, view, commands, () => {
      offered = false;
    });
  };
  let gateway: Gateway | undefined = undefined;
  gateway = superviseGateway({
    asking: rest.asking,
    token,
    intents: () => intents.bits,
    disallowed: () => intents.refused(signal),
    log,
    signal,
    retryDelay,
    identifyEvery: config.server === undefined ? identifyEvery : 0,
    place: () => pump.place,
    forget: () => pump.forget(),
    prepare,
    dispatch: (frames, session) => {
      uses.hear(frames);
      pump.push(intents.presences ? who.hear(frames) : frames, session);
    },
    dropped: () => pump.reset(),
    state: (state, why) =>
      session.state(state, why ?? (state === "connected" ? intents.lacking : undefined)),
  });
  const supervised = gateway;
  await supervised.started;
  const webhooks = new Webhooks({ rest, store: session.store, application: () => application });
  const sender: Sender = { view, webhooks, newest, media: session.media };
  return {
    ...methods(sender, uses, config),
    ...(intents.members ? { members: (chat, until) => membersOf(view, chat, until) } : {}),
    close: async () => {
      ended.abort();
      await supervised.close();
      rest.close();
    },
  };
};

/** The bot is of use without them too: its code can be sent in a direct message. */
const offerCommands = (
  app: Application,
  view: View,
  commands: Commands,
  failed: () => void,
): void => {
  const { log, signal } = view;
  if (app.elsewhere) {
    log.warn(
      "Nobody can use the command /link: the application has an Interactions Endpoint URL, so Discord tells it to that and not to the box. Take it away, or have people send their code in a direct message",
    );
    return;
  }
  void commands.register(signal).catch((error: unknown) => {
    failed();
    if (signal.aborted) return;
    const why = String(error);
    log.warn(
      "The commands /link and /unlink were not registered; a direct message does the same. It is tried again with the next connection",
      { why },
    );
  });
};

const methods = (sender: Sender, uses: Uses, config: DiscordConfig): Omit<Connection, "close"> => {
  const { view } = sender;
  const hosts = mediaHosts(config);
  const until = (given: AbortSignal): AbortSignal => AbortSignal.any([given, view.signal]);
  return {
    probe: async (signal) => {
      const what = "The bot is not connected to Discord any more";
      await view.rest.call("GET", "/users/@me", { what, signal: until(signal) });
    },
    plan: planDrafts,
    send: (order, attempt) => sendOrAnswer(sender, uses, order, ending(attempt, view)),
    find: (order, attempt) => findOrLook(sender, uses, order, ending(attempt, view)),
    edit: (id, order, attempt) => edit(sender, { id, order }, ending(attempt, view)),
    remove: (chat, id, by, signal) => remove(sender, { chat, id, by }, until(signal)),
    react: (chat, reaction, _by, signal) => react(view, chat, reaction, until(signal)),
    pin: (chat, change, signal) => pin(view, chat, change, until(signal)),
    closePoll: (chat, id, signal) => closePoll(view, chat, id, until(signal)),
    setInfo: (chat, change, signal) => setInfo(view, chat, change, until(signal)),
    setMember: (chat, change, signal) => setMember(view, chat, change, until(signal)),
    open: (media, signal) => openMedia(view, hosts, media, until(signal)),
    history: (query, signal) => readHistory(view, query, until(signal)),
    describe: (chat, signal) => describe(view, chat, until(signal)),
    user: (user, signal) => describeUser(view, user, until(signal)),
    resolve: (identifier, signal) => resolve(view, identifier, until(signal)),
    search: (text, signal) => search(view, text, until(signal)),
    chats: (signal) => listChats(view, until(signal)),
    startChat: async (user, signal) =>
      directRef(await startChat(view, user, until(signal)), view.login),
    createGroup: (group, { signal }) => createGroup(view, group, until(signal)),
    typing: createTyping(view),
  };
};

type Attempt = Parameters<Connection["send"]>[1];

/** An attempt that ends with its connection. */
const ending = (attempt: Attempt, { signal }: View): Attempt => ({
  key: attempt.key,
  number: attempt.number,
  firstAt: attempt.firstAt,
  notes: attempt.notes,
  note: (data) => attempt.note(data),
  signal: AbortSignal.any([attempt.signal, signal]),
});
