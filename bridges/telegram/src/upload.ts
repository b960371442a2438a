import { createHash, type Hash } from "node:crypto";
import { BridgeError, type Attempt, type MediaRef, type Session } from "@bridgebox/core/adapter";
import { longFromBytes } from "./api/entities.ts";
import type { FileWires } from "./api/file-wires.ts";
import { letGo } from "./api/tidy.ts";
import { Api, long } from "./api/tl.ts";
import { fileName } from "./file-name.ts";
import { crumbsOf, noteFile, type Uploaded } from "./crumbs.ts";

/** core.telegram.org/api/files: parts of the largest size are needed where there would be too many. */
const largestPart = 524_288;
const smallPart = 131_072;
const mostParts = 4000;
/** What is larger goes by another method, in whose parts there is no check sum. */
const largeFrom = 10_485_760;
/** Parts on their way at once: what an upload holds in memory. */
const window = 3;
/** How often an upload notes how far it is, in bytes. */
const notedEvery = 8_388_608;

/** bytes */
export const largestFile = mostParts * largestPart;

/** Each part is copied a few times on its way, so smaller ones need less memory. */
const partFor = (size: number | undefined): number =>
  size !== undefined && size <= smallPart * mostParts ? smallPart : largestPart;

/** What uploading needs of a login. */
export interface Uploader {
  readonly wires: FileWires;
  readonly media: Session<never>["media"];
}

export interface Upload {
  readonly ref: MediaRef;
  /** Its place in the message: with the attempt, what the file is known by. */
  readonly place: number;
  /** What did not happen if it fails. */
  readonly what: string;
}

/** Sends a file in parts as it is read, and goes on where the attempt before left off. */
export const upload = async (
  uploader: Uploader,
  { ref, place, what }: Upload,
  attempt: Attempt,
): Promise<Api.TypeInputFile> => {
  const name = fileName(ref.name ?? "");
  const before = crumbsOf(attempt.notes).files[place];
  if (before?.whole === true) return inputFile(before, name);
  const stream = await uploader.media.open(ref, attempt.signal);
  const reading = stream.body.getReader();
  try {
    const parts = new Parts(reading);
    const size = stream.size ?? ref.size ?? (await parts.sizeWithin(largeFrom));
    if (size !== undefined && size > largestFile) throw tooLarge(what);
    const part = partFor(size);
    // Numbers of parts mean nothing where the parts are of another size.
    const begun = before?.part === part ? before : undefined;
    const job: Job = {
      wires: uploader.wires,
      attempt,
      place,
      what,
      size,
      part,
      // An upload that was begun goes on as what it was: its numbers and its method belong together.
      large: begun?.large ?? (size === undefined || size > largeFrom),
      id: begun?.id ?? fileId(attempt, place),
    };
    const file = await sendParts(job, parts, begun?.parts ?? 0);
    await noteFile(attempt, place, file);
    return inputFile(file, name);
  } finally {
    await reading.cancel().catch(() => undefined);
  }
};

const fileId = (attempt: Attempt, place: number): string => {
  const seed = `${attempt.key}:file:${place}:${attempt.number}`;
  return longFromBytes(createHash("sha256").update(seed).digest().subarray(0, 8)).toString();
};

const inputFile = ({ id, parts, large, md5 }: Uploaded, name: string): Api.TypeInputFile =>
  large
    ? new Api.InputFileBig({ id: long(id), parts, name })
    : new Api.InputFile({ id: long(id), parts, name, md5Checksum: md5 });

interface Job {
  readonly wires: FileWires;
  readonly attempt: Attempt;
  readonly place: number;
  readonly what: string;
  readonly size: number | undefined;
  /** bytes */
  readonly part: number;
  readonly large: boolean;
  readonly id: string;
}

