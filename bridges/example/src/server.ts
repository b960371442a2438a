/** One thing that happened on the network: its log is all that a server keeps. */
export interface Entry {
  readonly seq: number;
  readonly at: number;
  readonly kind: "say" | "edit" | "remove";
  readonly room: string;
  readonly from: string;
  /** Of the message said, edited or removed. */
  readonly id: string;
  readonly text: string;
  /** What the sender called it: the same one is said once. */
  readonly key?: string;
  readonly answers?: string;
}

export type Said = Pick<Entry, "kind" | "room" | "text"> & Partial<Entry>;

/** What the server says no with. */
export class EchoError extends Error {
  readonly code: "away" | "cut" | "no-room" | "no-message" | "not-yours" | "bad-code";
  constructor(code: EchoError["code"]) {
    super(code);
    this.code = code;
  }
}

const servers = new Map<string, EchoServer>();

/**
 * A chat network in this process: rooms, a log, people by name. In the room `echo` everything is said
 * twice. Stands where an adapter of a real network would have its library and a socket.
 */
export class EchoServer {
  readonly log: Entry[] = [];
  readonly rooms = new Set(["lobby", "echo"]);
  readonly violations: string[] = [];
  readonly #wakes = new Set<() => void>();
  #away = false;
  #round = 0;
  #swallow = 0;

  /** The server of that name, which exists once it is asked for. */
  static at(name: string): EchoServer {
    const server = servers.get(name) ?? new EchoServer();
    servers.set(name, server);
    return server;
  }

  /** The code that `name` types at login is 1234; the token is what is kept. */
  login(name: string, code: string): string {
    if (code !== "1234") throw new EchoError("bad-code");
    return `token-of-${name}`;
  }

  /** Says whether anybody is in. */
  enter(): void {
    if (this.#away) throw new EchoError("away");
  }

  /** Adds to the log. A key that is known answers with what it made before. */
  async say(from: string, said: Said): Promise<Entry> {
    this.enter();
    if (!this.rooms.has(said.room)) throw new EchoError("no-room");
    const known = said.key === undefined ? undefined : await this.find(said.key);
    if (known) return known;
    const before = this.log.find((it) => it.id === said.id);
    if (said.kind !== "say" && before === undefined) throw new EchoError("no-message");
    if (said.kind !== "say" && before?.from !== from) throw new EchoError("not-yours");
    if (/[^\P{Cc}\n]/u.test(said.text)) this.violations.push(said.text);
    const entry = this.#add(from, said);
    if (said.room === "echo" && from !== "echo" && said.kind === "say") {
      this.#add("echo", { kind: "say", room: "echo", text: said.text });
    }
    if (this.#swallow === 0) return entry;
    this.#swallow -= 1;
    return new Promise(() => {});
  }

  /** What was made under that key. */
  async find(key: string): Promise<Entry | undefined> {
    this.enter();
    return this.log.find((it) => it.key === key);
  }

  /** Hands over all that comes after `since`, one at a time, until the signal or a cut ends it. */
  async listen(
    since: number,
    signal: AbortSignal,
    take: (entry: Entry) => Promise<void>,
  ): Promise<void> {
    const round = this.#round;
    for (let at = since; ;) {
      const entry = this.log[at];
      if (signal.aborted) return;
      if (round !== this.#round) throw new EchoError("cut");
      if (entry === undefined) await this.#more(signal);
      else {
        await take(entry);
        at = entry.seq;
      }
    }
  }

  /** What stands in a room now. */
  messages(room: string): readonly Entry[] {
    const now = new Map<string, Entry>();
    for (const entry of this.log.filter((it) => it.room === room)) {
      if (entry.kind === "remove") now.delete(entry.id);
      else now.set(entry.id, { ...now.get(entry.id), ...entry });
    }
    return [...now.values()];
  }

  /** Fault: everyone is cut off; with `away`, nobody is let in until it is called without. */
  cut(away = false): void {
    this.#away = away;
    this.#round += 1;
    this.#wake();
  }

  /** Fault: the next thing said is stored, and nobody is told so. */
  swallowReply(): void {
    this.#swallow += 1;
  }

  #add(from: string, said: Said): Entry {
    const seq = this.log.length + 1;
    const entry = { ...said, id: said.id ?? `m${seq}`, from, seq, at: Date.now() };
    this.log.push(entry);
    this.#wake();
    return entry;
  }

  #wake(): void {
    for (const wake of this.#wakes) wake();
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakes.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wakes.add(wake);
      signal.addEventListener("abort", wake);
    });
  }
}
