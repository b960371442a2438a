import type { Account, Chat } from "../model.ts";
import { Api, long } from "../tl.ts";
import type { Feed } from "../updates.ts";
import { asPeer } from "../views.ts";

/** Tells everybody else in a chat what somebody is doing there. */
export function setTyping(
  feed: Feed,
  { from, to, action }: { from: Account; to: Chat; action: Api.TypeSendMessageAction },
): void {
  if (to.kind === "user") {
    feed.tell(to, new Api.UpdateUserTyping({ userId: long(from.id), action }), [from]);
    return;
  }
  const fromId = asPeer(from);
  const update =
    to.kind === "group"
      ? new Api.UpdateChatUserTyping({ chatId: long(to.id), fromId, action })
      : new Api.UpdateChannelUserTyping({ channelId: long(to.id), fromId, action });
  for (const member of to.members) if (member !== from) feed.tell(member, update, [from, to]);
}
