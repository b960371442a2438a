import {
  BridgeError,
  type Ability,
  type ConnectingLogin,
  type Connection,
  type Session,
} from "@bridgebox/core/adapter";
import { identify, nameMissingScopes, type Identity, revoke } from "./account.ts";
import { openSessionSocket } from "./api/session-socket.ts";
import { conversationIn } from "./api/answers.ts";
import { socketMode } from "./api/socket.ts";
import { openApi, type Api, type Credentials } from "./api/web.ts";
import type { SlackMessage } from "./api/message.ts";
import { Audience } from "./audience.ts";
import { createGroup, join, react, setInfo, setMember, setPin } from "./changes.ts";
import type { SlackAccount, SlackConfig } from "./config.ts";
import { describe, listChats, membersOf, resolve, search, type Directory } from "./directory.ts";
import type { Abilities } from "./features.ts";
import { readHistory } from "./history.ts";
import { Hub } from "./hub.ts";
import { chatRef, momentOf } from "./ids.ts";
import { openMedia } from "./media.ts";
import { markRead, setOwn } from "./marks.ts";
import type { View } from "./message.ts";
import { tellOwnRole } from "./own-role.ts";
import { planDrafts } from "./outgoing.ts";
import { People } from "./people.ts";
import type { Ranks } from "./ranks.ts";
import { remember, type Sender } from "./posting.ts";
import { edit, find, remove, send } from "./sending.ts";

interface Workspace {
  readonly config: SlackConfig;
  /** The config's app; absent: there is none. */
  readonly hub: Hub | undefined;
  /** Who is what in a workspace. */
  readonly ranks: (team: string) => Ranks;
}

/** What a login is made of while it is connected. */
interface Live {
  readonly api: Api;
  readonly view: View;
  readonly sender: Sender;
  readonly directory: Directory;
  readonly url: string;
  readonly store: Session<SlackAccount>["store"];
  /** Says on its own socket that it types. */
  readonly typing: ((channel: string) => void) | undefined;
}

/** One login on the network, from now until it is closed. */
export const connectLogin = async (
  { config, hub, ranks }: Workspace,
  login: ConnectingLogin<SlackAccount>,
  session: Session<SlackAccount>,
): Promise<Connection> => {
  const ended = new AbortController();
  const signal = AbortSignal.any([session.signal, ended.signal]);
  const { kind, token, cookie, app_token: appToken } = login.account;
  // A bot of a person's own has its own socket; one without is the config's.
  const credentials: Credentials = {
    token,
    ...(kind === "bot" && appToken === undefined ? { setting: "bot_token" } : {}),
    ...(cookie === undefined ? {} : { cookie }),
  };
  const api = openApi(config.api_url, { credentials, signal });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
  const identity = await identify(api, { what: "You are not connected to Slack", signal: limit });
  nameMissingScopes(identity, kind, session.log);
  const socket = kind === "session" ? openSessionSocket(api) : undefined;
  const stream = { source: session.source("events"), log: session.log, signal };
  const ears =
    appToken === undefined
      ? socket
        ? new Hub({ ...stream, transport: socket.transport })
        : hub
      : new Hub({
          ...stream,
          transport: socketMode({ appToken, url: config.api_url }),
          audience: new Audience(),
        });
  if (!ears) throw noApp();
  const team = ranks(identity.team);
  const people = new People(api.call, signal, team);
  const live = liveOf({ api, identity, login, session, people, url: config.api_url });
  const typing = socket && ((channel: string) => socket.send({ type: "typing", channel }));
  await ears.add({
    login: login.id,
    user: identity.user,
    view: live.view,
    api,
    signal,
    chats: () => session.chats(),
    state: (state, why) => session.state(state, why),
  });
  // The box's own account has nobody whose level it could be.
  if (login.role !== "relay")
    tellOwnRole(live, session, signal).catch((error: unknown) => {
      const what = "It was not looked up what the account is in the workspace";
      if (!signal.aborted) session.log.warn(what, { why: String(error) });
    });
  team.list(api.call, signal).catch((error: unknown) => {
    const what = "Nobody's level follows the workspace's owners and admins for now";
    if (!signal.aborted) session.log.warn(what, { why: String(error) });
  });
  const mine = ears === hub ? undefined : ears;
  return {
    ...methodsOf({ ...live, typing }, kind),
    // A session is the browser's own, and a bot's token belongs to its app.
    ...(kind === "user"
      ? {
          signOut: async (until: AbortSignal) => {
            ended.abort();
            await revoke(openApi(config.api_url, { credentials, signal: until }), until);
          },
        }
      : {}),
    close: async () => {
      ended.abort();
      await mine?.closed();
    },
  };
};

const noApp = (): BridgeError =>
  new BridgeError(
    "auth",
    "You are not connected to Slack: the config names no app any more, and this login hears by it. Log in another way, or ask the admin.",
    { reached: "no", scope: "login" },
  );

