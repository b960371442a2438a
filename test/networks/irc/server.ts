import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { World } from "./commands/command.ts";
import { departs, findClient } from "./commands/command.ts";
import { setModes } from "./commands/mode.ts";
import { Connection } from "./connection.ts";
import type { Channel } from "./connection.ts";
import { receive } from "./dispatch.ts";
import { History } from "./history.ts";
import { identify } from "./identify.ts";
import { Judge } from "./judge/judge.ts";
import { LineCutter, fromWire, toWire } from "./line.ts";
import { fold } from "./names.ts";
import { IrcPerson } from "./person.ts";
import type { Flood, IrcOptions, Settings } from "./settings.ts";
import { settle } from "./settings.ts";
import { Waiters } from "./until.ts";
import { chghost, logIn, netsplit, offer, withdraw } from "./upheaval.ts";
import type { ChannelView, ClientView, SaidView } from "./views.ts";
import { viewChannel, viewClient, viewSaid } from "./views.ts";
import { freePort } from "../../free-port.ts";

/** A line the server received; `nick` is what the client was called when it sent it. */
export interface HeardLine {
  readonly nick: string;
  readonly line: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Something that the protocol forbids: of a client, or of this server to that client. */
export interface Violation {
  readonly by: "client" | "server";
  readonly nick: string;
  readonly line: string;
  readonly why: string;
}

const kept = 200_000;
const longest = 16_384;

/**
 * An IRC network of one server in this process, on a real port of 127.0.0.1. It behaves as RFC 1459 and 2812 and the
 * IRCv3 capabilities it offers say, and judges what clients send and what it answers. People made by `user()` are the
 * test's own: their lines are neither judged nor counted as floods.
 */
export class IrcServer {
  readonly host = "127.0.0.1";
  /** What clients did wrong, and the server itself; a test of a client asserts that it stays empty. */
  readonly violations: Violation[] = [];
  /** Every line received, oldest first; the oldest go when there are very many. */
  readonly lines: HeardLine[] = [];
  readonly #settings: Settings;
  readonly #listener: Server;
  readonly #clients = new Map<string, Connection>();
  readonly #channels = new Map<string, Channel>();
  readonly #connections = new Map<Connection, LineCutter>();
  /** Also those still in their TLS handshake. */
  readonly #sockets = new Set<Socket>();
  readonly #persons = new Set<IrcPerson>();
  readonly #personPorts = new Set<number>();
  readonly #swallowers = new Set<Connection>();
  readonly #waiters = new Waiters();
  readonly #history = new History();
  readonly #world: World;
  #current = "";
  #port = 0;
  #hung = false;
  #delayMs = 0;
  #swallow = 0;
  #remembers: ReturnType<World["remembers"]> = "well";
  #pings = 0;
  #flood: Flood | undefined;

  private constructor(options: IrcOptions) {
    this.#settings = settle(options);
    const accept = (socket: Socket): void => this.#accept(socket);
    const { tls } = options;
    const asking = { requestCert: options.certificates !== undefined, rejectUnauthorized: false };
    this.#listener =
      tls === undefined ? createServer(accept) : createTlsServer({ ...tls, ...asking }, accept);
    this.#listener.on("tlsClientError", () => undefined);
    this.#listener.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#flood = this.#settings.flood;
    this.#world = {
      settings: this.#settings,
      clients: this.#clients,
      channels: this.#channels,
      history: this.#history,
      violation: (me, why) => this.#violation(me, why),
      remembers: (me) => (this.#isPerson(me) ? "well" : this.#remembers),
      swallows: (me) => this.#swallows(me),
    };
  }

