import {
  BridgeError,
  type ChatInfo,
  type ChatRef,
  type ListedChat,
  type LoginId,
  type Member,
  type Resolved,
} from "@bridgebox/core/adapter";
import { toldIn } from "./api/answers.ts";
import { asObject, listIn, numberIn, objectIn, only, textIn, type Wire } from "./api/shapes.ts";
import type { Api, Asking } from "./api/web.ts";
import { patient } from "./api/patient.ts";
import { featuresOf, type Abilities } from "./features.ts";
import {
  chatRef,
  isConversation,
  isDirect,
  isPerson,
  isTs,
  isWorkspace,
  timeOf,
  userOf,
  workspaceRef,
} from "./ids.ts";
import { publicPicture } from "./media.ts";
import { pagesOf } from "./pages.ts";
import { describePerson, infoOf } from "./people.ts";
import { roleOf } from "./ranks.ts";
import type { People } from "./people.ts";
import { topicOf } from "./topic.ts";

/** What looking things up needs of a login. */
export interface Directory {
  readonly api: Api;
  readonly login: LoginId;
  /** The account itself. */
  readonly self: string;
  readonly people: People;
  readonly abilities: Abilities;
  readonly workspace: Workspace;
}

/** The workspace that a login is in. */
export interface Workspace {
  readonly id: string;
  readonly name: string;
}

/** A private channel is entered by invitation only, and so is a conversation of several. */
export const behindDoor = { visibility: "secret", entry: "invite" } as const;
export const openToAll = { visibility: "public", entry: "open" } as const;

/** docs.slack.dev/reference/objects/conversation-object, as the core takes it. */
export const infoOfChat = (
  channel: Wire,
  { abilities, workspace }: Pick<Directory, "abilities" | "workspace">,
): ChatInfo => {
  const features = featuresOf(abilities);
  if (channel["is_im"] === true) {
    const peer = textIn(channel, "user");
    return {
      kind: "dm",
      visibility: "secret",
      features,
      ...(peer !== undefined && isPerson(peer) ? { peer: userOf(peer) } : {}),
    };
  }
  const name = textIn(channel, "name");
  const direct = channel["is_mpim"] === true;
  return {
    kind: direct ? "group" : "channel",
    ...(name === undefined ? {} : { name: direct ? groupName(name) : name }),
    topic: topicOf(channel),
    ...(direct ? {} : { parent: workspaceRef(workspace.id) }),
    ...(channel["is_private"] === true || direct ? behindDoor : openToAll),
    ...(channel["is_archived"] === true ? { readOnly: true } : {}),
    features,
  };
};

/** Slack calls a group conversation `mpdm-ana--bob--carl-1`. */
const groupName = (name: string): string =>
  name.startsWith("mpdm-") ? name.slice(5).replace(/-\d+$/, "").split("--").join(", ") : name;

export const describe = async (
  directory: Directory,
  chat: ChatRef,
  signal: AbortSignal,
): Promise<ChatInfo> => {
  if (isWorkspace(chat.id)) return describeWorkspace(directory, chat.id, signal);
  const what = "The conversation was not looked up";
  const call = { channel: chat.id };
  const answer = await directory.api.call("conversations.info", call, { what, signal });
  const info = infoOfChat(toldIn(answer, "channel", what), directory);
  return info.kind === "channel" ? withSelf(info, await selfIn(directory, signal)) : info;
};

/** As what the account is in every channel: its owner's role in the workspace, where that is told. */
export const selfIn = async (
  { api, self }: { readonly api: Pick<Api, "call"> } & Pick<Directory, "self">,
  signal: AbortSignal,
): Promise<Pick<ChatInfo, "members">> => {
  const what = "It was not looked up what the account is in the workspace";
  const answer = await api.call("users.info", { user: self }, { what, signal }).catch(unseen);
  const user = answer && objectIn(answer, "user");
  return user ? { members: [{ user: userOf(self), state: "join", role: roleOf(user) }] } : {};
};

/** A token without `users:read` may not ask. */
const unseen = (error: unknown): undefined => {
  if (error instanceof BridgeError && error.code === "forbidden") return undefined;
  throw error;
};