const liveOf = ({
  api,
  identity,
  login,
  session,
  people,
  url,
}: {
  readonly api: Api;
  readonly identity: Identity;
  readonly login: ConnectingLogin<SlackAccount>;
  readonly session: Session<SlackAccount>;
  readonly people: People;
  readonly url: string;
}): Omit<Live, "typing"> => {
  const { kind } = login.account;
  const roots = new Map<string, string>();
  const expected = new Map<string, string>();
  const confirms = (message: SlackMessage): string | undefined =>
    message.files.map(({ id }) => expected.get(id)).find((key) => key !== undefined);
  const view: View = {
    login: login.id,
    self: { user: identity.user, bot: identity.bot },
    workspace: identity.team,
    people,
    log: session.log,
    confirms,
    position: (name) => session.source("events").cursor(name),
    chats: () => session.chats(),
    noteThread: (channel, { ts, thread }) => {
      if (thread !== undefined) remember(roots, `${channel} ${ts}`, thread);
    },
  };
  const abilities: Abilities = { can: abilitiesOf(kind) };
  return {
    api,
    view,
    url,
    store: session.store,
    sender: { api, media: session.media, session: kind === "session", roots, expected },
    directory: {
      api,
      login: login.id,
      self: identity.user,
      people,
      abilities,
      workspace: { id: identity.team, name: identity.teamName },
    },
  };
};

const everybody: readonly Ability[] = [
  "plan",
  "find",
  "edit",
  "remove",
  "react",
  "open",
  "history",
  "user",
  "members",
  "join",
  "leave",
  "setInfo",
  "setMember",
  "createGroup",
  "pin",
  "resolve",
  "search",
  "startChat",
  "chats",
];

export const abilitiesOf = (kind: SlackAccount["kind"]): readonly Ability[] => [
  ...everybody,
  ...(kind === "bot" ? [] : (["markRead", "own", "presence"] as const)),
  ...(kind === "session" ? (["typing"] as const) : []),
];

const methodsOf = (live: Live, kind: SlackAccount["kind"]): Omit<Connection, "close"> => ({
  ...common(live),
  ...(kind === "bot" ? {} : personal(live)),
  ...(live.typing === undefined ? {} : { typing: typingBy(live.typing) }),
});

const common = ({ api, view, sender, directory, url }: Live): Omit<Connection, "close"> => ({
  probe: async (signal) => {
    await identify(api, { what: "You are not connected to Slack any more", signal });
  },
  plan: planDrafts,
  send: (order, attempt) => send(sender, order, attempt),
  find: (order, attempt) => find(sender, order, attempt),
  edit: (id, order, attempt) => edit(sender, { id, order }, attempt),
  remove: (chat, id, _by, signal) => remove(sender, { channel: chat.id, id }, signal),
  react: (chat, reaction, _by, signal) => react(api, { chat, ...reaction }, signal),
  open: (media, signal) => openMedia(api, { media, url }, signal),
  history: (query, signal) => readHistory({ api, view }, query, signal),
  user: (user, signal) =>
    view.people.describe(user, { what: "The person was not looked up", signal }),
  describe: (chat, signal) => describe(directory, chat, signal),
  members: (chat, signal) => membersOf(directory, chat, signal),
  join: (chat, signal) => join(api, chat, signal),
  leave: async (chat, _reason, signal) => {
    await api.call(
      "conversations.leave",
      { channel: chat.id },
      { what: "The channel was not left", signal },
    );
  },
  setInfo: (chat, change, signal) => setInfo(api, { chat, ...change }, signal),
  setMember: (chat, change, signal) => setMember(api, { chat, change }, signal),
  createGroup: (group, attempt) => createGroup({ api, login: view.login }, group, attempt),
  pin: (chat, pin, signal) => setPin(api, { chat, ...pin }, signal),
  resolve: (identifier, signal) => resolve(directory, identifier, signal),
  search: (words, signal) => search(directory, words, signal),
  startChat: async (user, signal) => {
    const what = "The conversation was not opened";
    const answer = await api.call("conversations.open", { users: user }, { what, signal });
    return chatRef(conversationIn(answer, what), view.login);
  },
  chats: (signal) => listChats(directory, signal),
});

/** What Slack allows to people only. */
const personal = ({ api, view, store }: Live): Partial<Connection> => ({
  markRead: async (chat, upTo, signal) => {
    const asking = { what: "It was not marked as read", signal };
    const ts = momentOf(upTo, asking.what);
    await markRead({ api, view }, { channel: chat.id, ts }, asking);
  },
  own: (chat, change, signal) => setOwn({ api, view, store }, { chat, change }, signal),
  presence: (state) => {
    const asking = { what: "The presence was not set", signal: AbortSignal.timeout(10_000) };
    const presence = state === "online" ? "auto" : "away";
    api.call("users.setPresence", { presence }, asking).catch(() => undefined);
  },
});

const typingBy =
  (say: (channel: string) => void): NonNullable<Connection["typing"]> =>
  (chat, what) => {
    if (what === "text") say(chat.id);
  };
