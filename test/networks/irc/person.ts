import type { Socket } from "node:net";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Line } from "./line.ts";
import { LineCutter, fromWire, parseLine } from "./line.ts";
import { Waiters } from "./until.ts";

/** A line a person received. */
export interface SeenLine extends Line {
  readonly raw: string;
  /** The nick (or server) it came from. */
  readonly from: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** How a person gets onto a server. */
export interface PersonOptions {
  readonly port: number;
  readonly secure?: boolean;
  readonly nick: string;
  readonly password?: string | undefined;
  readonly login?: { readonly account: string; readonly password: string } | undefined;
  readonly caps?: readonly string[];
  onPort?(port: number): void;
  onClose?(port: number, self: IrcPerson): void;
}

/** Someone on an IRC network, moved by a test: a small client of its own over TCP, for our server and for real ones. */
export class IrcPerson {
  /** Everything received, oldest first. */
  readonly seen: SeenLine[] = [];
  readonly #socket: Socket;
  readonly #cutter = new LineCutter();
  readonly #waiters = new Waiters();
  readonly #closed: Promise<void>;
  #nick: string;
  #tokens = 0;

  private constructor(socket: Socket, options: PersonOptions) {
    this.#socket = socket;
    this.#nick = options.nick;
    const port = socket.localPort ?? 0;
    options.onPort?.(port);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", () => undefined);
    this.#closed = new Promise((resolve) => {
      socket.once("close", () => {
        options.onClose?.(port, this);
        this.#waiters.fail(new Error(`The connection of ${this.#nick} was closed`));
        resolve();
      });
    });
  }

  /** Connects and registers; resolves once welcomed, rejects with the server's refusal. */
  static async connect(options: PersonOptions): Promise<IrcPerson> {
    const at = { host: "127.0.0.1", port: options.port };
    const secure = options.secure === true;
    const socket = secure ? connectTls({ ...at, rejectUnauthorized: false }) : connectTcp(at);
    await new Promise<void>((resolve, reject) => {
      socket.once(secure ? "secureConnect" : "connect", resolve);
      socket.once("error", reject);
    });
    const person = new IrcPerson(socket, options);
    try {
      await person.#register(options);
    } catch (cause) {
      socket.destroy();
      throw cause;
    }
    return person;
  }

  /** What this person is called now. */
  get nickname(): string {
    return this.#nick;
  }

  /** True once the connection is gone. */
  get gone(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends a line as it is, CRLF added; bytes go out untouched and without it. */
  raw(line: string | Uint8Array): void {
    this.#socket.write(typeof line === "string" ? `${line}\r\n` : line);
  }

  say(target: string, text: string): void {
    this.raw(`PRIVMSG ${target} :${text}`);
  }

  action(target: string, text: string): void {
    this.say(target, `\x01ACTION ${text}\x01`);
  }

  notice(target: string, text: string): void {
    this.raw(`NOTICE ${target} :${text}`);
  }

  async join(channel: string, key?: string): Promise<void> {
    await this.command(key === undefined ? `JOIN ${channel}` : `JOIN ${channel} ${key}`);
  }

  async part(channel: string, reason?: string): Promise<void> {
    await this.command(reason === undefined ? `PART ${channel}` : `PART ${channel} :${reason}`);
  }

  async nick(wanted: string): Promise<void> {
    await this.command(`NICK ${wanted}`);
  }

  async topic(channel: string, text: string): Promise<void> {
    await this.command(`TOPIC ${channel} :${text}`);
  }

  async kick(channel: string, nick: string, reason = nick): Promise<void> {
    await this.command(`KICK ${channel} ${nick} :${reason}`);
  }

  async mode(target: string, modes: string, ...args: string[]): Promise<void> {
    await this.command(["MODE", target, modes, ...args].join(" "));
  }

  /** Sends a line and resolves once the server has dealt with it; rejects if it answered with an error numeric. */
  async command(line: string): Promise<void> {
    const from = this.seen.length;
    const token = `t${++this.#tokens}`;
    this.raw(line);
    this.raw(`PING ${token}`);
    await this.until(
      (got, at) => at >= from && got.command === "PONG" && got.params.at(-1) === token,
    );
    const refusal = this.seen.slice(from).find((got) => /^[45]\d\d$/.test(got.command));
    if (refusal !== undefined) throw new Error(`${line} was refused: ${refusal.raw}`);
  }

  /** Leaves with a reason; resolves once the connection is gone. */
  async quit(reason = "bye"): Promise<void> {
    this.raw(`QUIT :${reason}`);
    await this.#closed;
  }

  /** The first line in `seen`, old or still to come, for which the predicate holds. */
  until(
    predicate: (line: SeenLine, index: number) => boolean,
    timeoutMs = 20_000,
  ): Promise<SeenLine> {
    let next = 0;
    const look = (): SeenLine | undefined => {
      for (; next < this.seen.length; next++) {
        const line = this.seen[next];
        if (line !== undefined && predicate(line, next)) return line;
      }
      return undefined;
    };
    const what = (): string => {
      const last = this.seen.slice(-3).map(({ raw }) => raw);
      return `What ${this.#nick} awaited (last seen: ${last.join(" | ")})`;
    };
    return this.#waiters.wait(look, what, timeoutMs);
  }

  /** Ends the connection without a word; resolves once it is gone. */
  async close(): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }

  async #register({ password, login, caps = [], nick }: PersonOptions): Promise<void> {
    if (password !== undefined) this.raw(`PASS :${password}`);
    if (caps.length > 0) {
      this.raw(`CAP REQ :${caps.join(" ")}`);
      await this.until((line) => line.command === "CAP" && line.params[1] === "ACK");
    }
    if (login !== undefined) await this.#login(login);
    this.raw(`NICK ${nick}`);
    this.raw(`USER ${nick.replace(/[^A-Za-z0-9]/g, "") || "x"} 0 * :${nick}`);
    if (caps.length > 0) this.raw("CAP END");
    const end = await this.until(({ command }) => /^(?:001|43\d|46\d|ERROR)$/.test(command));
    if (end.command !== "001") throw new Error(`${nick} was not let in: ${end.raw}`);
    await this.until(({ command }) => command === "422" || command === "376");
  }

  async #login({ account, password }: { account: string; password: string }): Promise<void> {
    const text = Buffer.from(`\0${account}\0${password}`).toString("base64");
    this.raw("AUTHENTICATE PLAIN");
    for (let at = 0; at <= text.length; at += 400) {
      this.raw(`AUTHENTICATE ${text.slice(at, at + 400) || "+"}`);
    }
    const end = await this.until(({ command }) => command === "903" || command === "904");
    if (end.command === "904") throw new Error(`${account} was not logged in: ${end.raw}`);
  }

  #read(chunk: Buffer): void {
    for (const { raw } of this.#cutter.push(chunk)) {
      const text = fromWire(raw);
      const { line } = parseLine(text);
      if (line === undefined) continue;
      const from = line.source?.split("!")[0] ?? "";
      if (line.command === "PING") this.raw(`PONG :${line.params[0] ?? ""}`);
      if (line.command === "NICK" && from === this.#nick) this.#nick = line.params[0] ?? from;
      this.seen.push({ ...line, raw: text, from, at: Date.now() });
    }
    this.#waiters.poke();
  }
}