const sendParts = async (job: Job, parts: Parts, done: number): Promise<Uploaded> => {
  const { attempt, place, id, large, part, what } = job;
  const sum = large ? undefined : createHash("md5");
  const onTheirWay: Promise<unknown>[] = [];
  const total = job.size === undefined ? -1 : Math.ceil(job.size / part);
  let number = 0;
  let arrived = done;
  const settle = async () => {
    await onTheirWay.shift();
    arrived += 1;
    if (large && arrived % (notedEvery / part) === 0) {
      await noteFile(attempt, place, { id, part, parts: arrived, large, whole: false, md5: "" });
    }
  };
  for (;;) {
    const bytes = await parts.next(part);
    if (bytes === undefined) break;
    if (number >= mostParts) throw tooLarge(what);
    sum?.update(bytes);
    if (number >= done) {
      const last = await parts.ended();
      const whole = total === -1 && last ? number + 1 : total;
      const sent = sendPart(job, { number, total: whole, bytes });
      // Waited for in its turn; until then a failure must not count as unhandled.
      sent.catch(() => undefined);
      onTheirWay.push(sent);
      if (onTheirWay.length >= window) await settle();
    }
    number += 1;
  }
  while (onTheirWay.length > 0) await settle();
  if (number === 0) throw refused(what, "the file is empty");
  if (total !== -1 && number !== total) throw refused(what, "the file is not as long as was said");
  return { id, part, parts: number, large, whole: true, md5: checkSum(sum) };
};

const checkSum = (sum: Hash | undefined): string => sum?.digest("hex") ?? "";

const sendPart = async (
  { wires, attempt, id, large, what }: Job,
  {
    number,
    total,
    bytes,
  }: { readonly number: number; readonly total: number; readonly bytes: Buffer },
): Promise<unknown> => {
  const part = { fileId: long(id), filePart: number, bytes };
  const request = large
    ? new Api.upload.SaveBigFilePart({ ...part, fileTotalParts: total })
    : new Api.upload.SaveFilePart(part);
  const written = noteWritten(request);
  const answer = await wires.call<unknown>(request, { what, signal: attempt.signal });
  // Only after an answer: what was given up may still be on its way out.
  for (const one of [bytes, ...written]) letGo(one);
  return answer;
};

/** What the library keeps of a request until it is answered, each time that it writes it down. */
const noteWritten = (request: { getBytes: () => Buffer }): readonly Buffer[] => {
  const written: Buffer[] = [];
  const write = request.getBytes.bind(request);
  request.getBytes = () => {
    const all = write();
    written.push(all);
    return all;
  };
  return written;
};

/** A stream in parts of one size; the last one may be shorter. */
class Parts {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  #over = false;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader;
  }

  /** Reads ahead to learn the size; nothing where it is more than that. */
  async sizeWithin(most: number): Promise<number | undefined> {
    await this.#fill(most + 1);
    return this.#over ? this.#waiting : undefined;
  }

  async next(length: number): Promise<Buffer | undefined> {
    await this.#fill(length);
    if (this.#waiting === 0) return undefined;
    const part = Buffer.allocUnsafe(Math.min(length, this.#waiting));
    let at = 0;
    while (at < part.length) {
      const [chunk] = this.#chunks;
      if (chunk === undefined) break;
      const taken = chunk.subarray(0, part.length - at);
      part.set(taken, at);
      at += taken.length;
      if (taken.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(taken.length);
    }
    this.#waiting -= part.length;
    return part;
  }

  /** Whether nothing comes any more. */
  async ended(): Promise<boolean> {
    await this.#fill(1);
    return this.#waiting === 0;
  }

  async #fill(length: number): Promise<void> {
    while (!this.#over && this.#waiting < length) {
      const { done, value } = await this.#reader.read();
      if (done) {
        this.#over = true;
        return;
      }
      this.#chunks.push(value);
      this.#waiting += value.length;
    }
  }
}

const tooLarge = (what: string): BridgeError =>
  new BridgeError("too_large", `${what}: Telegram takes files of at most 2,000 MB.`, {
    reached: "no",
    scope: "item",
  });

const refused = (what: string, why: string): BridgeError =>
  new BridgeError("invalid", `${what}: ${why}.`, { reached: "no", scope: "item" });
