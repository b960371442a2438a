import type { IrcMessage } from "irc-framework";
import type { Ending, Proving, Whose } from "../errors.ts";
import { badNick, expelled, saslFailed, wrongPassword } from "../errors.ts";
import type { Line } from "./line.ts";
import { command } from "./line.ts";
import type { Self } from "./self.ts";

export interface Arriving {
  /** The server, as people know it. */
  readonly host: string;
  /** The nick that is wanted. */
  readonly nick: string;
  readonly whose: Whose;
  readonly proving: Proving;
  readonly self: Self;
  /** It must log in to an account, and has not. */
  unknown(): boolean;
  write(line: Line): void;
  readonly failed: (ending: Ending) => void;
  done(): void;
}

const mostNicks = 8;

/** Reads what a server says until it lets us in or not; takes another nick where that one is in use. */
export function welcome(arriving: Arriving): (message: IrcMessage) => void {
  const { host, nick, whose, self, failed } = arriving;
  let tries = 0;
  const otherNick = (): void => {
    tries += 1;
    if (tries > mostNicks)
      return failed(badNick(nick, "in use, and so are its alternatives", whose));
    const tail = tries < 3 ? "_".repeat(tries) : String(Math.random()).slice(2, 5);
    self.call(`${nick}${tail}`);
    return arriving.write(command.nick(self.nick));
  };
  return ({ command: verb, params }) => {
    const said = params.at(-1) ?? "";
    if (verb === "001") self.call(params[0] ?? self.nick);
    if (verb === "433" || verb === "436" || verb === "437") otherNick();
    if (verb === "432") failed(badNick(self.nick, said, whose));
    if (verb === "464") failed(wrongPassword(whose));
    if (verb === "465") failed(expelled(host, `banned: ${said}`));
    if (verb !== "376" && verb !== "422") return;
    if (arriving.unknown()) failed(saslFailed("capability_missing", arriving.proving));
    else arriving.done();
  };
}
