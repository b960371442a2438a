import { randomInt } from "node:crypto";
import { asMedia } from "../media/attachment.ts";
import type { Attachment, Document, Photo, Poll } from "../media/kinds.ts";
import { pictureSize } from "../media/picture.ts";
import type { Account, Post } from "../model.ts";
import { Api, given, long, RpcError, toBigInt } from "../tl.ts";
import type { Call } from "./method.ts";

interface Who {
  readonly me: Account;
  readonly call: Call;
}

const MOST_ANSWERS = 10;
const LARGEST_PHOTO = 10_485_760;

/** The attachment that an input media makes (core.telegram.org/type/InputMedia). */
export function attached(media: Api.TypeInputMedia, who: Who): Attachment {
  if (media instanceof Api.InputMediaUploadedPhoto) return uploadedPhoto(media, who);
  if (media instanceof Api.InputMediaUploadedDocument) return uploadedDocument(media, who);
  if (media instanceof Api.InputMediaPhoto || media instanceof Api.InputMediaDocument) {
    return known(media, who);
  }
  if (media instanceof Api.InputMediaPoll) return newPoll(media);
  if (media instanceof Api.InputMediaGeoPoint) {
    return { kind: "fixed", media: new Api.MessageMediaGeo({ geo: point(media.geoPoint) }) };
  }
  if (media instanceof Api.InputMediaVenue) {
    const { title, address, provider, venueId, venueType } = media;
    const venue = { geo: point(media.geoPoint), title, address, provider, venueId, venueType };
    return { kind: "fixed", media: new Api.MessageMediaVenue(venue) };
  }
  if (media instanceof Api.InputMediaGeoLive) {
    const { period = 0 } = media;
    if (period < 60 || period > 86_400) throw new RpcError(400, "MEDIA_PERIOD_INVALID");
    return { kind: "place", point: point(media.geoPoint), period };
  }
  if (media instanceof Api.InputMediaContact) {
    const { phoneNumber, firstName, lastName, vcard } = media;
    if (!/\d/.test(phoneNumber)) throw new RpcError(400, "PHONE_NUMBER_INVALID");
    const contact = { phoneNumber, firstName, lastName, vcard, userId: long(0) };
    return { kind: "fixed", media: new Api.MessageMediaContact(contact) };
  }
  throw new RpcError(400, "MEDIA_INVALID");
}

/** What an edit makes of a message's media: a poll ends, a place moves, a file is replaced. */
export function changedMedia(media: Api.TypeInputMedia, post: Post, who: Who): Attachment {
  const old = post.media;
  if (media instanceof Api.InputMediaPoll) {
    if (old?.kind !== "poll" || media.poll.closed !== true)
      throw new RpcError(400, "POLL_UNSUPPORTED");
    if (old.closed) throw new RpcError(400, "MESSAGE_NOT_MODIFIED");
    old.closed = true;
    return old;
  }
  if (media instanceof Api.InputMediaGeoLive) {
    if (old?.kind !== "place") throw new RpcError(400, "MEDIA_PREV_INVALID");
    const at = media.stopped === true ? old.point : point(media.geoPoint);
    return { ...old, point: at, ...(media.stopped === true ? { period: 0 } : {}) };
  }
  if (old?.kind !== "photo" && old?.kind !== "document") {
    throw new RpcError(400, "MEDIA_PREV_INVALID");
  }
  return attached(media, who);
}

function uploadedPhoto(media: Api.InputMediaUploadedPhoto, { me, call }: Who): Photo {
  const file = call.files.finish(me.id, media.file, call.session.key.dc);
  if (file.size > LARGEST_PHOTO) throw new RpcError(400, "PHOTO_SAVE_FILE_INVALID");
  const size = pictureSize(call.files.read(file, 0, file.size));
  if (!size) throw new RpcError(400, "IMAGE_PROCESS_FAILED");
  const { width, height } = size;
  const narrow = Math.max(width / height, height / width) > 20;
  if (width + height > 10_000 || narrow) throw new RpcError(400, "PHOTO_INVALID_DIMENSIONS");
  const { spoiler, ttlSeconds } = shownAs(media);
  return keep({ kind: "photo", file, width, height, ...given({ spoiler, ttlSeconds }) }, call);
}