/**
 * Its name is told to every token; how it is called now, and its picture, only to one with `team:read`
 * (docs.slack.dev/reference/methods/team.info).
 */
const describeWorkspace = async (
  { api, workspace }: Directory,
  id: string,
  signal: AbortSignal,
): Promise<ChatInfo> => {
  const what = "The workspace was not looked up";
  const answer = await api
    .call("team.info", { team: id }, { what, signal })
    .catch((error: unknown): Wire => {
      if (error instanceof BridgeError && error.code === "forbidden") return {};
      throw error;
    });
  const team = objectIn(answer, "team");
  const icon = objectIn(team, "icon");
  const picture =
    icon?.["image_default"] === true
      ? undefined
      : (textIn(icon, "image_230") ?? textIn(icon, "image_132") ?? textIn(icon, "image_88"));
  const name = textIn(team, "name") ?? (id === workspace.id ? workspace.name : undefined);
  return {
    kind: "space",
    ...(name === undefined ? {} : { name }),
    ...(team === undefined
      ? {}
      : { avatar: picture === undefined ? null : publicPicture(picture) }),
    visibility: "secret",
    features: featuresOf({ can: [] }),
  };
};

/** Who is in a conversation; in a channel as what they are in the workspace, where that is known. */
export const membersOf = async function* (
  { api, people: { ranks } }: Directory,
  chat: ChatRef,
  signal: AbortSignal,
): AsyncGenerator<readonly Member[]> {
  const what = "The members were not listed";
  // Nobody waits for their levels for ever, or is left out for them.
  await ranks.list(api.call, signal).catch(() => undefined);
  const list = {
    method: "conversations.members",
    args: { channel: chat.id, limit: 200 },
    key: "members",
  };
  for await (const page of pagesOf(patient(api.call), list, { what, signal }))
    yield page.flatMap((id): readonly Member[] => {
      if (typeof id !== "string" || !isPerson(id)) return [];
      const role = isDirect(chat.id) ? undefined : ranks.of(id);
      return [{ user: userOf(id), state: "join", ...only("role", role) }];
    });
};

const everyKind = "public_channel,private_channel,mpim,im";
/** For so many conversations the newest message is asked for, to list the liveliest first. */
const asked = 50;

/** The account's conversations, the most recent first. */
export const listChats = async function* (
  directory: Directory,
  signal: AbortSignal,
): AsyncGenerator<readonly ListedChat[]> {
  const { api, login, self } = directory;
  const asking = { what: "The conversations were not listed", signal };
  const call = patient(api.call);
  const itself = await selfIn({ api: { call }, self }, signal);
  const args = { types: everyKind, exclude_archived: true, limit: 200 };
  const all: { readonly channel: Wire; readonly id: string; readonly at: number }[] = [];
  const list = { method: "users.conversations", args, key: "channels" };
  for await (const page of pagesOf(call, list, asking))
    for (const each of page) {
      const channel = asObject(each);
      const id = textIn(channel, "id");
      if (channel === undefined || id === undefined || !isConversation(id)) continue;
      all.push({ channel, id, at: numberIn(channel, "updated") ?? 0 });
    }
  all.sort((a, b) => b.at - a.at);
  const lively: { readonly channel: Wire; readonly id: string; readonly newest: string }[] = [];
  for (const { channel, id } of all.slice(0, asked)) {
    const newest = { channel: id, limit: 1 };
    const history = await call("conversations.history", newest, asking).catch((): Wire => ({}));
    const ts = textIn(asObject(listIn(history, "messages")[0]), "ts");
    lively.push({ channel, id, newest: ts !== undefined && isTs(ts) ? ts : "" });
  }
  lively.sort((a, b) => (a.newest < b.newest ? 1 : -1));
  const rest = all.slice(asked).map(({ channel, id }) => ({ channel, id, newest: "" }));
  for (const part of [lively, rest])
    if (part.length > 0)
      yield part.map(({ channel, id, newest }) => ({
        ref: chatRef(id, login),
        info: withSelf(infoOfChat(channel, directory), itself),
        ...(newest === "" ? {} : { lastAt: timeOf(newest) }),
      }));
};

const withSelf = (info: ChatInfo, itself: Pick<ChatInfo, "members">): ChatInfo =>
  info.kind === "channel" ? { ...info, ...itself } : info;

