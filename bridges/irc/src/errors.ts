import type { ErrorCode } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Fingerprints } from "./certificate.ts";

/** What a refusal numeric means and what to do about it (RFC 2812, 5.2, and what servers added). */
export const refusals: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  "401": ["not_found", "Check the nick: nobody is called that now."],
  "402": ["not_found", "Check the name."],
  "403": ["not_found", "Check the channel name."],
  "404": ["forbidden", "The channel takes messages from some only: ask an operator for voice."],
  "405": ["forbidden", "The client is on as many channels as it may be: leave one."],
  "407": ["invalid", "Name one recipient."],
  "411": ["invalid", "Name a recipient."],
  "412": ["invalid", "Write a text."],
  "415": ["invalid", "Name another recipient."],
  "437": ["forbidden", "The name is held by the network for a while: try again later."],
  "441": ["not_found", "The person is not on that channel."],
  "442": ["forbidden", "Join the channel first."],
  "461": ["invalid", "Something is missing in the command."],
  "470": ["forbidden", "The channel sends newcomers elsewhere: join that one, if you mean it."],
  "471": ["forbidden", "The channel is full: try again later."],
  "472": ["unsupported", "The server has no such mode."],
  "473": [
    "forbidden",
    "The channel is for invited people only: ask an operator for an invitation.",
  ],
  "474": ["banned", "An operator of the channel banned this client: ask them."],
  "475": [
    "forbidden",
    "The channel has a key, and this is not it: ask an operator, and name it after the channel, such as #staff secret.",
  ],
  "476": ["invalid", "Check the channel name."],
  "477": ["forbidden", "Log in to the network's services (SASL) first."],
  "478": ["forbidden", "The channel's list of bans is full: lift another one first."],
  "479": ["invalid", "Check the channel name."],
  "481": ["forbidden", "Only the network's own operators may do that."],
  "482": ["forbidden", "Only an operator of the channel may do that: ask one."],
  "484": ["forbidden", "That person is protected there."],
  "489": ["forbidden", "The channel is for TLS connections only: set tls to true."],
  "531": ["forbidden", "The person takes no messages from this client."],
  "716": ["forbidden", "The person takes messages from accepted people only."],
};

/** The refusal in a server's answer, if it is one. `what` says what did not happen. */
export function refusal(message: IrcMessage, what: string): BridgeError | undefined {
  const known = Object.hasOwn(refusals, message.command) ? refusals[message.command] : undefined;
  if (known === undefined) return undefined;
  const [code, advice] = known;
  const said = message.params.at(-1) ?? "";
  return new BridgeError(code, `${what} – the IRC server says "${said}". ${advice}`, {
    reached: "no",
    scope: "item",
  });
}

/** What the code of a `FAIL` means (IRCv3 standard-replies). */
export const failures: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [
    /UNKNOWN_MSGID|INVALID_MSGREFTYPE/,
    "not_found",
    "The server does not have that message any more.",
  ],
  [/FORBIDDEN|PRIVS|DENIED/, "forbidden", "Ask an operator of the channel to allow it."],
  [/INVALID_TARGET|NO_SUCH/, "not_found", "Check the name."],
  [/MAX_BYTES|MAX_LINES|TOO_LONG/, "too_large", "Make it shorter."],
  [/RATE_LIMIT|TEMPORARILY|THROTTLED/, "rate_limit", "It is tried again later."],
];

/** The refusal in `FAIL command code … :why`, if the line is one. `what` says what did not happen. */
export function failure({ command, params }: IrcMessage, what: string): BridgeError | undefined {
  if (command !== "FAIL") return undefined;
  const sign = params[1] ?? "";
  const [, code, advice] = failures.find(([pattern]) => pattern.test(sign)) ?? [
    undefined,
    "unsupported" as const,
    "It cannot be done there.",
  ];
  const said = `${params.at(-1) ?? ""} (${sign})`;
  return new BridgeError(code, `${what} – the IRC server says "${said}". ${advice}`, {
    reached: "no",
    scope: "item",
  });
}

/** Something could not be asked, because there is no connection now; nothing was sent. */
export const offline = (what: string): BridgeError =>
  new BridgeError("network", `${what} – there is no connection to IRC. It is being made again.`, {
    reached: "no",
    scope: "login",
  });

/** It was written and nobody will ever say whether the server read it. */
export const uncertain = (why: string): BridgeError =>
  new BridgeError(
    "doubtful",
    `The message may not have been delivered – ${why} before the IRC server answered. Look in the channel, then send it again if it is missing.`,
    { reached: "unknown", scope: "item" },
  );

