import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { ircLineParser } from "irc-framework";
import { fingerprints } from "../certificate.ts";
import type { Ending, Proving, Whose } from "../errors.ts";
import { broken, expelled, late, offline, refusedHere, saslFailed } from "../errors.ts";
import type { FloodLimit, Rank } from "../flood.ts";
import { Flood } from "../flood.ts";
import type { Services } from "../services.ts";
import type { Abilities } from "./abilities.ts";
import type { Confirmation, Utterance } from "./answers.ts";
import { Answers } from "./answers.ts";
import type { Arrival } from "./arrival.ts";
import { arrival, entrusted } from "./arrival.ts";
import type { Batch, Passed } from "./batches.ts";
import { Batches } from "./batches.ts";
import type { Line, Tags } from "./line.ts";
import { command, labelled, tagged } from "./line.ts";
import type { Identity, Registration } from "./registration.ts";
import { register } from "./registration.ts";
import type { Credentials } from "./sasl.ts";
import { Self } from "./self.ts";
import { Vigil } from "./vigil.ts";
import { welcome } from "./welcome.ts";
import type { Address } from "./wire.ts";
import { Wire } from "./wire.ts";

export interface ClientOptions {
  readonly address: Address;
  readonly nick: string;
  readonly whose: Whose;
  readonly username: string;
  readonly realname: string;
  readonly password?: string;
  readonly credentials?: Credentials;
  readonly webirc?: NonNullable<Identity["webirc"]>;
  /** Who knows accounts beside the server. */
  readonly services?: Services;
  /** Whether the nick is asked back where something else holds it: it is, if not given. */
  readonly regains?: () => boolean;
  readonly flood: FloodLimit | undefined;
  readonly silenceMs: number;
  readonly registerMs: number;
}

export interface ClientEvents {
  /** One line of the server, in order; PING and registration are dealt with before. */
  message(message: IrcMessage): void;
  /** Lines that belong together, once the last of them is there. */
  batch(batch: Batch): void;
  /** What one read from the socket brought has been given. */
  settled(): void;
  registered(): void;
  /** Once. */
  closed(ending: Ending): void;
  /** A line that could not be understood. */
  odd(command: string, error: unknown): void;
}

/** Lines that a server may send before it is known whether we stay; more than that is no talk. */
const mostEarly = 1000;

/** Numerics and commands that irc-framework answers during registration. */
const librarys = /^(?:CAP|AUTHENTICATE|00[1-5]|90\d)$/;

/** One registered client on one socket. Every line it writes is a checked `Line`. */
export class Client {
  readonly #options: ClientOptions;
  readonly #events: ClientEvents;
  readonly #flood: Flood;
  readonly #answers: Answers;
  readonly #batches = new Batches();
  readonly #self: Self;
  readonly #vigil: Vigil;
  readonly #welcome: (message: IrcMessage) => void;
  readonly #arrival: Arrival;
  /** What was said to us while the services were asked. */
  #early: Passed[] = [];
  #wire: Wire | undefined;
  #registration: Registration | undefined;
  #ending: Ending | undefined;
  #ahead: number | undefined;
  #state: "new" | "registering" | "arriving" | "registered" | "closed" = "new";

