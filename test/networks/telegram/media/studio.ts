import { randomInt } from "node:crypto";
import { Api, given, long } from "../tl.ts";
import type { Document, Photo, Place, Poll } from "./kinds.ts";
import type { Files } from "./files.ts";
import { pictureSize } from "./picture.ts";

/** Makes what a message can carry, as if it had been uploaded by somebody else. */
export class Studio {
  readonly #files: Files;
  readonly #dc: number;

  constructor(files: Files, dc: number) {
    this.#files = files;
    this.#dc = dc;
  }

  /** A picture, as a message can carry it. */
  photo(
    bytes: Buffer,
    more: Partial<Pick<Photo, "spoiler" | "ttlSeconds">> & { dc?: number } = {},
  ): Photo {
    const size = pictureSize(bytes);
    if (!size) throw new Error("these bytes are no picture");
    const { dc = this.#dc, ...rest } = more;
    const file = this.#files.add({ name: "", bytes, dc });
    const photo: Photo = { kind: "photo", file, ...size, ...rest };
    this.#files.attachments.set(file.id, photo);
    return photo;
  }

  /** A file of any kind, as a message can carry it; `size` repeats the bytes up to it. */
  document(
    bytes: Buffer,
    about: Omit<Document, "kind" | "file"> & {
      readonly size?: number;
      readonly dc?: number;
      readonly thumb?: Buffer;
    },
  ): Document {
    const { size, dc = this.#dc, thumb, ...rest } = about;
    const file = this.#files.add({ name: "", bytes, dc, ...given({ size }) });
    if (thumb) file.thumb = this.#files.add({ name: "", bytes: thumb, dc });
    const document: Document = { kind: "document", file, ...rest };
    this.#files.attachments.set(file.id, document);
    return document;
  }

  /** A poll with these answers; `open` shows who voted. */
  poll(
    question: string,
    answers: readonly string[],
    more: { open?: boolean; multiple?: boolean } = {},
  ): Poll {
    const plain = (text: string): Api.TextWithEntities =>
      new Api.TextWithEntities({ text, entities: [] });
    return {
      kind: "poll",
      id: randomInt(1, 2 ** 40),
      question: plain(question),
      answers: answers.map(
        (text, index) =>
          new Api.PollAnswer({ text: plain(text), option: Buffer.from(String(index)) }),
      ),
      open: more.open ?? false,
      multiple: more.multiple ?? false,
      votes: new Map(),
      closed: false,
    };
  }

  /** A place that moves for so many seconds. */
  livePlace(lat: number, lon: number, period: number): Place {
    const point = new Api.GeoPoint({ lat, long: lon, accessHash: long(0) });
    return { kind: "place", point, period };
  }
}
