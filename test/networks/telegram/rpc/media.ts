import { randomBytes } from "node:crypto";
import { publish, checkCaption } from "../messages.ts";
import type { Attachment } from "../media/kinds.ts";
import type { Account } from "../model.ts";
import { Api, RpcError } from "../tl.ts";
import { container } from "../updates.ts";
import { attached, uploadedMedia } from "./input-media.ts";
import { method, type Call, type Method } from "./method.ts";
import { asEntities, ownUpdates, repliedTo, sentReply, useRandomId, writable } from "./send.ts";

const MOST_ITEMS = 10;

/** Sending what is more than text. */
export const mediaMethods: readonly Method[] = [
  method(Api.messages.UploadMedia, (request, me, call) => {
    call.world.chat(request.peer, me);
    return uploadedMedia(request.media, { me, call });
  }),
  method(Api.messages.SendMedia, (request, me, call) => {
    const to = writable(request.peer, me, call);
    const entities = asEntities(request.entities, me, call.world);
    checkCaption(request.message, entities);
    const answered = repliedTo(request.replyTo, to, me);
    const media = attached(request.media, { me, call });
    mustFit(media, to.kind === "user", to.kind === "channel" && to.broadcast);
    const randomId = useRandomId(me, request.randomId);
    const content = { from: me, to, text: request.message, entities, media };
    return sentReply(publish(call.feed, { ...content, ...answered }, call.session), {
      me,
      randomId,
      call,
    });
  }),
  method(Api.messages.SendMultiMedia, (request, me, call) => sendAlbum(request, me, call)),
];

function sendAlbum(request: Api.messages.SendMultiMedia, me: Account, call: Call): Api.Updates {
  const to = writable(request.peer, me, call);
  const items = request.multiMedia.map((item) => {
    const { media, message } = item;
    const ready = media instanceof Api.InputMediaPhoto || media instanceof Api.InputMediaDocument;
    if (!ready) throw new RpcError(400, "MEDIA_INVALID");
    const entities = asEntities(item.entities, me, call.world);
    checkCaption(message, entities);
    return { media: attached(media, { me, call }), text: message, entities, item };
  });
  if (items.length < 1 || items.length > MOST_ITEMS)
    throw new RpcError(400, "MULTI_MEDIA_TOO_LONG");
  if (new Set(items.map(({ media }) => groupOf(media))).size > 1) {
    throw new RpcError(400, "MEDIA_INVALID");
  }
  const answered = repliedTo(request.replyTo, to, me);
  const album = randomBytes(8).readBigUInt64LE() >> 1n;
  const sent = items.map(({ item, ...content }) => {
    const randomId = useRandomId(me, item.randomId);
    const said = { ...content, ...answered, from: me, to, album };
    const posted = publish(call.feed, said, call.session);
    const id = call.world.idOf(posted.post, me);
    return ownUpdates(posted, me, [new Api.UpdateMessageID({ id, randomId })]);
  });
  const merged = container(
    sent.flatMap(({ updates }) => updates),
    [me, to],
    me,
  );
  return merged;
}

/** Photos and videos go together; files only with files, music only with music. */
function groupOf(media: Attachment): string {
  if (media.kind !== "document") return media.kind === "photo" ? "seen" : media.kind;
  const has = (kind: new (...args: never[]) => object) =>
    media.attributes.some((attribute) => attribute instanceof kind);
  if (has(Api.DocumentAttributeVideo)) return "seen";
  return has(Api.DocumentAttributeAudio) ? "heard" : "file";
}

function mustFit(media: Attachment, personal: boolean, broadcast: boolean): void {
  const fleeting = "ttlSeconds" in media && media.ttlSeconds !== undefined;
  if (fleeting && !personal) throw new RpcError(400, "TTL_MEDIA_INVALID");
  if (media.kind === "poll" && personal) throw new RpcError(400, "MEDIA_INVALID");
  if (media.kind === "poll" && media.open && broadcast) {
    throw new RpcError(400, "POLL_PUBLIC_VOTERS_FORBIDDEN");
  }
}
