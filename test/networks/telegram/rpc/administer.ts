import { join, leave, repaint, retitle, tellOfFacts } from "../membership.ts";
import { pictureSize } from "../media/picture.ts";
import type { StoredFile } from "../media/kinds.ts";
import { creatorOf, type Account, type Channel, type Group } from "../model.ts";
import { allRights, type Right } from "../model.ts";
import { may, mustBeAllowed, mustRule, rightsOf } from "../rights.ts";
import { Api, long, now, RpcError } from "../tl.ts";
import { container } from "../updates.ts";
import { asBanned, asParticipant } from "./chats.ts";
import { method, userMethod, type Call, type Method } from "./method.ts";
import { ownUpdates } from "./send.ts";

const LONGEST_TITLE = 128;
const LONGEST_ABOUT = 255;
const SMALLEST_PICTURE = 160;

/** What admins do to a group or channel, and to who is in it. */
export const administerMethods: readonly Method[] = [
  method(Api.messages.EditChatTitle, (request, me, call) =>
    renamed(call.world.group(request.chatId, me), request.title, { me, call }),
  ),
  method(Api.channels.EditTitle, (request, me, call) =>
    renamed(call.world.channel(request.channel, me), request.title, { me, call }),
  ),
  method(Api.messages.EditChatAbout, (request, me, { world, feed, session }) => {
    const chat = world.chat(request.peer, me);
    if (chat.kind === "user") throw new RpcError(400, "PEER_ID_INVALID");
    mustBeAllowed(chat, me, "changeInfo");
    const { about } = request;
    if (Array.from(about).length > LONGEST_ABOUT) throw new RpcError(400, "CHAT_ABOUT_TOO_LONG");
    if (about === chat.about) throw new RpcError(400, "CHAT_ABOUT_NOT_MODIFIED");
    chat.about = about;
    tellOfFacts(feed, chat, session);
    return true;
  }),
  method(Api.messages.EditChatPhoto, (request, me, call) =>
    pictured(call.world.group(request.chatId, me), request.photo, { me, call }),
  ),
  method(Api.channels.EditPhoto, (request, me, call) =>
    pictured(call.world.channel(request.channel, me), request.photo, { me, call }),
  ),
  userMethod(Api.messages.AddChatUser, (request, me, call) => {
    const group = call.world.group(request.chatId, me);
    return invited(group, [call.world.account(request.userId, me)], { me, call });
  }),
  userMethod(Api.channels.InviteToChannel, (request, me, call) => {
    const channel = call.world.channel(request.channel, me);
    const people = request.users.map((user) => call.world.account(user, me));
    return invited(channel, people, { me, call });
  }),
  method(Api.messages.DeleteChatUser, (request, me, { world, feed, session }) => {
    const group = world.group(request.chatId, me);
    const account = world.account(request.userId, me);
    if (account === me) {
      leave(feed, group, { account, by: me });
      return container([], [group], me);
    }
    mustBeAllowed(group, me, "banUsers");
    if (group.members.has(account)) mustRule(group, me, account);
    return ownUpdates(leave(feed, group, { account, by: me, origin: session }), me, []);
  }),
  method(Api.channels.EditBanned, (request, me, call) => {
    const channel = call.world.channel(request.channel, me);
    const account = call.world.account(request.participant, me);
    mustBeAllowed(channel, me, "banUsers");
    mustRule(channel, me, account);
    return banned(channel, account, { out: isSet(request.bannedRights.viewMessages), me, call });
  }),
  method(Api.channels.EditAdmin, (request, me, call) => {
    const channel = call.world.channel(request.channel, me);
    const account = call.world.account(request.userId, me);
    mustBeAllowed(channel, me, "addAdmins");
    mustRule(channel, me, account);
    if (!channel.members.has(account)) throw new RpcError(400, "USER_NOT_PARTICIPANT");
    const wanted = allRights.filter((right) => isSet(request.adminRights[right]));
    const own = rightsOf(channel, me);
    if (wanted.some((right) => !own.has(right))) throw new RpcError(403, "RIGHT_FORBIDDEN");
    const before = asParticipant(account, channel, me);
    promote(channel, account, { rights: wanted, by: me });
    call.feed.tell(account, new Api.UpdateChannel({ channelId: long(channel.id) }), [channel]);
    tellBots(channel, account, { me, call, before });
    return container([], [channel], me);
  }),
  userMethod(Api.messages.EditChatAdmin, (request, me, { world, feed, session }) => {
    const group = world.group(request.chatId, me);
    const account = world.account(request.userId, me);
    if (me !== creatorOf(group)) throw new RpcError(400, "CHAT_ADMIN_REQUIRED");
    if (account === me) throw new RpcError(400, "USER_CREATOR");
    if (!group.members.has(account)) throw new RpcError(400, "USER_NOT_PARTICIPANT");
    const rights = allRights.filter((right) => request.isAdmin && right !== "addAdmins");
    promote(group, account, { rights, by: me });
    group.version++;
    const update = new Api.UpdateChatParticipantAdmin({
      chatId: long(group.id),
      userId: long(account.id),
      isAdmin: request.isAdmin,
      version: group.version,
    });
    for (const member of group.members) feed.tellOthers(member, update, [group, account], session);
    return true;
  }),
];

