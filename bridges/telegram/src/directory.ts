import { BridgeError } from "@bridgebox/core/adapter";
import type {
  ChatInfo,
  ChatRef,
  ListedChat,
  Log,
  LoginId,
  Member,
  Resolved,
  UserId,
  UserInfo,
} from "@bridgebox/core/adapter";
import { reach, type Access, type Ask } from "./access.ts";
import { Api, decimal, long } from "./api/tl.ts";
import { pagesOfDialogs } from "./dialogs.ts";
import { rpcName } from "./errors.ts";
import { chatRef, forumOf, fromPeer, peerOfUser, senderId, wholeOf, type PeerId } from "./ids.ts";
import { featuresOf, reactionsOf, type Limits, type StandardReactions } from "./features.ts";
import { avatarRef } from "./locator.ts";
import { selfIn, userInfo, type Known } from "./known.ts";
import { expiresAfter, participantUser, roleOf } from "./service.ts";

/** What looking things up needs of a login. */
export interface Directory {
  readonly access: Access;
  readonly standard: StandardReactions;
}

/** A chat as it is now: name, kind, who is in a small group. */
export const describe = async (
  { access, standard }: Directory,
  chat: ChatRef,
  signal: AbortSignal,
): Promise<ChatInfo> => {
  const ask = { what: "The chat could not be looked up", signal };
  const { peer } = await reach(access, chat, ask.what);
  if ((await access.peers.get(access.self)) === undefined) await lookUpSelf(access, ask);
  const { allowed, slow, forum, rights, ...info } = await describeKind(access, peer, ask);
  const reactions = await reactionsOf({ access, standard }, allowed, ask);
  return { ...info, features: featuresOf(peer, access.bot, { reactions, slow, forum, rights }) };
};

/** A chat without what can be done in it, and what that depends on. */
interface Described extends Omit<ChatInfo, "features">, Omit<Limits, "reactions"> {
  readonly allowed?: Api.TypeChatReactions | undefined;
}

const describeKind = (access: Access, peer: PeerId, ask: Ask): Promise<Described> => {
  if (peer.kind === "user") return describePerson(access, peer, ask);
  if (peer.kind === "chat") return describeGroup(access, peer, ask);
  return peer.topic === undefined
    ? describeChannel(access, peer, ask)
    : describeTopic(access, { ...peer, topic: peer.topic }, ask);
};

const lookUpSelf = async (access: Access, ask: Ask): Promise<void> => {
  const request = new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });
  await access.learn(await access.client.call<Api.TypeUser[]>(request, ask), []);
};

const avatarOf = (peer: PeerId, known: Known | undefined): Pick<ChatInfo, "avatar"> =>
  known === undefined ? {} : { avatar: known.photo ? avatarRef(wholeOf(peer), known.photo) : null };

const describePerson = async (access: Access, peer: PeerId, ask: Ask): Promise<Described> => {
  const known = await lookUp(access, peer.id, ask);
  const person = senderId(peer);
  return {
    kind: "dm",
    peer: person,
    visibility: "secret",
    ...(known === undefined ? {} : { name: known.name }),
    ...avatarOf(peer, known),
    members: [person, senderId(access.self)].map((user) => ({ user, state: "join" })),
    membersComplete: true,
  };
};

/** How long messages stay there, where they do not stay for ever. */
const timerOf = ({ ttlPeriod }: Api.TypeChatFull): Pick<ChatInfo, "expires"> => {
  const expires = expiresAfter(ttlPeriod);
  return expires === undefined ? {} : { expires };
};

const describeGroup = async (access: Access, peer: PeerId, ask: Ask): Promise<Described> => {
  const request = new Api.messages.GetFullChat({ chatId: long(peer.id) });
  const answer = await access.client.call(request, ask);
  await access.learn(answer.users, answer.chats);
  const { fullChat } = answer;
  const known = await access.peers.get(peer);
  const participants = fullChat instanceof Api.ChatFull ? fullChat.participants : undefined;
  const members = groupMembers(participants);
  return {
    kind: "group",
    visibility: "secret",
    ...(known === undefined ? {} : { name: known.name }),
    ...avatarOf(peer, known),
    ...(fullChat.about === "" ? {} : { topic: fullChat.about }),
    ...timerOf(fullChat),
    allowed: fullChat.availableReactions,
    rights: known?.rights,
    ...(members === undefined ? {} : { members, membersComplete: true }),
  };
};