  constructor(options: ClientOptions, events: ClientEvents) {
    this.#options = options;
    this.#events = events;
    this.#self = new Self(options.nick, options.username);
    this.#vigil = new Vigil({
      ask: () => this.#now(command.ping("alive")),
      dead: (why) => this.#wire?.destroy(why),
    });
    const both = {
      nick: options.nick,
      self: this.#self,
      write: (line: Line) => this.#now(line),
      failed: (ending: Ending) => this.#fail(ending),
    };
    this.#arrival = arrival({
      ...both,
      services: options.services,
      credentials: options.credentials,
      proving: this.#proving,
      loggedIn: () => this.loggedIn,
      regains: () => options.regains?.() !== false,
      known: () => this.#registration?.known(),
      done: () => this.#arrived(),
    });
    this.#welcome = welcome({
      ...both,
      host: options.address.host,
      whose: options.whose,
      done: () => {
        this.#state = "arriving";
        this.#vigil.limit(options.registerMs);
        this.#arrival.begin();
      },
    });
    this.#answers = new Answers((token) => this.#now(command.ping(token)));
    this.#flood = new Flood(options.flood, () => this.#answers.ask());
  }

  get nick(): string {
    return this.#self.nick;
  }

  get registered(): boolean {
    return this.#state === "registered";
  }

  /** It has proved its account. */
  get loggedIn(): boolean {
    return this.#registration?.loggedIn === true;
  }

  /** When the server was last heard. */
  get heardAt(): number {
    return this.#vigil.heardAt;
  }

  /** Milliseconds that the server's clock is before ours; nothing while it has not told its time. */
  get ahead(): number | undefined {
    return this.#ahead;
  }

  /** `nick!user@host` as the server shows it, once it has. */
  get mask(): string | undefined {
    return this.#self.mask;
  }

  /** Bytes that the server puts before our lines when it passes them on: `:nick!user@host `. */
  get prefixBytes(): number {
    return this.#self.prefixBytes;
  }

  /** ISUPPORT, as the server wrote it. */
  supports(name: string): unknown {
    return this.#registration?.supports(name);
  }

  /** What the server can do now; nothing at all before there is one. */
  get abilities(): Abilities | undefined {
    return this.#registration?.abilities;
  }

  /** Connects and registers; the outcome is told by the events. */
  async open(signal: AbortSignal): Promise<void> {
    const { address, registerMs, services, credentials } = this.#options;
    const otherwise = entrusted(services, credentials) !== undefined;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(registerMs)]);
    const events = {
      lines: (lines: readonly string[]) => this.#read(lines),
      closed: (cause: Error | undefined) => this.#closed(cause),
    };
    try {
      this.#wire = await Wire.open(address, events, limit);
    } catch (cause) {
      const slow = limit.aborted ? late(address) : cause;
      return this.#closed(slow instanceof Error ? slow : undefined);
    }
    this.#state = "registering";
    this.#vigil.limit(registerMs);
    this.#guard(() => {
      this.#registration = register(
        { ...this.#options, otherwise },
        {
          write: (line) => this.#now(line),
          refused: (reason) => this.#fail(saslFailed(reason, this.#proving)),
        },
      );
    });
    if (signal.aborted) this.#wire.destroy();
  }

  /** Queues a command; false if there is no connection. */
  submit(rank: Rank, line: Line, lane = ""): boolean {
    if (!this.registered) return false;
    this.#flood.add(rank, lane, { confirmed: false, write: () => this.#wire?.write(line) });
    return true;
  }

  /** Something that may get lost: it waits for its turn, and nobody waits for it. */
  hint(line: Line, tags: Tags, lane: string): void {
    if (!this.registered) return;
    const whole = tagged(line, tags);
    this.#flood.add(2, `hint ${lane}`, { confirmed: false, write: () => this.#wire?.write(whole) });
  }

  /** One command; resolves once the server has processed it, with what it showed of it. */
  say(utterance: Utterance): Promise<Confirmation> {
    const { lines, tags = {}, key, lane, rank = 1 } = utterance;
    const { what = "The message was not sent" } = utterance;
    if (!this.registered) return Promise.reject(offline(what));
    const labels = this.abilities?.labels === true;
    const [first, ...rest] = lines;
    const head = labels ? labelled(first, key, tags) : tagged(first, tags);
    return this.#answers.say(utterance, {
      labels,
      queue: (written) =>
        this.#flood.add(rank, lane, {
          confirmed: !labels,
          lines: lines.length,
          write: () => {
            written();
            for (const line of [head, ...rest]) this.#wire?.write(line);
          },
        }),
    });
  }

  /** Resolves with the first message for which `match` is true, rejects with the first error it gives. */
  until(
    match: (message: IrcMessage) => boolean | BridgeError,
    signal: AbortSignal,
  ): Promise<IrcMessage> {
    return this.#answers.until(match, signal);
  }

  /** The history of that target that comes next, where answers have no labels. */
  nextBatch(target: string, signal: AbortSignal): Promise<Batch> {
    return this.#answers.untilBatch(
      ({ type, params: [about = ""] }) =>
        target === "*"
          ? type === "draft/chathistory-targets"
          : type === "chathistory" && about.toLowerCase() === target.toLowerCase(),
      signal,
    );
  }

  pause(): void {
    this.#vigil.pause();
    this.#wire?.pause();
  }

  resume(): void {
    this.#vigil.resume();
    this.#wire?.resume();
  }

  /** Says goodbye and ends. */
  quit(reason: string): void {
    if (this.registered) this.#now(command.quit(reason));
    this.#ending ??= broken(this.#options.address.host, new Error("it was closed"));
    this.#wire?.end();
    const timer = setTimeout(() => this.#wire?.destroy(), 1000);
    timer.unref();
  }

  get #proving(): Proving {
    const { whose, credentials, address } = this.#options;
    const own = credentials?.by === "certificate" ? address.tls?.own : undefined;
    return { whose, ...(own && { prints: fingerprints(own) }) };
  }

  #now(line: Line): void {
    if (this.registered) this.#flood.spend();
    this.#wire?.write(line);
  }

  #read(lines: readonly string[]): void {
    this.#vigil.heard();
    for (const line of lines) {
      if (this.#state === "closed") return;
      const message = ircLineParser(line);
      this.#guard(() => {
        this.#handle(message, line);
      }, message.command);
    }
    this.#events.settled();
  }

  /** What a server sends is never trusted to be whole: a line that breaks us is told and skipped. */
  #guard(act: () => void, verb = "registration"): void {
    try {
      act();
    } catch (error) {
      this.#events.odd(verb, error);
      const refused = error instanceof BridgeError && !this.registered;
      if (refused) this.#fail(refusedHere(error));
    }
  }

  #handle(message: IrcMessage, line: string): void {
    const { command: verb, params } = message;
    if (verb === "PING") return this.#now(command.pong(params.at(-1) ?? ""));
    if (librarys.test(verb)) this.#registration?.feed(line, message);
    if (this.#state === "registering") this.#welcome(message);
    if (verb === "ERROR")
      this.#ending ??= expelled(this.#options.address.host, params.at(-1) ?? "");
    const live = message.tags["batch"] === undefined;
    const time = live ? Date.parse(message.tags["time"] ?? "") : Number.NaN;
    if (Number.isFinite(time)) this.#ahead = time - this.heardAt;
    this.#self.see(message);
    if (!this.#arrival.takes(message)) this.#pass(message);
    this.#self.follow(message);
    this.#arrival.hear(message);
  }

  /** The account and the nick are as they are to be, as far as services could make them so; perhaps by a timer. */
  #arrived(): void {
    this.#state = "registered";
    this.#vigil.watch(this.#options.silenceMs);
    this.#guard(() => this.#events.registered());
    const early = this.#early;
    this.#early = [];
    for (const passed of early) this.#guard(() => this.#deliver(passed), "what was said early");
    this.#events.settled();
  }

  #pass(message: IrcMessage): void {
    const passed = this.#joined(message);
    if (passed === undefined) return;
    if (this.#state !== "arriving" || !isSaid(passed)) this.#deliver(passed);
    else if (this.#early.push(passed) > mostEarly) {
      this.#wire?.destroy(new Error("it said too much before the services answered"));
    }
  }

  #deliver(passed: Passed): void {
    if (passed.as === "end") return this.#answers.end(passed.label);
    if (passed.as === "line") {
      this.#events.message(passed.line);
      return this.#answers.hear(passed.line);
    }
    this.#events.batch(passed.batch);
    return this.#answers.hearBatch(passed.batch);
  }

  /** A server that never ends a batch is not understood any more. */
  #joined(message: IrcMessage): Passed | undefined {
    try {
      return this.#batches.push(message);
    } catch (error) {
      this.#wire?.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
  }

  #fail(ending: Ending): void {
    this.#ending ??= ending;
    this.#wire?.destroy();
  }

  #closed(cause: Error | undefined): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#vigil.end();
    this.#arrival.end();
    this.#flood.close();
    const { host, port } = this.#options.address;
    const ending = this.#ending ?? broken(`${host}:${port}`, cause);
    this.#answers.close();
    this.#events.closed(ending);
  }
}

/** It is lost if nobody hears it: numerics and modes are of this connection alone. */
const isSaid = (passed: Passed): boolean =>
  passed.as === "batch" ||
  (passed.as === "line" && /^(?:PRIVMSG|NOTICE|TAGMSG)$/.test(passed.line.command));