/** `#general`, `general`, `C0123`, `@ana`, `U0123`. */
export const resolve = async (
  directory: Directory,
  identifier: string,
  signal: AbortSignal,
): Promise<Resolved | undefined> => {
  const asking = { what: `${identifier.slice(0, 80)} was not looked up`, signal };
  const name = identifier.trim();
  if (isPerson(name)) return personBy(directory, name, asking);
  if (isConversation(name)) return chatBy(directory, name, asking);
  if (name.startsWith("@")) return named(directory, { name: name.slice(1), people: true }, asking);
  return named(directory, { name: name.replace(/^#/, ""), people: false }, asking);
};

const unknown = (error: unknown): undefined => {
  if (error instanceof BridgeError && error.code === "not_found") return undefined;
  throw error;
};

const personBy = async (
  { api }: Directory,
  id: string,
  asking: Asking,
): Promise<Resolved | undefined> => {
  const info = await describePerson(api.call, id, asking).catch(unknown);
  return info && { name: info.name, user: userOf(id), info };
};

const chatBy = async (
  { api, login }: Directory,
  id: string,
  asking: Asking,
): Promise<Resolved | undefined> => {
  const answer = await api.call("conversations.info", { channel: id }, asking).catch(unknown);
  return (
    answer && { name: textIn(objectIn(answer, "channel"), "name") ?? id, chat: chatRef(id, login) }
  );
};

const named = async (
  directory: Directory,
  { name, people }: { readonly name: string; readonly people: boolean },
  asking: Asking,
): Promise<Resolved | undefined> => {
  const wanted = name.toLowerCase();
  const all = people ? peopleIn(directory, asking) : channelsIn(directory, asking);
  for await (const page of all) {
    const found = page.find((each) => each.handles.includes(wanted));
    if (found) return found.resolved;
  }
  return undefined;
};

interface Named {
  readonly handles: readonly string[];
  readonly resolved: Resolved;
}

const peopleIn = async function* (
  { api }: Directory,
  asking: Asking,
): AsyncGenerator<readonly Named[]> {
  const list = { method: "users.list", args: { limit: 200 }, key: "members" };
  for await (const page of pagesOf(patient(api.call), list, asking))
    yield page.flatMap((each): readonly Named[] => {
      const user = asObject(each);
      const id = textIn(user, "id");
      if (user === undefined || id === undefined || !isPerson(id) || user["deleted"] === true)
        return [];
      const info = infoOf(user);
      const profile = objectIn(user, "profile");
      const handles = [textIn(user, "name"), info.name, textIn(profile, "email")];
      return [
        {
          handles: handles.flatMap((handle) =>
            handle === undefined ? [] : [handle.toLowerCase()],
          ),
          resolved: { name: info.name, user: userOf(id), info },
        },
      ];
    });
};

const channelsIn = async function* (
  { api, login }: Directory,
  asking: Asking,
): AsyncGenerator<readonly Named[]> {
  const args = { types: "public_channel,private_channel", exclude_archived: true, limit: 200 };
  const list = { method: "conversations.list", args, key: "channels" };
  for await (const page of pagesOf(patient(api.call), list, asking))
    yield page.flatMap((each): readonly Named[] => {
      const channel = asObject(each);
      const id = textIn(channel, "id");
      const name = textIn(channel, "name");
      if (id === undefined || name === undefined || !isConversation(id)) return [];
      return [{ handles: [name.toLowerCase()], resolved: { name, chat: chatRef(id, login) } }];
    });
};

const mostFound = 30;

/** People and channels whose name contains the words. */
export const search = async (
  directory: Directory,
  words: string,
  signal: AbortSignal,
): Promise<readonly Resolved[]> => {
  const asking = { what: "Nothing was looked up", signal };
  const wanted = words.trim().toLowerCase();
  const found: Resolved[] = [];
  for (const all of [peopleIn(directory, asking), channelsIn(directory, asking)])
    for await (const page of all) {
      const fits = page.filter(({ handles }) => handles.some((handle) => handle.includes(wanted)));
      found.push(...fits.map(({ resolved }) => resolved));
      if (found.length >= mostFound) return found.slice(0, mostFound);
    }
  return found;
};