/** A command was written and its answer did not come. */
export const unanswered = (): BridgeError =>
  new BridgeError(
    "timeout",
    "It is not known whether it was done – the IRC server did not answer in time. Try again.",
    {
      reached: "unknown",
      scope: "item",
    },
  );

/** The caller gave up before it was written. */
export const withdrawn = (): BridgeError =>
  new BridgeError(
    "timeout",
    "The message was not sent – it waited too long for its turn under the flood limit of IRC. Send it again.",
    { reached: "no", scope: "item" },
  );

/** Why a connection ended, and whether to come back: at once, seldom, or only after a person acted. */
export interface Ending {
  readonly error: BridgeError;
  readonly again: "soon" | "seldom" | "never";
  /** It was the account that was refused. */
  readonly sasl?: SaslReason;
}

const ending = (
  code: ErrorCode,
  sentence: string,
  { again, cause }: { readonly again: Ending["again"]; readonly cause?: unknown },
): Ending => ({
  error: new BridgeError(code, sentence, { reached: "no", scope: "login", cause }),
  again,
});

const noTls = "the server speaks no TLS there";

/** There was no connection within the time for it; a server that waits for plain text answers TLS with silence. */
export const late = ({ tls }: { readonly tls: unknown }): Error =>
  new Error(`it did not answer in time${tls === undefined ? "" : `, perhaps because ${noTls}`}`);

/** What the system says in a word, for people; the word stays for whoever searches for it. */
const plainWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no server of that name",
  EAI_AGAIN: "its name could not be looked up",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  ETIMEDOUT: "it does not answer",
  ECONNRESET: "the connection was cut off",
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
};

const plain = (cause: Error): string => {
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (/before secure TLS connection was established/.test(cause.message))
    return `${noTls}, or broke off (${code})`;
  const words = plainWords[code];
  return words === undefined ? cause.message : `${words} (${code})`;
};

const adviceFor = (why: string): string => {
  if (why.includes(noTls))
    return "Check port and tls: 6697 is usual with TLS, 6667 without it, and then tls is false.";
  if (/certificate|self-signed|TLS|SSL/i.test(why))
    return "Check tls, tls_ca and the server's name.";
  if (why.includes("EADDRNOTAVAIL"))
    return "This machine may not use an address of the config's addresses: see irc.md for how to give it the range.";
  return "It is tried again by itself.";
};

/** The connection could not be made, or broke. */
export const broken = (where: string, cause: Error | undefined): Ending => {
  const why = cause === undefined ? "the server closed the connection" : plain(cause);
  const advice = adviceFor(why);
  return ending("network", `No connection to IRC at ${where} – ${why}. ${advice}`, {
    again: "soon",
    cause,
  });
};

/** `ERROR :Closing Link: …`, or 465, in the server's own words. */
export function expelled(where: string, said: string): Ending {
  const sentence = `The connection to IRC at ${where} was closed – the server says "${said}".`;
  if (/[kgzd]-?lined|\bbanned\b|akill/i.test(said)) {
    const advice = "Ask the network's staff; it is tried again now and then.";
    return ending("banned", `${sentence} ${advice}`, { again: "seldom" });
  }
  if (/throttl|too fast|too many|flood/i.test(said)) {
    const advice = "It is tried again after a longer while.";
    return ending("rate_limit", `${sentence} ${advice}`, { again: "seldom" });
  }
  return ending("network", `${sentence} It is tried again by itself.`, { again: "soon" });
}

/** Whoever else knows the account had the services free its nick of this client. */
export const isOusted = ({ error }: Ending): boolean =>
  /\bkilled\b.*\b(?:ghost|regain|recover) command\b/i.test(error.message);

/** Why an account was not logged in to (IRCv3 sasl-3.1), or what its client did not put up with. */
export type SaslReason = keyof typeof saslReasons;

const tellAdmin = "Tell the admin of this box, then log in again.";
const overheardAdvice = {
  config: "Set tls to true in the config, with tls_ca instead of tls_insecure, or leave sasl out.",
  person: tellAdmin,
};
const otherServer = {
  config: "Check server and tls in the config, and ask the network's staff.",
  person: tellAdmin,
};
const itself = "It is tried again by itself.";
const overheard = "the connection is not encrypted, or the server's certificate is not checked";

