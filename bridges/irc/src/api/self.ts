import type { IrcMessage } from "irc-framework";

/** Before the server has shown our host: `:nick!~user@host ` with the longest host there is. */
export const prefixOf = (nick: string, username: string): number =>
  Buffer.byteLength(`:${nick}!~${username}@ `) + 63;

/** What a client is called, as the server shows it to others. */
export class Self {
  readonly #username: string;
  #nick: string;
  #ident: string | undefined;
  #host: string | undefined;

  constructor(nick: string, username: string) {
    this.#nick = nick;
    this.#username = username;
  }

  get nick(): string {
    return this.#nick;
  }

  /** It asks to be called so, or is told that it is. */
  call(nick: string): void {
    this.#nick = nick;
  }

  /** `nick!user@host` as the server shows it, once it has. */
  get mask(): string | undefined {
    return this.#host === undefined ? undefined : `${this.#nick}!${this.#ident}@${this.#host}`;
  }

  /** Bytes that the server puts before our lines when it passes them on: `:nick!user@host `. */
  get prefixBytes(): number {
    const { mask } = this;
    if (mask === undefined) return prefixOf(this.#nick, this.#username);
    return Buffer.byteLength(mask) + 2;
  }

  /** A line as it comes, and what it shows of us. */
  see(message: IrcMessage): void {
    const { command, params, ident, hostname } = message;
    const ours = this.#isBy(message);
    if (ours && ident !== "" && hostname !== "") {
      this.#ident = ident;
      this.#host = hostname;
    }
    if (command === "396" && params[1] !== undefined) this.#host = params[1];
    if (command === "CHGHOST" && ours) [this.#ident, this.#host] = params;
  }

  /** The same line, once all others know it: only then our name is the new one. */
  follow(message: IrcMessage): void {
    if (message.command === "NICK" && this.#isBy(message)) {
      this.#nick = message.params[0] ?? this.#nick;
    }
  }

  /** Not what a history tells: that may have been somebody else of our name. */
  #isBy({ tags, nick }: IrcMessage): boolean {
    return tags["batch"] === undefined && nick !== "" && nick === this.#nick;
  }
}
