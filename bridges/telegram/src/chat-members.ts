import { BridgeError } from "@bridgebox/core/adapter";
import type { ChatRef, ErrorCode, Member, Role } from "@bridgebox/core/adapter";
import { reach, type Access, type Ask } from "./access.ts";
import { Api, given, long } from "./api/tl.ts";
import { rpcName } from "./errors.ts";
import { peerOfUser } from "./ids.ts";
import { roleOf } from "./service.ts";

/** Where somebody is brought in or taken out. */
interface Place {
  readonly access: Access;
  readonly user: Api.InputUser;
  /** A supergroup or channel; else a basic group. */
  readonly channel: Api.InputChannel | undefined;
  readonly group: Api.long;
}

type Updates = readonly Api.TypeUpdates[];

/**
 * Brings somebody into a group or channel, takes them out, bans them, makes them an admin or no longer
 * one. Who is there, or not, is so already. A basic group has no bans: whoever is banned is taken out.
 */
export const setMember = async (
  access: Access,
  { chat, change }: { readonly chat: ChatRef; readonly change: Member },
  signal: AbortSignal,
): Promise<Updates> => {
  const out = change.state === "leave" || change.state === "ban";
  const ask = { what: out ? "They were not removed" : "They were not added", signal };
  const place = await placeOf(access, { chat, change }, ask);
  try {
    return await (out ? takeOut(place, change, ask) : letIn(place, change, ask));
  } catch (error) {
    throw ofOne(error, ask.what);
  }
};

const refused = (code: ErrorCode, sentence: string): BridgeError =>
  new BridgeError(code, sentence, { reached: "no", scope: "item" });

/** What is refused of one person closes no chat. */
export const ofOne = (error: unknown, what: string): unknown => {
  if (!(error instanceof BridgeError) || error.scope !== "chat") return error;
  const { code, reached, message } = error;
  const flood = "Telegram lets this account add nobody but its contacts, for now";
  const sentence = nameOf(error) === "PEER_FLOOD" ? `${what}: ${flood}.` : message;
  return new BridgeError(code, sentence, { reached, scope: "item", cause: error.cause });
};

const nameOf = (error: unknown): string | undefined =>
  error instanceof Error ? rpcName(error.cause)?.name : undefined;

const placeOf = async (
  access: Access,
  { chat, change }: { readonly chat: ChatRef; readonly change: Member },
  { what }: Ask,
): Promise<Place> => {
  const { peer } = await reach(access, chat, what);
  if (peer.kind === "user") throw refused("unsupported", `${what}: it is a private chat.`);
  if (peer.topic !== undefined)
    throw refused("unsupported", `${what}: a topic is as open as its group. Do it there.`);
  const person = peerOfUser(change.user);
  const user = person?.kind === "user" ? await access.peers.inputUser(person.id) : undefined;
  if (user === undefined)
    throw refused("not_found", `${what}: this account has never met them. Write to them first.`);
  const channel = peer.kind === "channel" ? await access.peers.inputChannel(peer.id) : undefined;
  return { access, user, channel, group: long(peer.id) };
};

const takeOut = async (
  place: Place,
  { state, until, lifted }: Member,
  ask: Ask,
): Promise<Updates> => {
  const { access, user, channel, group } = place;
  const { client } = access;
  if (channel === undefined) {
    if (lifted === true) return [];
    const request = new Api.messages.DeleteChatUser({ chatId: group, userId: user });
    const done = await unless(["USER_NOT_PARTICIPANT"], () => client.call(request, ask));
    return done === undefined ? [] : [done];
  }
  const participant = new Api.InputPeerUser({ userId: user.userId, accessHash: user.accessHash });
  const open = new Api.ChatBannedRights({ untilDate: 0 });
  const lift = new Api.channels.EditBanned({ channel, participant, bannedRights: open });
  if (lifted === true) {
    const standing = await standingOf(place, ask);
    const what = "Their ban was not lifted";
    return standing === "banned"
      ? [await client.call<Api.TypeUpdates>(lift, { ...ask, what })]
      : [];
  }
  const untilDate = state === "ban" && until !== undefined ? Math.round(until / 1000) : 0;
  const closed = new Api.ChatBannedRights({ untilDate, viewMessages: true });
  const ban = new Api.channels.EditBanned({ channel, participant, bannedRights: closed });
  const banned = await client.call<Api.TypeUpdates>(ban, ask);
  if (state === "ban") return [banned];
  // Telegram takes nobody out but by a ban, which is lifted so that they can come back.
  const what = "They were removed, but cannot come back by themselves";
  return [banned, await client.call<Api.TypeUpdates>(lift, { ...ask, what })];
};

const letIn = async (place: Place, { role }: Member, ask: Ask): Promise<Updates> => {
  if (role !== undefined && !ranks.has(role))
    throw refused("unsupported", "Their role was not changed: Telegram has none like it.");
  const before = await standingOf(place, ask);
  const invited = before === "out" || before === "banned" ? await invite(place, before, ask) : [];
  const promoting = { ...ask, what: "Their role was not changed" };
  const isAdmin = before === "admin" || before === "moderator" || before === "owner";
  if (role === undefined || (role === "member" && !isAdmin)) return invited;
  return [...invited, ...(await promote(place, role, promoting))];
};