interface Who {
  readonly me: Account;
  readonly call: Call;
}

/** A flag that is not set is decoded as null. */
function isSet(flag: boolean | null | undefined): boolean {
  return flag === true;
}

function renamed(chat: Group | Channel, title: string, { me, call }: Who): Api.Updates {
  mustBeAllowed(chat, me, "changeInfo");
  if (title.trim() === "" || Array.from(title).length > LONGEST_TITLE) {
    throw new RpcError(400, "CHAT_TITLE_EMPTY");
  }
  if (title === chat.title) throw new RpcError(400, "CHAT_NOT_MODIFIED");
  return ownUpdates(retitle(call.feed, chat, { title, by: me, origin: call.session }), me, []);
}

function pictured(
  chat: Group | Channel,
  input: Api.TypeInputChatPhoto,
  { me, call }: Who,
): Api.Updates {
  mustBeAllowed(chat, me, "changeInfo");
  if (input instanceof Api.InputChatPhotoEmpty) {
    if (!chat.photo) throw new RpcError(400, "CHAT_NOT_MODIFIED");
    delete chat.photo;
  } else {
    chat.photo = picture(input, { me, call });
  }
  return ownUpdates(repaint(call.feed, chat, { by: me, origin: call.session }), me, []);
}

function picture(input: Api.TypeInputChatPhoto, { me, call }: Who): StoredFile {
  if (!(input instanceof Api.InputChatUploadedPhoto) || !input.file) {
    throw new RpcError(400, "PHOTO_INVALID");
  }
  const file = call.files.finish(me.id, input.file, call.session.key.dc);
  const size = pictureSize(call.files.read(file, 0, file.size));
  if (!size) throw new RpcError(400, "IMAGE_PROCESS_FAILED");
  if (Math.min(size.width, size.height) < SMALLEST_PICTURE) {
    throw new RpcError(400, "PHOTO_CROP_SIZE_SMALL");
  }
  return file;
}

/** Whose privacy forbids it is left out and named (core.telegram.org/type/messages.InvitedUsers). */
function invited(
  chat: Group | Channel,
  people: readonly Account[],
  { me, call }: Who,
): Api.messages.InvitedUsers {
  mustBeAllowed(chat, me, "inviteUsers");
  const first = chat.kind === "group" && people.some((one) => chat.members.has(one));
  if (first) throw new RpcError(400, "USER_ALREADY_PARTICIPANT");
  if (chat.kind === "channel" && people.some((one) => chat.removed.has(one))) {
    throw new RpcError(400, "USER_KICKED");
  }
  const fresh = people.filter((one) => !chat.members.has(one));
  const updates = fresh
    .filter(({ shy }) => shy !== true)
    .flatMap((account) => {
      const posted = join(call.feed, chat, { account, by: me, origin: call.session });
      return ownUpdates(posted, me, []).updates;
    });
  const missing = fresh.filter(({ shy }) => shy === true);
  return new Api.messages.InvitedUsers({
    updates: container(updates, [chat, me, ...people], me),
    missingInvitees: missing.map(({ id }) => new Api.MissingInvitee({ userId: long(id) })),
  });
}

function banned(
  channel: Channel,
  account: Account,
  { out, me, call }: Who & { readonly out: boolean },
): Api.Updates {
  const before = channel.members.has(account) ? asParticipant(account, channel, me) : undefined;
  if (out && channel.members.has(account)) {
    const posted = leave(call.feed, channel, { account, by: me, origin: call.session });
    tellBots(channel, account, { me, call, before });
    return ownUpdates(posted, me, []);
  }
  if (out) channel.removed.add(account);
  else channel.removed.delete(account);
  tellBots(channel, account, { me, call, before });
  return container([], [channel], me);
}

function promote(
  chat: Group | Channel,
  account: Account,
  { rights, by }: { readonly rights: readonly Right[]; readonly by: Account },
): void {
  const { granted, promotedBy } = chat.standing;
  if (rights.length === 0) {
    chat.admins.delete(account);
    granted.delete(account);
    promotedBy.delete(account);
    return;
  }
  chat.admins.add(account);
  granted.set(account, new Set(rights));
  promotedBy.set(account, by);
}

/** Bots that are admins hear of everybody's standing (core.telegram.org/constructor/updateChannelParticipant). */
function tellBots(
  channel: Channel,
  account: Account,
  { me, call, before }: Who & { readonly before: Api.TypeChannelParticipant | undefined },
): void {
  const after = channel.removed.has(account) ? asBanned(account, channel) : undefined;
  for (const bot of channel.members) {
    if (!bot.bot || bot === me || !may(channel, bot, "banUsers")) continue;
    const standing = channel.members.has(account) ? asParticipant(account, channel, bot) : after;
    const facts = {
      channelId: long(channel.id),
      date: now(),
      actorId: long(me.id),
      userId: long(account.id),
      ...(before ? { prevParticipant: before } : {}),
      ...(standing ? { newParticipant: standing } : {}),
    };
    const update = (qts: number) => new Api.UpdateChannelParticipant({ ...facts, qts });
    call.feed.aside(bot, update, [channel, account, me]);
  }
}
