import { pin, publish } from "../messages.ts";
import { boxFor } from "../model.ts";
import { Api, RpcError } from "../tl.ts";
import { asUpdate, container } from "../updates.ts";
import { castOf } from "../views.ts";
import { method, type Method } from "./method.ts";
import { ownUpdates, postIn, useRandomId, writable } from "./send.ts";

/** Pinning and forwarding. */
export const arrangeMethods: readonly Method[] = [
  method(Api.messages.UpdatePinnedMessage, (request, me, call) => {
    const chat = writable(request.peer, me, call);
    const post = postIn(chat, me, request.id);
    if (chat.kind === "channel" && !chat.admins.has(me)) {
      throw new RpcError(400, "CHAT_ADMIN_REQUIRED");
    }
    const on = request.unpin !== true;
    if (post.pinned === on) throw new RpcError(400, "CHAT_NOT_MODIFIED");
    const box = boxFor(chat, me);
    const change = pin(call.feed, post, { on, origin: call.session }).get(box);
    const update = change && asUpdate(change, box, me);
    if (on && request.silent !== true && chat.kind !== "user") {
      const action = new Api.MessageActionPinMessage();
      publish(call.feed, { from: me, to: chat, action, replyTo: post });
    }
    return container(update ? [update] : [], [me, chat], me);
  }),
  method(Api.messages.ForwardMessages, (request, me, call) => {
    const from = call.world.chat(request.fromPeer, me);
    const to = writable(request.toPeer, me, call);
    const updates = request.id.flatMap((id, index) => {
      const post = postIn(from, me, id);
      const randomId = request.randomId[index];
      useRandomId(me, randomId);
      if (!randomId) return [];
      const origin = post.to.kind === "channel" && post.to.broadcast ? post.to : post.from;
      const posted = publish(
        call.feed,
        {
          from: me,
          to,
          text: post.text,
          entities: post.entities,
          ...(post.media ? { media: post.media } : {}),
          forward: post.forward ?? { from: origin, date: post.date },
        },
        call.session,
      );
      const number = call.world.idOf(posted.post, me);
      return ownUpdates(posted, me, [new Api.UpdateMessageID({ id: number, randomId })]).updates;
    });
    return container(updates, new Set([...castOf([]), me, from, to]), me);
  }),
];
