import { createHash } from "node:crypto";
import type { ConnectingLogin } from "@bridgebox/core/adapter";
import type { IrcAccount, IrcConfig } from "./config.ts";
import { namesBy } from "./ids.ts";
import { addressIn, parseRange } from "./range.ts";

export type Known = Pick<ConnectingLogin<IrcAccount>, "account" | "role">;

/** One nick is one person, however it is written. */
const personOf = ({ nick }: IrcAccount): string => namesBy("rfc1459").user(nick);

/**
 * A person's own where the server has it from somebody it believes: the beginning of the nick and what tells it
 * from others like it, nine characters, as more are cut off on old servers.
 */
export function usernameOf(config: IrcConfig, { account, role }: Known): string {
  const told = config.ident !== undefined || config.webirc !== undefined;
  if (role === "relay" || !told) return config.username;
  const person = personOf(account);
  const begin = person.replace(/[^a-z0-9]/g, "").slice(0, 4);
  const digest = createHash("sha256").update(`username:${person}`).digest("hex");
  const rest = BigInt(`0x${digest}`).toString(36).slice(-5);
  return `${begin || "u"}${rest}`;
}

/** A person's own, where the network has a range of them. */
export function addressOf({ addresses }: IrcConfig, account: IrcAccount): string | undefined {
  const range = addresses === undefined ? undefined : parseRange(addresses);
  return range && addressIn(range, personOf(account));
}
