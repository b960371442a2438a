import type { Socket } from "node:net";
import type { SaslTalk } from "./sasl-talk.ts";
import type { Judge } from "./judge/judge.ts";
import { escapeTag } from "./line.ts";
import type { IrcCap } from "./settings.ts";

/** A message on its way out, before each receiver's capabilities decide on its tags. */
export interface Outgoing {
  readonly source: string;
  /** Everything after the source: command and parameters. */
  readonly rest: string;
  /** The sender's account, for account-tag. */
  readonly account?: string | undefined;
  /** Client-only tags, for receivers with message-tags. */
  readonly tags?: ReadonlyMap<string, string> | undefined;
  /** The server's own tags, for the same. */
  readonly serverTags?: ReadonlyMap<string, string> | undefined;
  readonly msgid?: string | undefined;
  /** When it happened, if not now; milliseconds since 1970. */
  readonly at?: number | undefined;
  /** Neither time nor account: the batch that it is in has them. */
  readonly bare?: boolean;
  /** It is a batch of these, and `rest` counts for nothing. */
  readonly batch?:
    | {
        readonly type: string;
        readonly params: readonly string[];
        readonly items: readonly Outgoing[];
      }
    | undefined;
}

/** A multi-line message that a client has begun and not ended. */
export interface Collecting {
  readonly id: string;
  readonly target: string;
  readonly label: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
  readonly verb: "PRIVMSG" | "NOTICE";
  readonly rows: { readonly text: string; readonly joined: boolean }[];
}

/** A list-mode entry with who set it and when (seconds). */
export interface Ban {
  readonly mask: string;
  readonly by: string;
  readonly at: number;
}

/** A channel as the server keeps it, in the inner one-character-per-byte form; it and its clients know each other. */
export interface Channel {
  readonly name: string;
  readonly created: number;
  readonly members: Map<Connection, Set<string>>;
  readonly flags: Set<string>;
  /** By mode letter: bans, and what else the server keeps lists of. */
  readonly lists: ReadonlyMap<string, Map<string, Ban>>;
  readonly invited: Set<Connection>;
  key: string | undefined;
  limit: number | undefined;
  topic: { readonly text: string; readonly by: string; readonly at: number } | undefined;
}

/** What the connection needs to know of the server it is on. */
export interface Wire {
  readonly name: string;
  readonly maxLine: number;
  /** Milliseconds that the server's clock is before the real one. */
  readonly ahead: number;
  delayMs(): number;
  hung(): boolean;
}

/** One client of the server: its socket, who it is, and the lines that wait to go out to it. */
export class Connection {
  nick = "";
  user = "";
  realName = "";
  host: string;
  /** Its user name, as its machine's ident server says it. */
  identified: string | undefined;
  /** The ident server has not answered yet, and registration waits. */
  identifying = false;
  /** A message of several lines on its way in. */
  collecting: Collecting | undefined;
  account: string | undefined;
  away: string | undefined;
  password: string | undefined;
  registered = false;
  /** Between CAP LS or REQ and CAP END registration waits. */
  negotiating = false;
  capVersion = 0;
  sasl: SaslTalk | undefined;
  lastSpoke = Date.now();
  readonly since = Date.now();
  readonly caps = new Set<IrcCap>();
  readonly modes = new Set<string>();
  readonly channels = new Map<string, Channel>();
  readonly recent: number[] = [];
  readonly socket: Socket;
  /** Of what the server itself says here. */
  readonly judge: Judge;
  readonly #wire: Wire;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #late: string[] = [];
  #out = "";
  #scheduled = false;
  #held: Outgoing[] | undefined;
  #batches = 0;
  #closed = false;

  constructor(socket: Socket, wire: Wire, judge: Judge) {
    this.socket = socket;
    this.host = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    this.judge = judge;
    this.#wire = wire;
  }

  /** True once nothing more is read from or written to it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The full prefix others see; the `~` is what servers put where no ident answers. */
  get prefix(): string {
    return `${this.nick}!${this.user}@${this.host}`;
  }

  get hasTags(): boolean {
    return this.caps.has("message-tags") || this.caps.has("labeled-response");
  }

  /** A message from this client, for relaying. */
  says(rest: string, tags?: ReadonlyMap<string, string>): Outgoing {
    return { source: this.prefix, rest, account: this.account, tags };
  }

