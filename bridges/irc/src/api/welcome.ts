import type { IrcMessage } from "irc-framework";
import type { Ending, Whose } from "../errors.ts";
import { badNick, expelled, wrongPassword } from "../errors.ts";
import type { Line } from "./line.ts";
import { command } from "./line.ts";
import type { Self } from "./self.ts";

export interface Welcoming {
  /** The server, as people know it. */
  readonly host: string;
  /** The nick that is wanted. */
  readonly nick: string;
  readonly whose: Whose;
  readonly self: Self;
  write(line: Line): void;
  readonly failed: (ending: Ending) => void;
  done(): void;
}

const mostNicks = 8;

/** Reads what a server says until it lets us in or not; takes another nick where that one is in use. */
export function welcome(welcoming: Welcoming): (message: IrcMessage) => void {
  const { host, nick, whose, self, failed } = welcoming;
  let tries = 0;
  const otherNick = (): void => {
    tries += 1;
    if (tries > mostNicks)
      return failed(badNick(nick, "in use, and so are its alternatives", whose));
    const tail = tries < 3 ? "_".repeat(tries) : String(Math.random()).slice(2, 5);
    self.call(`${nick}${tail}`);
    return welcoming.write(command.nick(self.nick));
  };
  return ({ command: verb, params }) => {
    const said = params.at(-1) ?? "";
    if (verb === "001") self.call(params[0] ?? self.nick);
    if (verb === "433" || verb === "436" || verb === "437") otherNick();
    if (verb === "432") failed(badNick(self.nick, said, whose));
    if (verb === "464") failed(wrongPassword(whose));
    if (verb === "465") failed(expelled(host, `banned: ${said}`));
    if (verb === "376" || verb === "422") welcoming.done();
  };
}
