import {
  createCipheriv,
  createDecipheriv,
  randomBytes,
  randomInt,
  type Cipheriv,
  type Decipheriv,
} from "node:crypto";
import type { Socket } from "node:net";
import { crc32 } from "node:zlib";
import { backwards, uint32 } from "./bytes.ts";

type Framing = "abridged" | "intermediate" | "padded" | "full";

const TAGS: ReadonlyMap<number, Framing> = new Map([
  [0xefefefef, "abridged"],
  [0xeeeeeeee, "intermediate"],
  [0xdddddddd, "padded"],
]);
const MAX_PACKET = 1 << 22;

/**
 * Packets on one socket, in whichever framing the client's first bytes announce, plain or obfuscated
 * (core.telegram.org/mtproto/mtproto-transports). A malformed stream is reported and the socket ends.
 */
export class Transport {
  readonly socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #framing: Framing | undefined;
  #decrypt: Decipheriv | undefined;
  #encrypt: Cipheriv | undefined;
  #sent = 0;

  constructor(
    socket: Socket,
    on: { packet: (packet: Buffer) => void; fault: (reason: unknown) => void },
  ) {
    this.socket = socket;
    socket.on("data", (data: Buffer) => {
      try {
        this.#feed(data, on.packet);
      } catch (error) {
        on.fault(error);
        socket.destroy();
      }
    });
  }

  /** Frames and writes one packet; silently nothing once the socket is gone. */
  send(packet: Buffer): void {
    if (this.socket.destroyed) return;
    const framed = this.#frame(packet);
    this.socket.write(this.#encrypt ? this.#encrypt.update(framed) : framed);
  }

  #feed(data: Buffer, packet: (packet: Buffer) => void): void {
    this.#buffer = Buffer.concat([this.#buffer, this.#decrypt ? this.#decrypt.update(data) : data]);
    this.#framing ??= this.#detect();
    if (!this.#framing) return;
    for (let next = this.#take(this.#framing); next; next = this.#take(this.#framing)) {
      packet(Buffer.from(next));
    }
  }

  #detect(): Framing | undefined {
    const head = this.#buffer;
    if (head[0] === 0xef) {
      this.#buffer = head.subarray(1);
      return "abridged";
    }
    if (head.length < 8) return undefined;
    const framing = TAGS.get(head.readUInt32LE(0));
    if (framing) {
      this.#buffer = head.subarray(4);
      return framing;
    }
    if (head.readUInt32LE(4) === 0) return "full";
    return head.length < 64 ? undefined : this.#detectObfuscated(head.subarray(0, 64));
  }

  #detectObfuscated(head: Buffer): Framing {
    const back = backwards(head.subarray(8, 56));
    const decrypt = createDecipheriv("aes-256-ctr", head.subarray(8, 40), head.subarray(40, 56));
    const framing = TAGS.get(decrypt.update(head).readUInt32LE(56));
    if (!framing) throw new Error("the first bytes announce no known transport");
    this.#decrypt = decrypt;
    this.#encrypt = createCipheriv("aes-256-ctr", back.subarray(0, 32), back.subarray(32, 48));
    this.#buffer = decrypt.update(this.#buffer.subarray(64));
    return framing;
  }

  #take(framing: Framing): Buffer | undefined {
    const buffer = this.#buffer;
    if (framing === "full") return this.#takeFull(buffer);
    const long = framing !== "abridged" || (buffer[0] ?? 0) % 128 === 127;
    const offset = long ? 4 : 1;
    if (buffer.length < offset) return undefined;
    const length =
      framing === "abridged"
        ? (long ? buffer.readUIntLE(1, 3) : buffer.readUInt8(0) % 128) * 4
        : buffer.readUInt32LE(0) & 0x7fffffff;
    if (length > MAX_PACKET) throw new Error(`a packet of ${length} bytes was announced`);
    if (buffer.length < offset + length) return undefined;
    this.#buffer = buffer.subarray(offset + length);
    return buffer.subarray(offset, offset + length);
  }

  #takeFull(buffer: Buffer): Buffer | undefined {
    if (buffer.length < 4) return undefined;
    const length = buffer.readUInt32LE(0);
    if (length < 12 || length > MAX_PACKET) throw new Error(`a packet of ${length} bytes`);
    if (buffer.length < length) return undefined;
    if (crc32(buffer.subarray(0, length - 4)) !== buffer.readUInt32LE(length - 4)) {
      throw new Error("a packet has the wrong checksum");
    }
    this.#buffer = buffer.subarray(length);
    return buffer.subarray(8, length - 4);
  }

  #frame(packet: Buffer): Buffer {
    if (this.#framing === "abridged") {
      const words = packet.length >> 2;
      const head = words < 127 ? Buffer.from([words]) : uint32((words << 8) | 127);
      return Buffer.concat([head, packet]);
    }
    if (this.#framing === "full") {
      const body = Buffer.concat([uint32(packet.length + 12), uint32(this.#sent++), packet]);
      return Buffer.concat([body, uint32(crc32(body))]);
    }
    const padding = this.#framing === "padded" ? randomBytes(randomInt(16)) : Buffer.alloc(0);
    return Buffer.concat([uint32(packet.length + padding.length), packet, padding]);
  }
}
