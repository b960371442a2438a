import type { Server } from "node:http";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { judgeDispatch, judgeSaid } from "./frames.ts";
import type { User, Wire } from "./model.ts";
import { snowflake } from "./snowflake.ts";

interface Frame {
  readonly op: 0;
  readonly t: string;
  readonly s: number;
  readonly d: Wire;
}

interface Session {
  readonly id: string;
  readonly intents: number;
  readonly frames: Frame[];
  seq: number;
  socket: WebSocket | undefined;
}

export interface GatewayOptions {
  readonly token: () => string;
  readonly bot: () => User;
  readonly url: () => string;
  /** Privileged intents that the application was given. */
  readonly granted: () => number;
  readonly guilds: () => readonly Wire[];
  readonly violated: (what: string) => void;
  readonly changed: () => void;
}

/** Privileged intents that an application was given. */
export interface Allowed {
  readonly members: boolean;
  readonly content: boolean;
  readonly presences?: boolean;
}

/** Flags of an application that mean its privileged intents are on. */
const intentFlags = { presences: 1 << 13, members: 1 << 15, content: 1 << 19 } as const;
const privilegedIntents = { presences: 1 << 8, members: 1 << 1, content: 1 << 15 } as const;

const sumOf = (bits: typeof intentFlags | typeof privilegedIntents, allowed: Allowed): number =>
  (allowed.presences === true ? bits.presences : 0) |
  (allowed.members ? bits.members : 0) |
  (allowed.content ? bits.content : 0);

export const flagsOf = (allowed: Allowed): number => sumOf(intentFlags, allowed);

export const intentsOf = (allowed: Allowed): number => sumOf(privilegedIntents, allowed);

const privileged = intentsOf({ members: true, content: true, presences: true });

/** A server as a bot with those intents is told of it. */
export const toldWith = (intents: number, create: Wire): Wire =>
  "presences" in create && (intents & privilegedIntents.presences) === 0
    ? { ...create, presences: [] }
    : create;

/** docs.discord.com/developers/events/gateway: sessions that outlive their sockets. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #sessions = new Map<string, Session>();
  #sockets = new Set<WebSocket>();
  #server: WebSocketServer | undefined;
  /** How sessions began, in order. */
  readonly began: ("identify" | "resume")[] = [];
  /** What identifies and resumes said. */
  readonly said: Wire[] = [];
  heartbeat = 41_250;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  attach(server: Server): void {
    this.#server = new WebSocketServer({ server, path: "/gateway/" });
    this.#server.on("connection", (socket) => this.#welcome(socket));
  }

  async detach(): Promise<void> {
    this.drop();
    const server = this.#server;
    this.#server = undefined;
    await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  }

  /** Cuts every line, as a network does. */
  drop(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#sockets = new Set();
  }

  /** Ends every line with that code. */
  end(code: number): void {
    for (const socket of this.#sockets) socket.close(code);
  }

  /** No session can be resumed any more. */
  forget(): void {
    this.#sessions.clear();
  }

  /** Resolves when every client has read all that was sent to it so far. */
  async read(): Promise<void> {
    const pongs = [...this.#sockets].map(
      (socket) =>
        new Promise<void>((done) => {
          socket.once("pong", () => done());
          socket.once("close", () => done());
          socket.ping();
        }),
    );
    await Promise.all(pongs);
  }

  get connected(): number {
    return [...this.#sessions.values()].filter((it) => it.socket !== undefined).length;
  }

  dispatch(intent: number, name: string, make: (intents: number) => Wire): void {
    for (const session of this.#sessions.values()) {
      if (intent !== 0 && (session.intents & intent) === 0) continue;
      this.#push(session, name, make(session.intents));
    }
    this.#options.changed();
  }

  /** A frame that Discord would never send, to all sessions. */
  garble(name: string, data: unknown): void {
    for (const session of this.#sessions.values()) this.#write(session, name, data as Wire);
  }

  #push(session: Session, name: string, data: Wire): void {
    const d = JSON.parse(JSON.stringify(data)) as Wire;
    for (const wrong of judgeDispatch(name, d)) this.#options.violated(`our ${name}: ${wrong}`);
    this.#write(session, name, d);
  }

  #write(session: Session, name: string, d: Wire): void {
    session.seq += 1;
    const frame: Frame = { op: 0, t: name, s: session.seq, d };
    session.frames.push(frame);
    session.socket?.send(JSON.stringify(frame));
  }

  #welcome(socket: WebSocket): void {
    this.#sockets.add(socket);
    let session: Session | undefined;
    const { violated, changed } = this.#options;
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (session?.socket === socket) session.socket = undefined;
      changed();
    });
    socket.send(
      JSON.stringify({ op: 10, s: null, t: null, d: { heartbeat_interval: this.heartbeat } }),
    );
    socket.on("message", (raw: Buffer) => {
      const frame = JSON.parse(raw.toString("utf8")) as { op: number; d: Wire };
      const wrong = judgeSaid(frame);
      for (const each of wrong) violated(`gateway op ${frame.op}: ${each}`);
      if (wrong.length > 0) return socket.close(4002);
      if (frame.op === 1) return socket.send(JSON.stringify({ op: 11 }));
      this.said.push(frame.d);
      if (frame.d["token"] !== this.#options.token()) return socket.close(4004);
      session = frame.op === 2 ? this.#identify(socket, frame.d) : this.#resume(socket, frame.d);
      changed();
      return undefined;
    });
  }

  #identify(socket: WebSocket, said: Wire): Session | undefined {
    const { bot, url, granted, guilds } = this.#options;
    const intents = Number(said["intents"]);
    if ((intents & privileged & ~granted()) !== 0) {
      socket.close(4014);
      return undefined;
    }
    this.began.push("identify");
    const session: Session = { id: snowflake(), intents, frames: [], seq: 0, socket };
    this.#sessions.set(session.id, session);
    const all = guilds();
    this.#push(session, "READY", {
      v: 10,
      user: { ...bot() },
      guilds: all.map(({ id }) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: url(),
      shard: said["shard"] ?? [0, 1],
      application: { id: bot().id, flags: 0 },
    });
    for (const create of all) this.#push(session, "GUILD_CREATE", toldWith(intents, create));
    return session;
  }

  #resume(socket: WebSocket, said: Wire): Session | undefined {
    const session = this.#sessions.get(String(said["session_id"]));
    const seq = Number(said["seq"]);
    if (session === undefined || seq > session.seq) {
      socket.send(JSON.stringify({ op: 9, d: false }));
      return undefined;
    }
    this.began.push("resume");
    session.socket = socket;
    for (const frame of session.frames) if (frame.s > seq) socket.send(JSON.stringify(frame));
    this.#push(session, "RESUMED", { _trace: [] });
    return session;
  }
}
