import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api, RpcError } from "../tl.ts";
import type { Document, Photo, StoredFile } from "./kinds.ts";

const PART_LIMIT = 524_288;
const MOST_PARTS = 4000;

interface Upload {
  readonly slot: string;
  readonly parts: Map<number, { readonly at: number; readonly length: number }>;
  length: number;
  total: number | undefined;
}

/** Parts on their way in and files that are whole (core.telegram.org/api/files). */
export class Files {
  readonly #uploads = new Map<string, Upload>();
  readonly #open = new Map<string, number>();
  readonly #files: StoredFile[] = [];
  /** What the files are, for those who send them again. */
  readonly attachments = new Map<bigint, Photo | Document>();
  #folder: string | undefined;

  /** Takes one part; `total` is what the client says of a large file, -1 while it does not know. */
  save(owner: number, part: Api.upload.SaveFilePart | Api.upload.SaveBigFilePart): void {
    const { fileId, filePart, bytes } = part;
    if (bytes.length === 0) throw new RpcError(400, "FILE_PART_EMPTY");
    if (bytes.length > PART_LIMIT) throw new RpcError(400, "FILE_PART_TOO_BIG");
    if (filePart < 0 || filePart >= MOST_PARTS) throw new RpcError(400, "FILE_PART_INVALID");
    const key = `${owner}.${fileId.toString()}`;
    const upload = this.#uploads.get(key) ?? this.#begin(key);
    const { fileTotalParts: total } = part instanceof Api.upload.SaveBigFilePart ? part : {};
    if (total !== undefined && total !== -1) {
      if (upload.total !== undefined && upload.total !== total) {
        throw new RpcError(400, "FILE_PARTS_INVALID");
      }
      upload.total = total;
    }
    const known = upload.parts.get(filePart);
    if (known && known.length !== bytes.length) throw new RpcError(400, "FILE_PART_SIZE_CHANGED");
    const at = known?.at ?? upload.length;
    writeSync(this.#descriptor(upload.slot), bytes, 0, bytes.length, at);
    upload.parts.set(filePart, { at, length: bytes.length });
    if (!known) upload.length += bytes.length;
  }

  /** The whole file that an upload made; refuses what the network refuses. */
  finish(owner: number, input: unknown, dc: number): StoredFile {
    const large = input instanceof Api.InputFileBig;
    if (!large && !(input instanceof Api.InputFile)) throw new RpcError(400, "MEDIA_INVALID");
    const upload = this.#uploads.get(`${owner}.${input.id.toString()}`);
    if (!upload) throw new RpcError(400, "FILE_PARTS_INVALID");
    if (large !== (upload.total !== undefined)) throw new RpcError(400, "FILE_PARTS_INVALID");
    if (upload.total !== undefined && upload.total !== input.parts) {
      throw new RpcError(400, "FILE_PARTS_INVALID");
    }
    const parts = Array.from({ length: input.parts }, (_, index) => {
      const part = upload.parts.get(index);
      if (!part) throw new RpcError(400, `FILE_PART_${index}_MISSING`);
      return part;
    });
    const [first] = parts;
    const even = parts.slice(0, -1).every((part) => part.length === first?.length);
    const divides = !first || PART_LIMIT % first.length === 0 || parts.length === 1;
    if (!even || !divides) throw new RpcError(400, "FILE_PART_SIZE_INVALID");
    const slot = this.#inOrder(upload.slot, parts);
    const file = this.#keep({ name: input.name, size: upload.length, slot, dc });
    const sum = input instanceof Api.InputFile ? input.md5Checksum : "";
    if (sum !== "" && sum !== this.#md5(file)) throw new RpcError(400, "MD5_CHECKSUM_INVALID");
    return file;
  }

  /** A file that was there before the test began; `pattern` repeats up to `size`. */
  add(file: { name: string; bytes: Buffer; size?: number; dc: number }): StoredFile {
    const { bytes, size = bytes.length } = file;
    const slot = randomBytes(8).toString("hex");
    for (let at = 0; at < size; at += bytes.length) {
      const length = Math.min(bytes.length, size - at);
      writeSync(this.#descriptor(slot), bytes, 0, length, at);
    }
    return this.#keep({ name: file.name, size, slot, dc: file.dc });
  }

  read(file: StoredFile, offset: number, limit: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(limit, file.size - offset)));
    readSync(this.#descriptor(file.slot), bytes, 0, bytes.length, offset);
    return bytes;
  }

  find(id: bigint, secret: bigint): StoredFile | undefined {
    return this.#files.find((file) => file.id === id && file.secret === secret);
  }

  /** Every reference that was given out is worth nothing any more. */
  expire(): void {
    for (const file of this.#files) file.reference = randomBytes(8);
  }

  /** Parts that are waiting are forgotten, as they are after some hours. */
  forgetUploads(): void {
    this.#uploads.clear();
  }

  close(): void {
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true });
    this.#folder = undefined;
  }

  #begin(key: string): Upload {
    const slot = randomBytes(8).toString("hex");
    const upload: Upload = { slot, parts: new Map(), length: 0, total: undefined };
    this.#uploads.set(key, upload);
    return upload;
  }

  #keep(file: Omit<StoredFile, "id" | "secret" | "reference">): StoredFile {
    const id = 900_000n + BigInt(this.#files.length);
    const secret = randomBytes(8).readBigInt64LE();
    const stored = { ...file, id, secret, reference: randomBytes(8) };
    this.#files.push(stored);
    return stored;
  }

  /** Parts may come in any order; a file is read in its own. */
  #inOrder(slot: string, parts: readonly { at: number; length: number }[]): string {
    let next = 0;
    const sorted = parts.every(({ at, length }) => {
      const fits = at === next;
      next += length;
      return fits;
    });
    if (sorted) return slot;
    const whole = randomBytes(8).toString("hex");
    let to = 0;
    for (const { at, length } of parts) {
      const bytes = Buffer.alloc(length);
      readSync(this.#descriptor(slot), bytes, 0, length, at);
      writeSync(this.#descriptor(whole), bytes, 0, length, to);
      to += length;
    }
    ftruncateSync(this.#descriptor(slot));
    return whole;
  }

  #md5(file: StoredFile): string {
    const hash = createHash("md5");
    for (let at = 0; at < file.size; at += PART_LIMIT) hash.update(this.read(file, at, PART_LIMIT));
    return hash.digest("hex");
  }

  #descriptor(slot: string): number {
    const known = this.#open.get(slot);
    if (known !== undefined) return known;
    this.#folder ??= mkdtempSync(join(tmpdir(), "telegram-"));
    const descriptor = openSync(join(this.#folder, slot), "w+");
    this.#open.set(slot, descriptor);
    return descriptor;
  }
}