function uploadedDocument(media: Api.InputMediaUploadedDocument, { me, call }: Who): Document {
  const file = call.files.finish(me.id, media.file, call.session.key.dc);
  if (media.thumb) file.thumb = call.files.finish(me.id, media.thumb, call.session.key.dc);
  const { spoiler, ttlSeconds } = shownAs(media);
  const { mimeType: mime, attributes } = media;
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(mime)) throw new RpcError(400, "MEDIA_TYPE_INVALID");
  const document = { kind: "document", file, mime, attributes } as const;
  return keep({ ...document, ...given({ spoiler, ttlSeconds }) }, call);
}

/** A flag that is not set is decoded as null. */
function shownAs(media: { spoiler?: boolean | null; ttlSeconds?: number | null }) {
  return { spoiler: media.spoiler || undefined, ttlSeconds: media.ttlSeconds ?? undefined };
}

function keep<A extends Photo | Document>(attachment: A, { files }: Call): A {
  files.attachments.set(attachment.file.id, attachment);
  return attachment;
}

/** What was uploaded before, or came in a message. */
function known(media: Api.InputMediaPhoto | Api.InputMediaDocument, { call }: Who): Attachment {
  const { id } = media;
  if (!(id instanceof Api.InputPhoto) && !(id instanceof Api.InputDocument)) {
    throw new RpcError(400, "MEDIA_EMPTY");
  }
  const file = call.files.find(toBigInt(id.id), toBigInt(id.accessHash));
  const attachment = file && call.files.attachments.get(file.id);
  if (!file || !attachment) throw new RpcError(400, "MEDIA_EMPTY");
  if (!id.fileReference.equals(file.reference)) throw new RpcError(400, "FILE_REFERENCE_EXPIRED");
  const { spoiler, ttlSeconds } = shownAs(media);
  return { ...attachment, ...given({ spoiler, ttlSeconds }) };
}

function newPoll({ poll }: Api.InputMediaPoll): Poll {
  const { answers, question } = poll;
  if (answers.length < 2 || answers.length > MOST_ANSWERS) {
    throw new RpcError(400, "POLL_ANSWERS_INVALID");
  }
  if (question.text === "" || question.text.length > 255) {
    throw new RpcError(400, "POLL_QUESTION_INVALID");
  }
  const options = new Set<string>();
  for (const answer of answers) {
    if (answer.option.length < 1 || answer.option.length > 100) {
      throw new RpcError(400, "POLL_OPTION_INVALID");
    }
    if (answer.text.text === "" || answer.text.text.length > 100) {
      throw new RpcError(400, "POLL_ANSWER_INVALID");
    }
    options.add(answer.option.toString("hex"));
  }
  if (options.size < answers.length) throw new RpcError(400, "POLL_OPTION_DUPLICATE");
  return {
    kind: "poll",
    id: randomInt(1, 2 ** 40),
    question,
    answers,
    multiple: poll.multipleChoice ?? false,
    open: poll.publicVoters ?? false,
    votes: new Map(),
    closed: false,
  };
}

function point(geo: Api.TypeInputGeoPoint): Api.GeoPoint {
  if (!(geo instanceof Api.InputGeoPoint)) throw new RpcError(400, "MEDIA_EMPTY");
  const valid = Math.abs(geo.lat) <= 90 && Math.abs(geo.long) <= 180;
  if (!valid) throw new RpcError(400, "MEDIA_INVALID");
  return new Api.GeoPoint({ lat: geo.lat, long: geo.long, accessHash: long(0) });
}

/** The answer to an upload that no message has yet. */
export function uploadedMedia(media: Api.TypeInputMedia, who: Who): Api.TypeMessageMedia {
  return asMedia(attached(media, who), who.me.id);
}
