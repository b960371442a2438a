import { BridgeError, type MediaRef, type MediaStream } from "@bridgebox/core/adapter";
import { fetchMessages, type Access, type Ask } from "./access.ts";
import type { FileWires } from "./api/file-wires.ts";
import { Api, long } from "./api/tl.ts";
import { rpcName } from "./errors.ts";
import { messageNumber, peerOfChat } from "./ids.ts";
import {
  documentLocator,
  fileLocation,
  parseLocator,
  photoLocator,
  type Locator,
} from "./locator.ts";
import { filesIn } from "./media.ts";

/** What reading files needs of a login. */
export interface FileAccess {
  readonly access: Access;
  readonly wires: FileWires;
}

const what = "The file was not fetched";
/** upload.getFile divides a megabyte by it; smaller parts need less memory on their way. */
const partSize = 131_072;

/** A file as a stream, part by part; nothing is asked for before somebody reads. */
export const openMedia = async (
  files: FileAccess,
  media: MediaRef,
  signal: AbortSignal,
): Promise<MediaStream> => {
  const locator = parseLocator(media.locator);
  if (locator === undefined) throw gone("what is stored of it cannot be read");
  const source = new Source(files, { media, locator, signal });
  // The first part is asked for at once, so that what is gone says so before anything is sent on.
  const first = await source.part(0);
  const { size = source.size } = media;
  return {
    body: ReadableStream.from(source.parts(first)),
    ...(size === undefined ? {} : { size }),
    ...(media.mime === undefined ? {} : { mime: media.mime }),
    ...(media.name === undefined ? {} : { name: media.name }),
  };
};

interface Wanted {
  readonly media: MediaRef;
  readonly locator: Locator;
  readonly signal: AbortSignal;
}

/** Reads one file in parts, with the next one on its way, and knows what to do when its key runs out. */
class Source {
  readonly #files: FileAccess;
  readonly #media: MediaRef;
  readonly #ask: Ask;
  #locator: Locator;
  #size: number | undefined;

  constructor(files: FileAccess, { media, locator, signal }: Wanted) {
    this.#files = files;
    this.#media = media;
    this.#locator = locator;
    this.#ask = { what, signal };
  }

  /** Known where the first part is the whole. */
  get size(): number | undefined {
    return this.#size;
  }

  async *parts(first: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
    let part: Buffer = first;
    for (let offset = 0; part.length > 0;) {
      offset += part.length;
      const last = part.length < partSize || offset === this.#media.size;
      const next = last ? undefined : this.part(offset);
      // Waited for below; a reader who leaves early must not make it an unhandled rejection.
      next?.catch(() => undefined);
      yield part;
      if (next === undefined) return;
      part = await next;
    }
  }

  async part(offset: number): Promise<Buffer> {
    try {
      return await this.#read(offset);
    } catch (error) {
      const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
      if (name?.startsWith("FILE_REFERENCE_") !== true) throw error;
      this.#locator = await this.#refreshed();
      return this.#read(offset);
    }
  }

  async #read(offset: number): Promise<Buffer> {
    if (this.#locator.kind === "emoji") this.#locator = await this.#emoji(this.#locator.id);
    const location = await this.#location(this.#locator);
    const request = new Api.upload.GetFile({ location, offset: long(offset), limit: partSize });
    const { dc } = this.#locator.kind === "emoji" ? { dc: undefined } : this.#locator;
    const answer = await this.#files.wires.call(request, { dc, ...this.#ask });
    if (!(answer instanceof Api.upload.File))
      throw gone("Telegram keeps it where bridgebox cannot read");
    if (offset === 0 && answer.bytes.length < partSize) this.#size = answer.bytes.length;
    return answer.bytes;
  }

  async #location(locator: Locator): Promise<Api.TypeInputFileLocation> {
    if (locator.kind === "photo" || locator.kind === "document") return fileLocation(locator);
    const peer =
      locator.kind === "avatar"
        ? await this.#files.access.peers.inputPeer(locator.peer)
        : undefined;
    if (peer === undefined) throw gone("this account cannot see whose it is");
    return new Api.InputPeerPhotoFileLocation({ peer, photoId: long(locator.id), big: true });
  }

  /** The same file out of its message as it is now. */
  async #refreshed(): Promise<Locator> {
    const { of } = this.#media;
    const locator = this.#locator;
    const peer = of && peerOfChat(of.chat);
    const id = of && messageNumber(of.message);
    if (locator.kind === "emoji" || locator.kind === "avatar") return locator;
    if (peer === undefined || id === undefined) throw gone("its key has run out");
    const { messages } = await fetchMessages(this.#files.access, peer, {
      ids: [id],
      ask: this.#ask,
    });
    for (const message of messages) {
      const found = filesIn(message).find((file) => file.id.toString() === locator.id);
      if (found instanceof Api.Document) return documentLocator(found, locator.size);
      if (found !== undefined) return photoLocator(found, locator.size);
    }
    throw gone("its message was deleted or holds another file now");
  }

  async #emoji(id: string): Promise<Locator> {
    const request = new Api.messages.GetCustomEmojiDocuments({ documentId: [long(id)] });
    const [document] = await this.#files.access.client.call<Api.TypeDocument[]>(request, this.#ask);
    if (document instanceof Api.Document) return documentLocator(document);
    throw gone("there is no such emoji any more");
  }
}

const gone = (why: string): BridgeError =>
  new BridgeError("gone", `${what}: ${why}.`, { reached: "no", scope: "item" });
