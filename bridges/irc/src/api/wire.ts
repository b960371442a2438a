import { once } from "node:events";
import type { Socket } from "node:net";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ClientCertificate } from "../certificate.ts";
import type { Ends } from "../ident.ts";
import type { Line } from "./line.ts";

/** `ca`: PEM to trust instead of the system's; `insecure`: any certificate; `own`: what is shown of ourselves. */
export interface Tls {
  readonly ca?: string;
  readonly insecure: boolean;
  readonly own?: ClientCertificate;
}

/** Where to and how. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: Tls | undefined;
  /** The own address to connect from. */
  readonly from?: string;
  /** Told the moment it is connected, before a word passes; what it returns is called when that is over. */
  readonly connected?: (ends: Ends) => () => void;
}

export interface WireEvents {
  /** The lines of one chunk, in order. */
  lines(lines: readonly string[]): void;
  /** Once, whatever the reason. */
  closed(cause: Error | undefined): void;
}

/** Tags (8191, IRCv3 message-tags) and line together; a peer that sends more is not speaking IRC. */
const longest = 16_384;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const latin1 = new TextDecoder("latin1");

function tell(socket: Socket, { connected }: Address): void {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (connected === undefined || localAddress === undefined || localPort === undefined) return;
  if (remoteAddress === undefined || remotePort === undefined) return;
  socket.once("close", connected({ localAddress, localPort, remoteAddress, remotePort }));
}

/** UTF-8, or what old clients send instead. */
function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
}

/** A socket that reads and writes whole lines, and can stop reading. */
export class Wire {
  readonly #socket: Socket;
  readonly #events: WireEvents;
  #rest: Buffer = Buffer.alloc(0);
  #cause: Error | undefined;
  #ended = false;

  private constructor(socket: Socket, events: WireEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error: Error) => (this.#cause = error));
    socket.on("close", () => this.#close());
  }

  /** Rejects if there is no connection before the signal aborts. */
  static async open(address: Address, events: WireEvents, signal: AbortSignal): Promise<Wire> {
    const { host, port, tls, from } = address;
    const place = {
      host,
      port,
      ...(from === undefined ? {} : { localAddress: from, family: isIP(from) }),
    };
    const socket = tls
      ? connectTls({
          ...place,
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          ...tls.own,
          rejectUnauthorized: !tls.insecure,
        })
      : connectTcp(place);
    socket.once("connect", () => tell(socket, address));
    try {
      await once(socket, tls ? "secureConnect" : "connect", { signal });
    } catch (cause) {
      socket.on("error", () => undefined);
      socket.destroy();
      throw cause;
    }
    return new Wire(socket, events);
  }

  write(line: Line): void {
    if (this.#ended) return;
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(`${line}\r\n`);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Lets what is written go out, then ends. */
  end(): void {
    this.#socket.resume();
    this.#socket.end();
  }

  destroy(cause?: Error): void {
    this.#cause ??= cause;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
      const end = at > from && bytes[at - 1] === 13 ? at - 1 : at;
      if (end > from) lines.push(decode(bytes.subarray(from, end)));
      from = at + 1;
    }
    this.#rest = bytes.subarray(from);
    if (this.#rest.length > longest) this.destroy(new Error("The server sent a line without end"));
    if (lines.length > 0) this.#events.lines(lines);
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.closed(this.#cause);
  }
}
