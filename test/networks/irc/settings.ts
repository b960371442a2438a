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
  "account-notify",
  "chghost",
  "setname",
  "standard-replies",
  "batch",
  "draft/chathistory",
  "draft/event-playback",
  "draft/message-redaction",
  "draft/multiline",
  "draft/relaymsg",
] as const;

/** Every capability that a server can be started with: as much as any server has. */
export const everyCap: readonly string[] = optional;

/** What stands after a capability's name in CAP LS 302. */
export const capValues: Readonly<Record<string, string>> = {
  "draft/multiline": "max-bytes=4096,max-lines=100",
  "draft/relaymsg": "/",
};

/** Of one multi-line message. */
export const multilineLimits = { bytes: 4096, lines: 100 } as const;

/** A capability a client can hold here. */
export type IrcCap = (typeof optional)[number] | "sasl" | "cap-notify";

/** How an account is proved (IRCv3 sasl-3.2). */
export type SaslMechanism = "PLAIN" | "EXTERNAL" | "SCRAM-SHA-256";

/** How SCRAM-SHA-256 is played, where `mechanisms` has it. */
export interface ScramOptions {
  /** Rounds of hashing, 4,096 if not given. */
  readonly iterations?: number;
  /** Accounts whose password it keeps in another form, which only PLAIN can be compared with. */
  readonly without?: readonly string[];
  /**
   * What a server does that does not know the password, or is not the one that was spoken to: it gives a
   * nonce of its own, a signature of nothing, or lets in without one, before or after the client's proof.
   */
  readonly lie?: "nonce" | "signature" | "silence" | "shortcut";
}

/** Services beside SASL: a client on a server of their own, looked at each time, so that a test may change them. */
export interface Services {
  /** How a login is confirmed beside by a notice: 900 (Atheme), the mode +r (Anope), +R (OFTC). OFTC has the password first. */
  readonly like: "atheme" | "anope" | "oftc";
  /** Away: their server has left the network. Silent: they read and say nothing. */
  state: "there" | "away" | "silent";
}

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
  /** The port on which a client's machine is asked for its user name (RFC 1413). Absent: nobody is asked. */
  readonly ident?: number;
  /** The password with which a gateway says who stands behind it (IRCv3 webirc). */
  readonly webirc?: string;
  /** Account to password; SASL is offered when there is any. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** SHA-256 fingerprint of a client certificate, in hexadecimal, to its account: SASL EXTERNAL. Looked at each time. */
  readonly certificates?: ReadonlyMap<string, string>;
  /** What SASL offers, if not PLAIN where there are passwords and EXTERNAL where there are certificates. */
  readonly mechanisms?: readonly SaslMechanism[];
  readonly scram?: ScramOptions;
  /** NickServ, for the accounts; none if not given. */
  readonly services?: Services;
  /** Capabilities to offer, of `everyCap`. */
  readonly caps?: readonly string[];
  /** Messages that a client gets back when it joins (as with InspIRCd's +H), if it has batches. */
  readonly replays?: number;
  /** Messages that one CHATHISTORY brings at most. */
  readonly historyLimit?: number;
  /** What history has of a message that was taken back: nothing, or a placeholder and its REDACT. */
  readonly redactions?: "excluded" | "told";
  /** History has what was said to operators only too, as bouncers keep it. */
  readonly keepsRanked?: boolean;
  /** By what LIST picks channels (ISUPPORT ELIST): of `MU`. */
  readonly elist?: string;
  /** LIST is answered by 263, or as by servers that show none for a while: by a notice and channels that are none. */
  readonly listing?: "busy" | "later";
  /** How many channels LUSERS says that there are, if not as many as there are. */
  readonly claims?: number;
  /** Mode letters of the lists that channels have, `b` if not given; with `q` it has no owners, and with `e` also `I`. */
  readonly lists?: string;
  /** Client-only tags that are refused (CLIENTTAGDENY). */
  readonly tagDeny?: string;
  readonly nickLength?: number;
  /** Bytes of a line with its CRLF and without its tags. */
  readonly maxLine?: number;
  readonly flood?: Flood;
  /** Milliseconds that its clock is before the real one; behind it, below zero. */
  readonly ahead?: number;
}

/** Options after defaults, in the inner one-character-per-byte form. */
export interface Settings {
  readonly name: string;
  readonly network: string;
  readonly password: string | undefined;
  readonly ident: number | undefined;
  readonly webirc: string | undefined;
  readonly accounts: ReadonlyMap<string, string>;
  readonly certificates: ReadonlyMap<string, string>;
  readonly mechanisms: readonly SaslMechanism[];
  readonly scram: ScramOptions;
  readonly services: Services | undefined;
  /** A test may offer and withdraw while clients are connected. */
  readonly caps: Set<IrcCap>;
  readonly replays: number;
  readonly historyLimit: number;
  readonly redactions: "excluded" | "told";
  readonly lists: string;
  readonly keepsRanked: boolean;
  readonly elist: string;
  readonly listing: "busy" | "later" | undefined;
  readonly claims: number | undefined;
  readonly tagDeny: string | undefined;
  readonly nickLength: number;
  readonly maxLine: number;
  readonly flood: Flood | undefined;
  readonly ahead: number;
  readonly secure: boolean;
}

/** Throws on a capability the server does not have. */
export function capCalled(name: string): IrcCap {
  const known = ([...optional, "sasl"] as const).find((cap) => cap === name);
  if (known !== undefined) return known;
  throw new Error(`The IRC server cannot offer "${name}": it knows ${optional.join(", ")}.`);
}

function offered(options: IrcOptions): Set<IrcCap> {
  const caps = new Set<IrcCap>();
  for (const name of options.caps ?? []) {
    caps.add(capCalled(name));
  }
  if (caps.has("labeled-response")) caps.add("batch");
  if (mechanismsOf(options).length > 0) caps.add("sasl");
  return caps;
}

const mechanismsOf = (options: IrcOptions): readonly SaslMechanism[] =>
  options.mechanisms ?? [
    ...(options.accounts === undefined ? [] : (["PLAIN"] as const)),
    ...(options.certificates === undefined ? [] : (["EXTERNAL"] as const)),
  ];

/** Fills in defaults; throws on a capability the server does not have. */
export function settle(options: IrcOptions): Settings {
  const accounts = Object.entries(options.accounts ?? {});
  return {
    name: options.name ?? "irc.test",
    network: options.network ?? "TestNet",
    password: options.password === undefined ? undefined : toWire(options.password),
    ident: options.ident,
    webirc: options.webirc,
    accounts: new Map(accounts.map(([name, password]) => [toWire(name), toWire(password)])),
    certificates: options.certificates ?? new Map(),
    mechanisms: mechanismsOf(options),
    scram: options.scram ?? {},
    services: options.services,
    caps: offered(options),
    nickLength: options.nickLength ?? 30,
    maxLine: options.maxLine ?? 512,
    replays: options.replays ?? 0,
    historyLimit: options.historyLimit ?? 100,
    redactions: options.redactions ?? "excluded",
    lists: options.lists ?? "b",
    keepsRanked: options.keepsRanked === true,
    elist: options.elist ?? "",
    listing: options.listing,
    claims: options.claims,
    tagDeny: options.tagDeny,
    flood: options.flood,
    ahead: options.ahead ?? 0,
    secure: options.tls !== undefined,
  };
}
