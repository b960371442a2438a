import type { TlsOptions } from "node:tls";
import { toWire } from "./line.ts";

const optional = [
  "multi-prefix",
  "server-time",
  "message-tags",
  "echo-message",
  "labeled-response",
  "account-tag",
  "extended-join",
  "away-notify",
] as const;

/** A capability a client can hold here. */
export type IrcCap = (typeof optional)[number] | "batch" | "sasl" | "cap-notify";

/** How many lines in which time make a flood, and what happens then. */
export interface Flood {
  readonly lines: number;
  readonly perMs: number;
  readonly onExcess: "kill";
}

/** What a server is started with; everything has a default. */
export interface IrcOptions {
  readonly name?: string;
  readonly network?: string;
  /** The server password (PASS) every client must give. */
  readonly password?: string;
  readonly tls?: Pick<TlsOptions, "key" | "cert">;
  /** Account to password; SASL PLAIN is offered when there is any. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Capabilities to offer, of: multi-prefix, server-time, message-tags, echo-message, labeled-response, account-tag, extended-join, away-notify. */
  readonly caps?: readonly string[];
  readonly nickLength?: number;
  /** Bytes of a line with its CRLF and without its tags. */
  readonly maxLine?: number;
  readonly flood?: Flood;
}

/** Options after defaults, in the inner one-character-per-byte form. */
export interface Settings {
  readonly name: string;
  readonly network: string;
  readonly password: string | undefined;
  readonly accounts: ReadonlyMap<string, string>;
  readonly caps: ReadonlySet<IrcCap>;
  readonly nickLength: number;
  readonly maxLine: number;
  readonly flood: Flood | undefined;
  readonly secure: boolean;
}

function offered(options: IrcOptions): Set<IrcCap> {
  const caps = new Set<IrcCap>();
  for (const name of options.caps ?? []) {
    const known = optional.find((cap) => cap === name);
    if (known === undefined) {
      throw new Error(`The IRC server cannot offer "${name}": it knows ${optional.join(", ")}.`);
    }
    caps.add(known);
  }
  if (caps.has("labeled-response")) caps.add("batch");
  if (options.accounts !== undefined) caps.add("sasl");
  return caps;
}

/** Fills in defaults; throws on a capability the server does not have. */
export function settle(options: IrcOptions): Settings {
  const accounts = Object.entries(options.accounts ?? {});
  return {
    name: options.name ?? "irc.test",
    network: options.network ?? "TestNet",
    password: options.password === undefined ? undefined : toWire(options.password),
    accounts: new Map(accounts.map(([name, password]) => [toWire(name), toWire(password)])),
    caps: offered(options),
    nickLength: options.nickLength ?? 30,
    maxLine: options.maxLine ?? 512,
    flood: options.flood,
    secure: options.tls !== undefined,
  };
}