const ranks: ReadonlySet<Role> = new Set<Role>(["admin", "moderator", "member"]);

type Standing = ReturnType<typeof roleOf> | "out" | "banned";

const standingOf = async ({ access, user, channel, group }: Place, ask: Ask): Promise<Standing> => {
  if (channel === undefined) {
    const request = new Api.messages.GetFullChat({ chatId: group });
    const { fullChat } = await access.client.call(request, ask);
    const list = fullChat instanceof Api.ChatFull ? fullChat.participants : undefined;
    if (!(list instanceof Api.ChatParticipants)) return "out";
    const found = list.participants.find(({ userId }) => userId.equals(user.userId));
    return found === undefined ? "out" : roleOf(found);
  }
  const participant = new Api.InputPeerUser({ userId: user.userId, accessHash: user.accessHash });
  const request = new Api.channels.GetParticipant({ channel, participant });
  const found = await unless(["USER_NOT_PARTICIPANT"], () => access.client.call(request, ask));
  if (found === undefined) return "out";
  const there = found.participant;
  if (there instanceof Api.ChannelParticipantLeft) return "out";
  if (!(there instanceof Api.ChannelParticipantBanned)) return roleOf(there);
  if (there.bannedRights.viewMessages === true) return "banned";
  return there.left === true ? "out" : "member";
};

const invite = async (
  { access: { client }, user, channel, group }: Place,
  before: "out" | "banned",
  ask: Ask,
): Promise<Updates> => {
  const made: Api.TypeUpdates[] = [];
  if (channel !== undefined && before === "banned") {
    const participant = new Api.InputPeerUser({ userId: user.userId, accessHash: user.accessHash });
    const bannedRights = new Api.ChatBannedRights({ untilDate: 0 });
    const lift = new Api.channels.EditBanned({ channel, participant, bannedRights });
    made.push(await client.call<Api.TypeUpdates>(lift, ask));
  }
  const request =
    channel === undefined
      ? new Api.messages.AddChatUser({ chatId: group, userId: user, fwdLimit: 0 })
      : new Api.channels.InviteToChannel({ channel, users: [user] });
  const answer = await unless(["USER_ALREADY_PARTICIPANT"], () =>
    client.call<Api.messages.TypeInvitedUsers>(request, ask),
  );
  if (answer === undefined) return made;
  const [missing] = answer.missingInvitees;
  if (missing !== undefined) throw refused("forbidden", notLetIn(missing, ask.what));
  return [...made, answer.updates];
};

/** core.telegram.org/constructor/missingInvitee */
export const notLetIn = (missing: Api.TypeMissingInvitee, what: string): string =>
  missing.premiumWouldAllowInvite === true
    ? `${what}: that person can be added by Premium users only.`
    : `${what}: that person's privacy settings do not allow it. Send them an invite link.`;

const promote = async (
  { access: { client }, user, channel, group }: Place,
  role: Role,
  ask: Ask,
): Promise<Updates> => {
  if (channel === undefined) {
    const isAdmin = role !== "member";
    const request = new Api.messages.EditChatAdmin({ chatId: group, userId: user, isAdmin });
    await client.call(request, ask);
    return [];
  }
  const own = await client.call(new Api.channels.GetChannels({ id: [channel] }), ask);
  const [mine] = own.chats;
  const rights = mine instanceof Api.Channel ? rightsFor(role, mine) : {};
  const adminRights = new Api.ChatAdminRights(rights);
  const request = new Api.channels.EditAdmin({ channel, userId: user, adminRights, rank: "" });
  return [await client.call<Api.TypeUpdates>(request, ask)];
};

type Right =
  | "deleteMessages"
  | "inviteUsers"
  | "banUsers"
  | "pinMessages"
  | "changeInfo"
  | "postMessages"
  | "editMessages";

/** As far as the account may itself: nobody gives a right that they do not have. */
const rightsFor = (role: Role, { creator, adminRights, broadcast }: Api.Channel) => {
  if (role === "member") return {};
  const may = (right: Right): true | undefined =>
    creator === true || adminRights?.[right] === true ? true : undefined;
  const admin = role === "admin";
  return given({
    deleteMessages: may("deleteMessages"),
    inviteUsers: may("inviteUsers"),
    banUsers: may("banUsers"),
    pinMessages: broadcast === true ? undefined : may("pinMessages"),
    changeInfo: admin ? may("changeInfo") : undefined,
    postMessages: admin && broadcast === true ? may("postMessages") : undefined,
    editMessages: admin && broadcast === true ? may("editMessages") : undefined,
  });
};

const unless = async <T>(names: readonly string[], act: () => Promise<T>) => {
  try {
    return await act();
  } catch (error) {
    if (names.includes(nameOf(error) ?? "")) return undefined;
    throw error;
  }
};
