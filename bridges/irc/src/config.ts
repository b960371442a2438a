import {
  flag,
  integer,
  list,
  object,
  optional,
  either,
  choice,
  schema,
  text,
} from "@bridgebox/core/adapter";
import type { Problem, Shaped } from "@bridgebox/core/adapter";
import type { FloodLimit } from "./flood.ts";
import { wrongChannel, wrongNick } from "./ids.ts";
import { parseRange } from "./range.ts";

const sasl = object(
  {
    account: text({ says: "The services account.", example: "mybridge", max: 300 }),
    password: text({ says: "Its password.", example: "correct horse", secret: true }),
  },
  { says: "Log in to the network's services (SASL SCRAM-SHA-256, or PLAIN over TLS)." },
);

const services = object(
  {
    address: text({
      says: "Their nick and the server that they alone are on; /whois NickServ shows both.",
      example: "NickServ@services.dal.net",
      pattern: /[A-Za-z[\]\\`_^{|}][\w[\]\\`^{|}-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/,
      expects: "a nick, an @ and the name of a server",
      max: 120,
    }),
    identify: text({
      says: "What they are told. OFTC has the password first: IDENTIFY {password} {account}.",
      default: "IDENTIFY {account} {password}",
      pattern: /[A-Za-z]\S*(?: \S+)*? \{password\}(?: \S+)*/,
      expects: "a command with {password} in it, and {account} where it needs that",
      max: 100,
    }),
    regain: text({
      says: "How they are asked for the client's nick when something else holds it. Anope has RECOVER {nick}, others GHOST {nick}.",
      default: "REGAIN {nick}",
      pattern: /[A-Za-z]\S*(?: \S+)*? \{nick\}(?: \S+)*/,
      expects: "a command with {nick} in it",
      max: 100,
    }),
  },
  {
    says: "The services of a network without SASL, to which accounts are proved then. Without it no password is sent to anybody's nick.",
  },
);

const shape = object(
  {
    server: text({
      says: "The host name of the IRC server.",
      example: "irc.libera.chat",
      // Two colons at least make an address of IPv6; one would be a port's.
      pattern: /[A-Za-z0-9_.-]+|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*/,
      expects: "a host name or address; the port goes into port",
    }),
    port: optional(
      integer({
        says: "Its port: 6697 with TLS, 6667 without, if not set.",
        example: 6697,
        min: 1,
        max: 65535,
      }),
    ),
    tls: flag({ says: "Encrypt the connection.", default: true }),
    tls_ca: optional(
      text({ says: "A PEM file with the certificate to trust.", example: "/etc/ssl/irc-ca.pem" }),
    ),
    tls_cert: optional(
      text({
        says: "A PEM file with the relay client's own certificate, which the services know by its fingerprint (SASL EXTERNAL); instead of sasl.",
        example: "/etc/bridgebox/irc.crt",
      }),
    ),
    tls_key: optional(
      text({
        says: "A PEM file with the private key for tls_cert, without a passphrase.",
        example: "/etc/bridgebox/irc.key",
      }),
    ),
    tls_insecure: flag({
      says: "Accept any certificate: for tests only. Passwords of accounts are not sent as they are then; tls_ca is for a server with a certificate of its own.",
      default: false,
    }),
    password: optional(
      text({
        says: "The server password (PASS), if it has one.",
        example: "secret",
        secret: true,
        max: 400,
      }),
    ),
    nick: text({ says: "The nick of the relay client.", default: "bridgebox", max: 64 }),
    username: text({
      says: "The user name that the server shows before the @.",
      default: "bridgebox",
      pattern: /[A-Za-z0-9_.-]{1,32}/,
      expects: "letters and digits",
    }),
    realname: text({ says: "The real name in WHOIS.", default: "Matrix bridge", max: 150 }),
    ident: optional(
      object(
        {
          hostname: optional(
            text({
              says: "The address that it listens on; every one, if not set.",
              example: "192.0.2.10",
              max: 200,
            }),
          ),
          port: integer({
            says: "Its port. IRC servers ask on 113: where the box may not have that, pass it on.",
            default: 113,
            min: 1,
            max: 65_535,
          }),
        },
        {
          says: "An ident server (RFC 1413), so that everybody with a nick of their own has a user name of their own that the IRC server has checked. Networks may share one.",
        },
      ),
    ),
    addresses: optional(
      text({
        says: "Everybody with a nick of their own connects from an address of their own in this range, which this machine must have (see irc.md). Where webirc is set the server is only told of it.",
        example: "2001:db8:1:2::/64",
        max: 64,
      }),
    ),
    webirc: optional(
      text({
        says: "The password with which the server lets the box say who stands behind a connection (WEBIRC). It needs addresses.",
        example: "secret",
        secret: true,
        max: 300,
        pattern: /[^\s:,][^\s,]*/,
        expects: "a password without spaces and commas that does not begin with a colon",
      }),
    ),
    sasl: optional(sasl),
    services: optional(services),
    at_connect: list(
      text({
        says: "An IRC command; {nick} is the client's nick.",
        example: "MODE {nick} +B",
        pattern: /[A-Za-z]+(?: .*)?/,
        expects: "an IRC command",
        secret: true,
        max: 400,
      }),
      {
        says: "What the relay client writes whenever it is let in, before it enters channels: the mode for bots, words to services.",
        default: [],
        max: 20,
      },
    ),
    channels: list(text({ says: "A channel.", example: "#bridgebox", max: 200 }), {
      says: "Channels that the relay client is in from the start.",
      default: [],
      max: 1000,
    }),
    flood: either(
      object(
        {
          lines: integer({ says: "Lines that may go out at once.", default: 5, min: 2, max: 1000 }),
          per_seconds: integer({
            says: "Seconds for as many again.",
            default: 10,
            min: 1,
            max: 600,
          }),
        },
        { says: "How fast the bridge may talk; `off` on a server of your own." },
      ),
      choice(["off"], { says: "No limit." }),
    ),
    reactions: choice(["line", "off"], {
      says: "What becomes of a reaction where the server has none: a short line, or nothing.",
      default: "line",
    }),
    paste_lines: integer({
      says: "A text of more lines than that goes as its first line and a link to all of it, where the box has a public address and the server takes only single lines. 0: never.",
      default: 10,
      min: 0,
      max: 1000,
    }),
    relay_mark: text({
      says: "What stands after the name of somebody without a nick of their own, where the server shows names (RELAYMSG): alice/m.",
      default: "m",
      pattern: /[A-Za-z0-9]{1,8}/,
      expects: "letters and digits",
    }),
    reconnect: object(
      {
        min_seconds: integer({ says: "The first wait.", default: 1, min: 1, max: 3600 }),
        max_seconds: integer({ says: "The longest wait.", default: 300, min: 1, max: 86_400 }),
      },
      { says: "Waits between attempts to connect; they double." },
    ),
    ping_seconds: integer({
      says: "Silence after which the server is asked whether it lives; after half as much again it does not.",
      default: 60,
      min: 5,
      max: 3600,
    }),
    max_age: integer({
      says: "Seconds after which a waiting message fails instead of arriving late.",
      default: 600,
      min: 10,
      max: 604_800,
    }),
  },
  {
    says: "One IRC network.",
    check: ({ nick, channels, reconnect, ...rest }): readonly Problem[] => [
      ...certificateProblems(rest),
      ...originProblems(rest),
      ...problem(["nick"], wrongNick(nick)),
      ...channels.flatMap((name, index) => problem(["channels", index], wrongChannel(name))),
      ...problem(
        ["reconnect", "max_seconds"],
        reconnect.max_seconds < reconnect.min_seconds ? "Put at least min_seconds." : undefined,
      ),
    ],
  },
);

const problem = (path: Problem["path"], wrong: string | undefined): readonly Problem[] =>
  wrong === undefined ? [] : [{ path, says: `is not usable. ${wrong}` }];

interface Proof {
  readonly tls: boolean;
  readonly tls_cert?: string;
  readonly tls_key?: string;
  readonly sasl?: unknown;
}

function certificateProblems({ tls, tls_cert, tls_key, sasl }: Proof): readonly Problem[] {
  if (tls_cert === undefined && tls_key === undefined) return [];
  if (tls_cert === undefined) return problem(["tls_cert"], "Put the certificate beside tls_key.");
  if (tls_key === undefined) return problem(["tls_key"], "Put the key beside tls_cert.");
  const both = sasl === undefined ? undefined : "Leave out sasl, or tls_cert and tls_key.";
  return [
    ...problem(["tls_cert"], tls ? undefined : "It is shown on TLS only: put tls: true."),
    ...problem(["sasl"], both),
  ];
}

const originProblems = ({
  addresses,
  webirc,
}: {
  readonly addresses?: string;
  readonly webirc?: string;
}): readonly Problem[] => {
  const wrong =
    "Put a range such as 2001:db8:1:2::/64, with room for 256 IPv4 or 2^32 IPv6 addresses.";
  const range = addresses === undefined ? undefined : parseRange(addresses);
  return [
    ...problem(["addresses"], addresses === undefined || range !== undefined ? undefined : wrong),
    ...problem(
      ["webirc"],
      webirc !== undefined && addresses === undefined
        ? "Put addresses too: the server is told one of them for each person."
        : undefined,
    ),
  ];
};

/** One network under `networks:` with `type: irc`. */
export type IrcConfig = Shaped<typeof shape>;

export const configSchema = schema({ version: 1, shape });

const der = (says: string, secret: boolean) =>
  text({ says, secret, example: "MIIB", max: 16_000, pattern: /[A-Za-z0-9+/=]+/ });

const certificate = object(
  { cert: der("DER in base64.", false), key: der("PKCS #8, DER in base64.", true) },
  { says: "A client certificate that the services know (SASL EXTERNAL)." },
);

const account = object(
  {
    nick: text({ says: "The nick.", example: "alice", max: 64 }),
    sasl: optional(sasl),
    certificate: optional(certificate),
  },
  { says: "A person's own client.", check: ({ nick }) => problem(["nick"], wrongNick(nick)) },
);

/** What a login stores. */
export type IrcAccount = Shaped<typeof account>;

export const accountSchema = schema({ version: 1, shape: account });

/** The port that goes with `tls` where none is given. */
export const portOf = ({ port, tls }: IrcConfig): number => port ?? (tls ? 6697 : 6667);

/** `undefined`: no limit. */
export const floodOf = ({ flood }: IrcConfig): FloodLimit | undefined =>
  flood === "off" ? undefined : { lines: flood.lines, perMs: flood.per_seconds * 1000 };