const groupMembers = (
  participants: Api.TypeChatParticipants | undefined,
): readonly Member[] | undefined =>
  participants instanceof Api.ChatParticipants
    ? participants.participants.map((each) => ({
        user: senderId({ kind: "user", id: decimal(each.userId) }),
        state: "join",
        role: roleOf(each),
      }))
    : undefined;

const describeChannel = async (access: Access, peer: PeerId, ask: Ask): Promise<Described> => {
  const channel = await access.peers.inputChannel(peer.id);
  const request = new Api.channels.GetFullChannel({
    channel: channel ?? new Api.InputChannelEmpty(),
  });
  const answer = await access.client.call(request, ask);
  await access.learn(answer.users, answer.chats);
  if (answer.fullChat instanceof Api.ChannelFull) await access.met(peer.id, answer.fullChat.pts);
  const known = await access.peers.get(peer);
  return {
    kind: known?.broadcast === true ? "broadcast" : "group",
    visibility: known?.username === undefined ? "secret" : "public",
    ...(known === undefined ? {} : { name: known.name }),
    ...avatarOf(peer, known),
    ...(answer.fullChat.about === "" ? {} : { topic: answer.fullChat.about }),
    ...timerOf(answer.fullChat),
    ...selfAdmin(access, known),
    allowed: answer.fullChat.availableReactions,
    slow: answer.fullChat instanceof Api.ChannelFull ? answer.fullChat.slowmodeSeconds : undefined,
    forum: known?.forum,
    rights: known?.rights,
  };
};

/** As what the account is there, where it is an admin: everybody else of a big group is listed apart. */
const selfAdmin = (access: Access, known: Known | undefined): Pick<ChatInfo, "members"> =>
  known?.rights?.role === undefined ? {} : { members: selfIn(senderId(access.self), known) };

/** A topic is a chat of its own inside of the group. */
const describeTopic = async (
  access: Access,
  peer: PeerId & { readonly topic: number },
  ask: Ask,
): Promise<Described> => {
  const whole = await describeChannel(access, wholeOf(peer), ask);
  const channel = (await access.peers.inputChannel(peer.id)) ?? new Api.InputChannelEmpty();
  const request = new Api.channels.GetForumTopicsByID({ channel, topics: [peer.topic] });
  const answer = await access.client.call<Api.messages.ForumTopics>(request, ask);
  await access.learn(answer.users, answer.chats);
  const topic = answer.topics.find((each) => each instanceof Api.ForumTopic);
  const { visibility, allowed, slow } = whole;
  return {
    kind: "topic",
    visibility,
    parent: forumOf(peer),
    ...(topic === undefined ? {} : { name: topic.title }),
    ...(topic?.closed === true ? { readOnly: true } : {}),
    allowed,
    slow,
  };
};

const lookUp = async (access: Access, id: string, ask: Ask): Promise<Known | undefined> => {
  const input = await access.peers.inputUser(id);
  if (input === undefined) return undefined;
  const users = await access.client.call(new Api.users.GetUsers({ id: [input] }), ask);
  await access.learn(users, []);
  return access.peers.get({ kind: "user", id });
};

/** A person by id; their number alone where they were never met. */
export const describeUser = async (
  access: Access,
  user: UserId,
  signal: AbortSignal,
): Promise<UserInfo> => {
  const ask = { what: "The person could not be looked up", signal };
  const peer = peerOfUser(user);
  if (peer === undefined) return { name: user };
  const known = (await access.peers.get(peer)) ?? (await lookUp(access, peer.id, ask));
  return known === undefined ? { name: user } : userInfo(peer, known);
};

const memberPage = 200;

/** Everybody in a chat, page by page. */
export const membersOf = async function* (
  { access }: Pick<Directory, "access">,
  chat: ChatRef,
  signal: AbortSignal,
): AsyncGenerator<readonly Member[]> {
  const ask = { what: "The members were not fetched", signal };
  const { peer } = await reach(access, chat, ask.what);
  if (peer.kind !== "channel") {
    const { members } = await describeKind(access, peer, ask);
    yield members ?? [];
    return;
  }
  const channel = (await access.peers.inputChannel(peer.id)) ?? new Api.InputChannelEmpty();
  const filter = new Api.ChannelParticipantsRecent();
  for (let offset = 0; ;) {
    const page = { offset, limit: memberPage, hash: long(0) };
    const request = new Api.channels.GetParticipants({ channel, filter, ...page });
    const answer = await access.client.call(request, ask);
    if (!(answer instanceof Api.channels.ChannelParticipants)) return;
    await access.learn(answer.users, answer.chats);
    offset += answer.participants.length;
    if (answer.participants.length > 0)
      yield answer.participants.flatMap((each) => memberOf(each) ?? []);
    if (offset >= answer.count) return;
    if (answer.participants.length === 0) throw notAll(offset, answer.count);
  }
};

