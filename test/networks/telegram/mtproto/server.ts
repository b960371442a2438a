import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { Api, decode, encode, isTlObject, long, readTlBytes, RpcError, tlBytes } from "../tl.ts";
import type { Reply, TlObject } from "../tl.ts";
import { fromBytes, int32, toLittleEndian, uint32 } from "./bytes.ts";
import { Freezer } from "../../freeze.ts";
import { Handshake, serverKey, type ServerKey } from "./handshake.ts";
import { authKey, open, seal, type AuthKey, type Session } from "./session.ts";
import { Transport } from "./transport.ts";
import { freePort } from "../../../free-port.ts";

const CONTAINER = 0x73f1f8dc;
const GZIP = 0x3072cfa1;
const RPC_RESULT = 0xf35c6d01;
const GZIP_OVER = 4096;
const SERVICE = new Set(["MsgsAck", "HttpWait", "MsgsStateReq", "MsgResendReq", "MsgsAllInfo"]);

/** What the layer above answers: a value, or silence with the connection cut under the request. */
export type Answer = { readonly reply: Reply } | "cut";

/** What the protocol needs from the network above it. */
export interface Handlers {
  request(request: TlObject, session: Session): Answer | Promise<Answer>;
  fault(reason: unknown): void;
  changed(): void;
}

/** A data centre: its number, its port, and the RSA key it shares with the others. */
export interface Centre {
  readonly dc: number;
  readonly port: number;
}

/** MTProto 2.0 as a server speaks it: handshake, encrypted sessions, containers, RPC results and pushes. */
export class MtprotoServer {
  readonly key: ServerKey;
  readonly sessions = new Map<string, Session>();
  readonly #handlers: Handlers;
  readonly #keys = new Map<string, AuthKey>();
  readonly #sockets = new Set<Socket>();
  readonly #freezer = new Freezer();
  readonly #salt = fromBytes(randomBytes(8));
  readonly #dc: number;
  #server: Server | undefined;
  #port: number;
  #lastMessageId = 0n;

  constructor(handlers: Handlers, { dc, port }: Centre) {
    this.#handlers = handlers;
    this.#dc = dc;
    this.#port = port;
    this.key = serverKey();
  }

  /** The port on loopback; it stays the same over `stop` and `start`. */
  get port(): number {
    return this.#port;
  }

