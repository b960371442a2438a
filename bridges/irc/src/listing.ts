import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Client } from "./api/client.ts";
import type { Line } from "./api/line.ts";
import { command } from "./api/line.ts";
import { refusal } from "./errors.ts";
import { stripCodes } from "./format.ts";
import { wrongChannel } from "./ids.ts";

/** A channel as a server lists it to everybody. */
export interface Listed {
  readonly name: string;
  readonly people: number;
  readonly topic: string;
}

/** What came of a list so far, and when it is over. */
export interface Listing {
  readonly found: readonly Listed[];
  readonly done: Promise<void>;
}

const what = "No channels were looked for";
/** Beyond that a server's list is cut: more would be in memory than anybody looks through. */
const most = 20_000;
/** A list that is not over by then is given up. Big servers send theirs slowly. */
const longestMs = 180_000;
const longestTopic = 300;

/** Some servers put a channel's modes before its topic: `[+nt] topic`, `[+nt 5] topic`. */
const modesBefore = /^\[\+([A-Za-z]*)[^\]]*\] ?/;

function listedIn({ params }: IrcMessage): Listed | undefined {
  const [, name = "", people, said = ""] = params;
  if (wrongChannel(name) !== undefined) return undefined;
  const [before = "", modes = ""] = modesBefore.exec(said) ?? [];
  if (/[sp]/.test(modes)) return undefined;
  const topic = stripCodes(said.slice(before.length))
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  const shown = topic.slice(0, longestTopic).toWellFormed();
  return { name, people: Math.max(0, Number(people) || 0), topic: shown };
}

const later = (said: string): BridgeError =>
  new BridgeError(
    "rate_limit",
    `${what} – the IRC server says "${said}". Ask again in a few minutes.`,
    { reached: "no", scope: "item" },
  );

/** A server says in a notice, before or behind it, that it gives no list yet: what it lists is made up. */
const token = "list";
const putsOff = /\/list\b|channel list/i;

/**
 * Reads a list (RFC 2812, 3.2.6): 322 is a channel, 323 the end; 416, it was too long and is cut; 263, not
 * now. `may`: whether others may hear of that channel.
 */
export function listing(client: Client, line: Line, may: (name: string) => boolean): Listing {
  const found: Listed[] = [];
  let putOff: string | undefined;
  let isOver = false;
  let isAnswered = false;
  const heard = (message: IrcMessage): boolean | BridgeError => {
    const { command: verb, params, nick } = message;
    const said = params.at(-1) ?? "";
    if (verb === "322") {
      const one = found.length < most ? listedIn(message) : undefined;
      if (one !== undefined && may(one.name)) found.push(one);
    } else if (verb === "NOTICE" && (nick === "" || nick.includes(".")) && putsOff.test(said)) {
      putOff = said;
    } else if (verb === "263" && params[1] === "LIST") return later(said);
    else if (verb === "421" && params[1] === "LIST") return refusal(message, what) ?? false;
    else if (verb === "481") return refusal(message, what) ?? false;
    if (verb === "323" || (verb === "416" && params[1] === "LIST")) isOver = true;
    if (verb === "PONG" && said === token) isAnswered = true;
    if (!isOver || !isAnswered) return false;
    return putOff === undefined ? true : later(putOff);
  };
  const over = client.until(heard, AbortSignal.timeout(longestMs));
  client.submit(2, line);
  client.submit(2, command.ping(token));
  return { found, done: over.then(() => undefined) };
}

/** How many channels a server says that it has (RFC 2812, 3.4.2: 254, before the 255 that always comes). */
export async function channelCount(client: Client, signal: AbortSignal): Promise<number> {
  let count = 0;
  const counted = client.until(({ command: verb, params }) => {
    if (verb === "254") count = Number(params[1]) || 0;
    return verb === "255";
  }, signal);
  client.submit(2, command.lusers());
  await counted;
  return count;
}