  /** Sends a reply of the server: `:server NNN nick middle :trailing`. */
  numeric(code: string, middle = "", trailing?: string): void {
    const head = `${code} ${this.nick === "" ? "*" : this.nick}${middle === "" ? "" : ` ${middle}`}`;
    const rest = trailing === undefined ? head : `${head} :${trailing}`;
    this.send({ source: this.#wire.name, rest });
  }

  /** Sends a message, or keeps it for the labelled response being made. */
  send(message: Outgoing): void {
    if (this.#held === undefined) this.sendNow(message);
    else this.#held.push(message);
  }

  /** Sends a message outside of any labelled response. */
  sendNow(message: Outgoing, extra = ""): void {
    if (this.#closed) return;
    if (message.batch !== undefined) return this.#sendBatch(message, message.batch, extra);
    const body = `:${message.source} ${message.rest}`;
    const tags = this.caps.size === 0 ? "" : this.#tags(message, extra);
    this.#write(`${tags}${body.slice(0, this.#wire.maxLine - 2)}`);
  }

  #sendBatch(
    message: Outgoing,
    { type, params, items }: NonNullable<Outgoing["batch"]>,
    extra: string,
  ): void {
    const id = `b${++this.#batches}`;
    const around = extra.startsWith("batch=") ? extra : "";
    const { batch: _whole, ...head } = message;
    this.sendNow({ ...head, rest: `BATCH +${[id, type, ...params].join(" ")}` }, extra);
    for (const item of items) this.sendNow(item, `batch=${id}`);
    this.sendNow({ source: this.#wire.name, rest: `BATCH -${id}`, bare: true }, around);
  }

  /** Runs a command and answers it as one labelled response (IRCv3 labeled-response). */
  labelled(label: string, run: () => void): void {
    this.#held = [];
    run();
    const held = this.#held ?? [];
    this.#held = undefined;
    const tag = `label=${escapeTag(label)}`;
    const source = this.#wire.name;
    const [only] = held;
    if (only === undefined) this.sendNow({ source, rest: "ACK" }, tag);
    else if (held.length === 1) this.sendNow(only, tag);
    else {
      const id = `l${++this.#batches}`;
      this.sendNow({ source, rest: `BATCH +${id} labeled-response` }, tag);
      for (const message of held) this.sendNow(message, `batch=${id}`);
      this.sendNow({ source, rest: `BATCH -${id}` });
    }
  }

  /** Says why with ERROR and closes politely; what the client still sends is not read. */
  close(why: string): void {
    if (this.#closed) return;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.sendNow(message);
    this.#write(`ERROR :${why}`);
    this.judge.ended();
    this.#closed = true;
    const late = this.#late.splice(0).join("") + this.#out;
    this.#out = "";
    this.#clearTimers();
    this.socket.end(late, "latin1");
    this.#timers.add(setTimeout(() => this.socket.destroy(), 1_000));
  }

  /** Cuts the socket without a word. */
  cut(): void {
    this.ended();
    this.socket.destroy();
  }

  /** Forgets what waits, once the socket is gone. */
  ended(): void {
    if (!this.#closed) this.judge.ended();
    this.#closed = true;
    this.#clearTimers();
    this.#out = "";
  }

  /** Writes what is due; called by itself, and by the server once it no longer hangs. */
  flush(): void {
    this.#scheduled = false;
    if (this.#closed || this.#wire.hung()) return;
    while (this.#late.length > this.#timers.size) this.#writeLate();
    if (this.#out === "") return;
    const data = this.#out;
    this.#out = "";
    const delay = this.#wire.delayMs();
    if (delay === 0 && this.#late.length === 0) {
      this.socket.write(data, "latin1");
      return;
    }
    this.#late.push(data);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#wire.hung()) this.#writeLate();
    }, delay);
    this.#timers.add(timer);
  }

  #writeLate(): void {
    this.socket.write(this.#late.shift() ?? "", "latin1");
  }

  #write(line: string): void {
    this.judge.said(line);
    this.#out += `${line}\r\n`;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  #tags(message: Outgoing, extra: string): string {
    const tags: string[] = [];
    if (extra !== "") tags.push(extra);
    const { bare = false, at = Date.now() + this.#wire.ahead } = message;
    if (this.caps.has("server-time") && !bare) tags.push(`time=${new Date(at).toISOString()}`);
    if (message.account !== undefined && this.caps.has("account-tag")) {
      tags.push(`account=${escapeTag(message.account)}`);
    }
    if (this.caps.has("message-tags")) {
      if (message.msgid !== undefined) tags.push(`msgid=${message.msgid}`);
      for (const [name, value] of [...(message.serverTags ?? []), ...(message.tags ?? [])]) {
        tags.push(value === "" ? name : `${name}=${escapeTag(value)}`);
      }
    }
    return tags.length === 0 ? "" : `@${tags.join(";")} `;
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