  /** Begins to accept connections, on the port it had before if there was one. */
  async start(): Promise<void> {
    if (this.#server) return;
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    this.#freezer.watch(server);
    this.#port ||= await freePort();
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
  }

  /** Refuses connections and ends those there are; keys and what hangs on them stay. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    this.dropConnections();
    await closed;
  }

  /** Fault: nothing that anybody says is read while on, with all connections open. */
  freeze(on: boolean): void {
    this.#freezer.freeze(on);
  }

  /** Ends every connection at once, as a lost network does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.sessions.clear();
  }

  /** Sends something no request asked for. */
  push(session: Session, object: TlObject): void {
    this.#write(session, object.getBytes(), 3n);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const handshake = new Handshake(this.key);
    const fault = (reason: unknown): void => this.#handlers.fault(reason);
    const transport = new Transport(socket, {
      fault,
      packet: (packet) => {
        if (packet.length < 20) throw new Error(`a packet of ${packet.length} bytes`);
        if (packet.readBigUInt64LE(0) === 0n) this.#plain(transport, handshake, packet);
        else this.#encrypted(transport, packet);
      },
    });
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const [id, session] of this.sessions) {
        if (session.transport === transport) this.sessions.delete(id);
      }
      this.#handlers.changed();
    });
    this.#handlers.changed();
  }

  #plain(transport: Transport, handshake: Handshake, packet: Buffer): void {
    const { reply, authKey: made } = handshake.step(
      decode(packet.subarray(20, 20 + packet.readInt32LE(16))),
    );
    if (made) {
      const key = authKey(made, this.#dc);
      this.#keys.set(key.id, key);
    }
    const body = reply.getBytes();
    const id = toLittleEndian(this.#messageId(1n), 8);
    transport.send(Buffer.concat([Buffer.alloc(8), id, int32(body.length), body]));
  }

  /** A key is nobody's any more. */
  forget(key: AuthKey): void {
    this.#keys.delete(key.id);
  }

  #encrypted(transport: Transport, packet: Buffer): void {
    const key = this.#keys.get(packet.subarray(0, 8).toString("hex"));
    if (!key) {
      transport.send(int32(-404));
      return;
    }
    const envelope = open(key, packet);
    const session = this.#session(key, envelope.sessionId, transport);
    if (envelope.salt !== this.#salt) {
      this.push(
        session,
        new Api.BadServerSalt({
          badMsgId: long(envelope.messageId),
          badMsgSeqno: 0,
          errorCode: 48,
          newServerSalt: long(this.#salt),
        }),
      );
      return;
    }
    if (!session.announced) this.#announce(session, envelope.messageId);
    this.#message(session, envelope.messageId, envelope.body);
  }

  #announce(session: Session, firstMessage: bigint): void {
    session.announced = true;
    const uniqueId = long(fromBytes(randomBytes(8)));
    const firstMsgId = long(firstMessage);
    const serverSalt = long(this.#salt);
    this.push(session, new Api.NewSessionCreated({ firstMsgId, uniqueId, serverSalt }));
  }

  #session(key: AuthKey, id: string, transport: Transport): Session {
    const name = `${key.id}.${id}`;
    const known = this.sessions.get(name);
    if (known) {
      known.transport = transport;
      return known;
    }
    const session = { key, id, transport, sent: 0, announced: false, wantsUpdates: false };
    this.sessions.set(name, session);
    return session;
  }

  #message(session: Session, id: bigint, body: Buffer): void {
    const constructor = body.readUInt32LE(0);
    if (constructor === CONTAINER) {
      let at = 8;
      for (let left = body.readInt32LE(4); left > 0; left--) {
        const length = body.readInt32LE(at + 12);
        const inner = body.subarray(at + 16, at + 16 + length);
        this.#message(session, body.readBigUInt64LE(at), inner);
        at += 16 + length;
      }
    } else if (constructor === GZIP) {
      this.#message(session, id, gunzipSync(readTlBytes(body.subarray(4))));
    } else {
      this.#object(session, id, decode(body));
    }
  }

  #object(session: Session, id: bigint, object: TlObject): void {
    if (object instanceof Api.Ping || object instanceof Api.PingDelayDisconnect) {
      const pong = new Api.Pong({ msgId: long(id), pingId: object.pingId });
      this.#write(session, pong.getBytes(), 1n);
    } else if (!SERVICE.has(object.className)) {
      this.#call(session, id, object).catch((error: unknown) => {
        this.#handlers.fault(error);
        session.transport.socket.destroy();
      });
    }
  }

  async #call(session: Session, id: bigint, wrapped: TlObject): Promise<void> {
    const result = await this.#answer(session, wrapped);
    if (result === "cut") {
      session.transport.socket.destroy();
      return;
    }
    const file = result.length > 4 && result.readUInt32LE(0) === Api.upload.File.CONSTRUCTOR_ID;
    const packed =
      result.length > GZIP_OVER && !file
        ? Buffer.concat([uint32(GZIP), tlBytes(gzipSync(result, { level: 1 }))])
        : result;
    this.#write(session, Buffer.concat([uint32(RPC_RESULT), toLittleEndian(id, 8), packed]), 1n);
  }

  async #answer(session: Session, wrapped: TlObject): Promise<Buffer | "cut"> {
    try {
      const request = unwrap(session, wrapped);
      if (!session.key.initialised) throw new RpcError(400, "CONNECTION_NOT_INITED");
      const answer = await this.#handlers.request(request, session);
      return answer === "cut" ? answer : encode(answer.reply);
    } catch (error) {
      const known = error instanceof RpcError;
      if (!known) this.#handlers.fault(error);
      return new Api.RpcError({
        errorCode: known ? error.code : 500,
        errorMessage: known ? error.message : "INTERNAL",
      }).getBytes();
    }
  }

  #write(session: Session, body: Buffer, kind: bigint): void {
    const messageId = this.#messageId(kind);
    session.transport.send(seal(session, { salt: this.#salt, messageId, body }));
  }

  #messageId(kind: bigint): bigint {
    const clock = ((BigInt(Date.now()) << 32n) / 1000n) & ~3n;
    this.#lastMessageId = clock > this.#lastMessageId ? clock : this.#lastMessageId + 4n;
    return this.#lastMessageId | kind;
  }
}

function unwrap(session: Session, request: TlObject): TlObject {
  let inner = request;
  let wantsUpdates = true;
  while ("query" in inner && isTlObject(inner.query)) {
    if (inner instanceof Api.InvokeWithLayer) session.key.layer = inner.layer;
    if (inner instanceof Api.InitConnection) session.key.initialised = true;
    if (inner instanceof Api.InvokeWithoutUpdates) wantsUpdates = false;
    inner = inner.query;
  }
  // Requests for files never make a connection one that hears updates.
  session.wantsUpdates ||= wantsUpdates && !inner.className.startsWith("upload.");
  return inner;
}