/** Big groups show whoever is no admin of them a part of the list, and nobody more than 10,000. */
const notAll = (given: number, count: number): BridgeError =>
  new BridgeError(
    "forbidden",
    `Not all members were fetched: Telegram lists ${given} of ${count} for this account. Make it an admin of the group.`,
    { reached: "no", scope: "item" },
  );

const memberOf = (participant: Api.TypeChannelParticipant): Member | undefined => {
  const user = participantUser(participant);
  if (user === undefined || participant instanceof Api.ChannelParticipantLeft) return undefined;
  if (participant instanceof Api.ChannelParticipantBanned) {
    const banned = participant.bannedRights.viewMessages === true;
    return banned ? { user, state: "ban" } : { user, state: "join", role: "muted" };
  }
  return { user, state: "join", role: roleOf(participant) };
};

/** `@name`, a t.me link, a phone number or a number that was met before. */
export const resolve = async (
  access: Access,
  { identifier, login }: { readonly identifier: string; readonly login: LoginId },
  signal: AbortSignal,
): Promise<Resolved | undefined> => {
  const ask = { what: "The name could not be looked up", signal };
  const text = identifier.trim().replace(/^(https?:\/\/)?t\.me\//i, "");
  if (/^\+[\d\s()-]{6,}$/.test(text)) {
    const phone = text.replace(/\D/g, "");
    return byRequest(access, { request: new Api.contacts.ResolvePhone({ phone }), login }, ask);
  }
  if (/^[1-9]\d{0,18}$/.test(text)) {
    const peer: PeerId = { kind: "user", id: text };
    const known = (await access.peers.get(peer)) ?? (await lookUp(access, text, ask));
    return known && resolved(peer, known, login);
  }
  const username = text.replace(/^@/, "");
  if (!/^\w{4,32}$/.test(username)) return undefined;
  const request = new Api.contacts.ResolveUsername({ username });
  return byRequest(access, { request, login }, ask);
};

const unknownNames = ["USERNAME_NOT_OCCUPIED", "USERNAME_INVALID", "PHONE_NOT_OCCUPIED"];

const byRequest = async (
  access: Access,
  asked: {
    readonly request: Api.contacts.ResolveUsername | Api.contacts.ResolvePhone;
    readonly login: LoginId;
  },
  ask: Ask,
): Promise<Resolved | undefined> => {
  try {
    const answer = await access.client.call<Api.contacts.TypeResolvedPeer>(asked.request, ask);
    await access.learn(answer.users, answer.chats);
    const peer = fromPeer(answer.peer);
    const known = await access.peers.get(peer);
    return known && resolved(peer, known, asked.login);
  } catch (error) {
    const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
    if (name !== undefined && unknownNames.includes(name)) return undefined;
    throw error;
  }
};

/** A person or chat that was found. */
export const resolved = (peer: PeerId, known: Known, login: LoginId): Resolved =>
  peer.kind === "user"
    ? {
        name: known.name,
        user: senderId(peer),
        chat: chatRef(peer, login),
        info: userInfo(peer, known),
      }
    : { name: known.name, chat: chatRef(peer, login) };

/** The chat list, for the first sync; what it tells about people is passed on by the next update. */
export const listChats = async function* (
  access: Access,
  { login, log }: { readonly login: LoginId; readonly log: Log },
  signal: AbortSignal,
): AsyncGenerator<readonly ListedChat[]> {
  for await (const list of pagesOfDialogs(access, signal)) {
    const page: ListedChat[] = [];
    for (const { peer, date, own } of list) {
      const known = await access.peers.get(peer);
      if (known === undefined) {
        log.debug("A chat in the list cannot be reached", { kind: peer.kind });
        continue;
      }
      page.push({
        ref: chatRef(peer, login),
        info: {
          kind: kindOf(peer, known),
          name: known.name,
          visibility: known.username === undefined || peer.kind === "user" ? "secret" : "public",
          features: featuresOf(peer, access.bot, { rights: known.rights }),
          ...avatarOf(peer, known),
          ...(peer.kind === "user" ? { peer: senderId(peer) } : selfAdmin(access, known)),
        },
        own,
        ...(date === undefined ? {} : { lastAt: date * 1000 }),
      });
    }
    yield page;
  }
};

const kindOf = (peer: PeerId, known: Known): ChatInfo["kind"] => {
  if (peer.kind === "user") return "dm";
  return known.broadcast === true ? "broadcast" : "group";
};