  /** Starts a server on a free port. */
  static async listen(options: IrcOptions = {}): Promise<IrcServer> {
    const server = new IrcServer(options);
    await server.start();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get name(): string {
    return this.#settings.name;
  }

  /** Every channel there is, as it stands. */
  get channels(): ChannelView[] {
    return [...this.#channels.values()].map(viewChannel);
  }

  /** One channel as it stands. */
  channel(name: string): ChannelView | undefined {
    const channel = this.#channels.get(fold(toWire(name)));
    return channel === undefined ? undefined : viewChannel(channel);
  }

  /** What was said in a channel and not taken back, oldest first, with the reactions. */
  said(channel: string): SaidView[] {
    return this.#history
      .of(fold(toWire(channel)), true)
      .filter(({ verb }) => verb !== "JOIN")
      .map(viewSaid);
  }

  /** The client of that nick as it stands. */
  lookup(nick: string): ClientView | undefined {
    const client = findClient(this.#world, toWire(nick));
    return client === undefined ? undefined : viewClient(client, this.#isPerson(client));
  }

  /** Resolves once the predicate holds; asked again after everything that happens on the server. */
  async until(predicate: (server: this) => boolean, timeoutMs = 20_000): Promise<void> {
    const look = (): true | undefined => (predicate(this) ? true : undefined);
    await this.#waiters.wait(look, () => `What was awaited of ${this.name}`, timeoutMs);
  }

  /** Brings a person onto the network; `account` is one of the server's accounts to log in to. */
  async user(nick: string, options: { readonly account?: string } = {}): Promise<IrcPerson> {
    const { account } = options;
    const password =
      account === undefined ? undefined : this.#settings.accounts.get(toWire(account));
    if (account !== undefined && password === undefined) {
      throw new Error(`${nick} cannot log in: the IRC server has no account "${account}".`);
    }
    const pass = this.#settings.password;
    const person = await IrcPerson.connect({
      port: this.#port,
      secure: this.#settings.secure,
      nick,
      password: pass === undefined ? undefined : fromWire(pass),
      login: account === undefined ? undefined : { account, password: fromWire(password ?? "") },
      caps: [...this.#settings.caps].filter((cap) => cap !== "echo-message"),
      onPort: (port) => this.#personPorts.add(port),
      onClose: (port, self) => {
        this.#personPorts.delete(port);
        this.#persons.delete(self);
      },
    });
    this.#persons.add(person);
    return person;
  }

  /** Changes modes as the server (as services do), with no one's permission: how a channel gets an owner. */
  mode(channel: string, modes: string, ...args: string[]): void {
    const found = this.#channels.get(fold(toWire(channel)));
    if (found === undefined) throw new Error(`No modes set: there is no channel ${channel}.`);
    setModes(this.#world, undefined, { channel: found, text: modes, args: args.map(toWire) });
  }

  /** Offers a capability from now on, and says so to those who listen for it. */
  offer(name: string): void {
    offer(this.#world, name);
  }

  /** Takes a capability back, from everybody. */
  withdraw(name: string): void {
    withdraw(this.#world, name);
  }

  /** Somebody is seen at another address. */
  chghost(nick: string, user: string, host: string): void {
    chghost(this.#need(nick), user, host);
  }

  /** Somebody logs in to an account, or out where there is none. */
  logIn(nick: string, account: string | undefined): void {
    logIn(this.#need(nick), account === undefined ? undefined : toWire(account));
  }

  /** Fault: another server goes away, and these people with it. */
  netsplit(nicks: readonly string[]): void {
    const lost = nicks.map((nick) => this.#need(nick));
    netsplit(this.name, lost);
    for (const client of lost) this.#cut(client);
  }

  /** Fault: the server remembers nothing of what was said. */
  forget(): void {
    this.#history.clear();
  }

  #need(nick: string): Connection {
    const client = findClient(this.#world, toWire(nick));
    if (client === undefined) throw new Error(`Nothing done: nobody is called ${nick}.`);
    return client;
  }

  /** Sends a client a PING of the server and gives its token, which the PONG in `lines` must carry. */
  ping(nick: string): string {
    const token = `ping-${++this.#pings}`;
    const client = findClient(this.#world, toWire(nick));
    if (client === undefined) throw new Error(`No PING sent: nobody is called ${nick}.`);
    client.sendNow({ source: this.name, rest: `PING :${token}` });
    return token;
  }

  /** Fault: drops every connection and refuses new ones until `start()`. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    for (const connection of this.#connections.keys()) this.#cut(connection);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Comes back on the same port, with nobody on it. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    await new Promise<void>((resolve, reject) => {
      this.#listener.once("error", reject);
      this.#listener.listen(this.#port, this.host, () => {
        this.#listener.off("error", reject);
        resolve();
      });
    });
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** Fault: cuts the connection of that nick, or of every client that is not a person of the test. */
  dropConnections(nick?: string): void {
    const wanted = nick === undefined ? undefined : fold(toWire(nick));
    for (const connection of this.#connections.keys()) {
      const hit =
        wanted === undefined ? !this.#isPerson(connection) : fold(connection.nick) === wanted;
      if (hit) this.#cut(connection);
    }
  }

  /** Fault: reads and answers nothing while on, with all sockets open; then goes on where it was. */
  hang(on: boolean): void {
    this.#hung = on;
    for (const connection of this.#connections.keys()) {
      if (on) connection.socket.pause();
      else {
        connection.socket.resume();
        connection.flush();
      }
    }
  }

  /** Fault: another flood limit from now on, or none. */
  limit(flood: Flood | undefined): void {
    this.#flood = flood;
  }

  /** Fault: everything the server sends goes out that much later, in order. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /**
   * Fault: the next `count` PRIVMSG of clients are delivered and never echoed, and with the last of them those who
   * sent them are cut off, before any PONG: the sender cannot know whether they arrived.
   */
  swallow(count: number): void {
    this.#swallow = count;
  }

  /** Fault: clients that ask for history get it, are refused, or get no answer at all, from now on. */
  answerHistory(how: "well" | "refused" | "never"): void {
    this.#remembers = how;
  }

  /** Ends the server and everyone on it. */
  async close(): Promise<void> {
    this.#waiters.fail(new Error(`${this.name} was closed`));
    if (this.#listener.listening) await this.stop();
    await Promise.all([...this.#persons].map((person) => person.close()));
  }

  #isPerson(connection: Connection): boolean {
    return this.#personPorts.has(connection.socket.remotePort ?? 0);
  }

  #accept(socket: Socket): void {
    const wire = {
      name: this.#settings.name,
      maxLine: this.#settings.maxLine,
      ahead: this.#settings.ahead,
      delayMs: () => this.#delayMs,
      hung: () => this.#hung,
    };
    const judge = new Judge((raw, why) => {
      const nick = fromWire(connection.nick);
      this.violations.push({ by: "server", nick, line: fromWire(raw), why });
    });
    const connection = new Connection(socket, wire, judge);
    this.#connections.set(connection, new LineCutter());
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#read(connection, chunk));
    socket.on("error", () => this.#gone(connection, "Connection reset by peer"));
    socket.on("close", () => this.#gone(connection, "Connection closed"));
    if (this.#hung) socket.pause();
    if (this.#settings.ident !== undefined)
      void identify(this.#world, connection, this.#settings.ident);
  }

  #read(connection: Connection, chunk: Buffer): void {
    const cutter = this.#connections.get(connection);
    if (cutter === undefined) return;
    for (const rawLine of cutter.push(chunk)) {
      if (connection.closed) break;
      this.#current = rawLine.raw;
      this.#note(connection, rawLine.raw);
      connection.judge.asked(rawLine.raw);
      if (this.#floods(connection)) this.#expel(connection, "Excess Flood");
      else receive(this.#world, connection, rawLine);
      if (this.#swallow === 0 && this.#swallowers.size > 0) this.#endSwallow();
    }
    if (cutter.pending > longest && !connection.closed) {
      this.#current = `${cutter.pending} bytes`;
      this.#violation(connection, "no line end");
      this.#expel(connection, "Request too long");
    }
    this.#waiters.poke();
  }

  #note(connection: Connection, raw: string): void {
    if (this.lines.length >= kept) this.lines.splice(0, kept / 2);
    this.lines.push({ nick: fromWire(connection.nick), line: fromWire(raw), at: Date.now() });
  }

  #floods(connection: Connection): boolean {
    const flood = this.#flood;
    if (flood === undefined || this.#isPerson(connection)) return false;
    const now = Date.now();
    const { recent } = connection;
    recent.push(now);
    while ((recent[0] ?? now) <= now - flood.perMs) recent.shift();
    return recent.length > flood.lines;
  }

  #violation(connection: Connection, why: string): void {
    if (this.#isPerson(connection)) return;
    const [nick, line] = [fromWire(connection.nick), fromWire(this.#current)];
    this.violations.push({ by: "client", nick, line, why });
  }

  #swallows(connection: Connection): boolean {
    if (this.#swallow === 0 || this.#isPerson(connection)) return false;
    this.#swallow--;
    this.#swallowers.add(connection);
    return true;
  }

  #endSwallow(): void {
    for (const connection of this.#swallowers) this.#cut(connection);
    this.#swallowers.clear();
  }

  #expel(connection: Connection, why: string): void {
    connection.close(why);
    departs(this.#world, connection, why);
  }

  #cut(connection: Connection): void {
    connection.cut();
    this.#gone(connection, "Connection reset by peer");
  }

  #gone(connection: Connection, why: string): void {
    if (!this.#connections.delete(connection)) return;
    connection.ended();
    departs(this.#world, connection, why);
    this.#waiters.poke();
  }
}
