import { connect, type Socket } from "node:net";
import { letGo } from "./tidy.ts";

/**
 * A TCP socket as the library reads it: exact lengths, and an error for every reader once it is
 * closed. The library's own copies all waiting bytes on each read and does not say that it closed.
 */
export class WireSocket {
  readonly #onClose: () => void;
  #socket: Socket | undefined;
  #chunks: Buffer[] = [];
  #waiting = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  async connect(port: number, host: string): Promise<void> {
    if (this.#closed) throw new Error("The connection was closed.");
    const socket = connect({ port, host, noDelay: true, keepAlive: true });
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#chunks.push(chunk);
      this.#waiting += chunk.length;
      this.#wake?.();
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
      socket.on("close", () => {
        reject(new Error("The connection was closed."));
        this.#end();
      });
    });
    socket.on("error", () => this.#end());
  }

  async readExactly(length: number): Promise<Buffer> {
    while (this.#waiting < length) {
      if (this.#closed) throw new Error("The connection was closed.");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#take(length);
  }

  write(data: Buffer): void {
    if (this.#closed || this.#socket === undefined) throw new Error("The connection was closed.");
    this.#socket.write(data, () => letGo(data));
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    this.#end();
  }

  toString(): string {
    return "WireSocket";
  }

  #take(length: number): Buffer {
    this.#waiting -= length;
    const taken: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      if (chunk.length <= missing) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(missing);
      taken.push(chunk.subarray(0, missing));
      missing -= Math.min(missing, chunk.length);
    }
    return Buffer.concat(taken);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    this.#onClose();
  }
}
