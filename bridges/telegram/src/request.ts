import type { Attempt, MediaRef, Order } from "@bridgebox/core/adapter";
import { entitiesOf } from "./api/entities.ts";
import { Api, given, type Long } from "./api/tl.ts";
import type { Access } from "./access.ts";
import type { Body, Item, What } from "./body.ts";
import type { PeerId } from "./ids.ts";
import { inputFileMedia, inputMediaFor } from "./input-media.ts";
import { documentLocator, inputMediaOf, photoLocator } from "./locator.ts";
import { randomIdOf } from "./outgoing.ts";
import { upload, type Uploader } from "./upload.ts";

/** What a message is made of, and where it goes. */
export interface Message {
  readonly order: Order;
  readonly body: Body;
  readonly peer: PeerId;
  readonly input: Api.TypeInputPeer;
  /** What did not happen if it fails. */
  readonly what: string;
}

/** What making a request needs of a login. */
export interface Maker {
  readonly access: Access;
  readonly uploader: Uploader;
}

/** A request, with the numbers under which its messages leave. */
export interface Built {
  readonly request: Api.messages.SendMessage | Api.messages.SendMedia | Api.messages.SendMultiMedia;
  readonly randomIds: readonly Long[];
  readonly entities: Api.TypeMessageEntity[];
}

/** The request for a draft; its files are uploaded by now. `plainFiles`: pictures are sent as files. */
export const requestFor = async (
  maker: Maker,
  message: Message,
  { attempt, plainFiles }: { readonly attempt: Attempt; readonly plainFiles: boolean },
): Promise<Built> => {
  const { body, input: peer } = message;
  const { what } = body;
  const replyTo = replyOf(message);
  const entities = await entitiesFor(maker, body);
  const randomId = randomIdOf(attempt.key);
  const said = { peer, message: body.text, randomId, replyTo, entities: someOf(entities) };
  if (what === undefined) {
    const request = new Api.messages.SendMessage(given(said));
    return { request, randomIds: [randomId], entities };
  }
  if (what.kind !== "media") {
    const broadcast = (await maker.access.peers.get(message.peer))?.broadcast === true;
    const media = inputMediaFor(what, { broadcast });
    const request = new Api.messages.SendMedia(given({ ...said, media }));
    return { request, randomIds: [randomId], entities };
  }
  const items = plainFiles ? what.items.map(asFile) : what.items;
  const files = { ...what, items };
  if (items.length > 1) return { ...(await album(maker, message, { files, attempt })), entities };
  const [media] = await uploaded(maker, message, { files, attempt });
  if (media === undefined) throw new Error("A draft of a file has no file.");
  const request = new Api.messages.SendMedia(given({ ...said, media }));
  return { request, randomIds: [randomId], entities };
};

const someOf = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

const asFile = (item: Item): Item => (item.as === "image" ? { ...item, as: "file" } : item);

export const entitiesFor = (
  { access }: Pick<Maker, "access">,
  { marks }: Pick<Body, "marks">,
): Promise<Api.TypeMessageEntity[]> => entitiesOf(marks, (id) => access.peers.inputUser(id));

/** A reply; in a topic, everything else answers the message that began it (core.telegram.org/api/forum). */
const replyOf = ({ body: { replyTo }, peer: { topic } }: Message) => {
  const answered = replyTo ?? topic;
  if (answered === undefined) return undefined;
  const topMsgId = replyTo === undefined || topic === replyTo ? undefined : topic;
  return new Api.InputReplyToMessage(given({ replyToMsgId: answered, topMsgId }));
};

type Files = Extract<What, { kind: "media" }>;

interface Sending {
  readonly files: Files;
  readonly attempt: Attempt;
}

/** The files of a draft, one after the other, each as what it is to be shown. */
export const uploaded = async (
  { uploader }: Maker,
  { order, what }: Pick<Message, "order" | "what">,
  { files, attempt }: Sending,
): Promise<readonly (Api.InputMediaUploadedPhoto | Api.InputMediaUploadedDocument)[]> => {
  const media: (Api.InputMediaUploadedPhoto | Api.InputMediaUploadedDocument)[] = [];
  for (const [place, item] of files.items.entries()) {
    const ref: MediaRef | undefined = order.draft.media?.[place];
    if (ref === undefined) continue;
    const file = await upload(uploader, { ref, place, what }, attempt);
    media.push(inputFileMedia(item, { ref, file, ttl: files.ttl }));
  }
  return media;
};

/** core.telegram.org/api/files#albums-grouped-media: each file becomes media before all go together. */
const album = async (
  maker: Maker,
  message: Message,
  sending: Sending,
): Promise<Omit<Built, "entities">> => {
  const { access } = maker;
  const { input: peer, what } = message;
  const randomIds: Long[] = [];
  const multiMedia: Api.InputSingleMedia[] = [];
  const media = await uploaded(maker, message, sending);
  for (const [place, each] of media.entries()) {
    const item = sending.files.items[place];
    const ask = { what, signal: sending.attempt.signal };
    const kept = await access.client.call(new Api.messages.UploadMedia({ peer, media: each }), ask);
    const randomId = randomIdOf(sending.attempt.key, place);
    const entities = item && someOf(await entitiesFor(maker, item));
    const single = { media: keptMedia(kept, each), randomId, message: item?.text ?? "", entities };
    randomIds.push(randomId);
    multiMedia.push(new Api.InputSingleMedia(given(single)));
  }
  const replyTo = replyOf(message);
  const request = new Api.messages.SendMultiMedia(given({ peer, multiMedia, replyTo }));
  return { request, randomIds };
};

const keptMedia = (
  kept: Api.TypeMessageMedia,
  { spoiler }: { readonly spoiler?: boolean },
): Api.TypeInputMedia => {
  const more = spoiler === true ? ({ spoiler } as const) : {};
  if (kept instanceof Api.MessageMediaPhoto && kept.photo instanceof Api.Photo) {
    return inputMediaOf(photoLocator(kept.photo, ""), more);
  }
  if (kept instanceof Api.MessageMediaDocument && kept.document instanceof Api.Document) {
    return inputMediaOf(documentLocator(kept.document), more);
  }
  throw new Error("Telegram did not say what became of a file.");
};