const saslReasons = {
  fail: "the account or its password is wrong",
  nick_locked: "the account is locked",
  too_long: "the account or password is too long for the server",
  unsupported_mechanism: "the server takes passwords neither by SCRAM-SHA-256 nor by PLAIN (SASL)",
  unsealed: `the server takes passwords in the clear only (SASL PLAIN), and ${overheard}`,
  unproven: "the server did not prove that it knows the password, so it may be another one",
  rounds: "the server wants the password hashed too seldom or too often (SCRAM-SHA-256)",
  capability_missing: "the server does not offer SASL",
  services_unsealed: `the server does not offer SASL, services take passwords in the clear only, and ${overheard}`,
  spaced:
    "services take no account or password with a space in it, and the server has no SASL for it",
  aborted: "the server broke off while it checked the account",
  unintelligible: "what the server says when it is to check the account is not understood",
} as const;

/** Where a client's nick and account stand: in the config, or in a person's own login. */
export type Whose = "config" | "person";

/** Whose account it is, and by which certificate it was to be proved if by one. */
export interface Proving {
  readonly whose: Whose;
  readonly prints?: Fingerprints;
}

/** The account was refused: without a person nothing will change. */
export const saslFailed = (reason: SaslReason, { whose, prints }: Proving): Ending => {
  const why = prints === undefined ? saslReasons[reason] : certificateReason(reason, prints);
  const advice = adviceOn(reason, { whose, ...(prints && { prints }) });
  const [code, patience] =
    reason === "aborted" ? (["network", "seldom"] as const) : (["auth", "never"] as const);
  const told = ending(code, `Not logged in to IRC – ${why}. ${advice}`, { again: patience });
  return { ...told, sasl: reason };
};

const adviceOn = (reason: SaslReason, { whose, prints }: Proving): string => {
  if (prints !== undefined && reason === "fail") {
    return `Register it: ${registering(prints)}. ${again(whose)}`;
  }
  const isAccounts = prints !== undefined && reason === "capability_missing";
  const server = isAccounts ? undefined : serverAdvice[reason]?.[whose];
  return server ?? accountAdvice(whose, prints !== undefined);
};

const accountAdvice = (whose: Whose, isCertificate: boolean): string =>
  whose === "config"
    ? `Correct ${isCertificate ? "tls_cert" : "sasl"} in the config, or leave it out.`
    : "Log in again with the right account, or without one.";

/** Where another account would mend nothing: what the config has to say, or is told by a person to the admin. */
const serverAdvice: Partial<Record<SaslReason, Readonly<Record<Whose, string>>>> = {
  unsealed: overheardAdvice,
  services_unsealed: overheardAdvice,
  unproven: otherServer,
  rounds: otherServer,
  aborted: { config: itself, person: itself },
  capability_missing: {
    config: "Name the network's services in the config, or leave sasl out.",
    person:
      "Log in again without an account, or ask the admin of this box to name the network's services in the config.",
  },
};

const certificateReason = (reason: SaslReason, { sha256 }: Fingerprints): string => {
  if (reason === "fail") return `no account there has the certificate ${sha256}`;
  if (reason !== "unsupported_mechanism") return saslReasons[reason];
  return "the server does not take certificates (SASL EXTERNAL)";
};

const again = (whose: Whose): string =>
  whose === "config" ? "Then restart the box." : "Then log in again.";

/** What is written to the services to make a certificate one's own: they differ in the hash. */
export const registering = ({ sha256, sha512 }: Fingerprints): string =>
  `from a client that is logged in to the account write /msg NickServ CERT ADD ${sha256} (SHA-256, most networks) or /msg NickServ CERT ADD ${sha512} (SHA-512, such as Libera)`;

/** The password of the server itself, which only the config has: a person cannot mend it by a login. */
export const wrongPassword = (whose: Whose): Ending => {
  const advice =
    whose === "config"
      ? "Correct password in the config."
      : "Ask the admin of this box to correct it in the config, then log in again.";
  return ending("auth", `Not connected to IRC – the server's password is wrong. ${advice}`, {
    again: "never",
  });
};

export const foreignNick = (nick: string): Ending =>
  ending(
    "auth",
    `Not connected to IRC – somebody else is called ${nick} there. Log in with another nick, or with the account that ${nick} belongs to once it is free.`,
    { again: "never" },
  );

export const badNick = (nick: string, said: string, whose: Whose): Ending => {
  const why = `the server does not take the nick ${nick} ("${said}")`;
  const advice =
    whose === "config" ? "Put another nick into the config." : "Log in again with another nick.";
  return ending("invalid", `Not connected to IRC – ${why}. ${advice}`, { again: "never" });
};

export const refusedHere = (error: BridgeError): Ending => ({ error, again: "never" });
