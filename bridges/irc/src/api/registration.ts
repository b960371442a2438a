import type { ClientOptions, IrcMessage } from "irc-framework";
import { Client as Library } from "irc-framework";
import type { SaslReason } from "../errors.ts";
import type { Abilities } from "./abilities.ts";
import { abilitiesOf, wantedCaps } from "./abilities.ts";
import { capTalk } from "./cap-talk.ts";
import type { Line } from "./line.ts";
import { checkLast, checkMiddle, command, fromLibrary } from "./line.ts";
import type { Credentials } from "./sasl.ts";
import { saslTalk } from "./sasl.ts";

export interface Identity {
  readonly address: { readonly host: string; readonly port: number };
  readonly nick: string;
  readonly username: string;
  readonly realname: string;
  readonly password?: string;
  readonly credentials?: Credentials;
  /** Who stands behind the connection, and the word with which the server believes it. */
  readonly webirc?: {
    readonly password: string;
    readonly address: string;
    readonly secure: boolean;
  };
  /** The password can be proved in another way where SASL has none for it. */
  readonly otherwise?: boolean;
}

export interface RegistrationEvents {
  write(line: Line): void;
  /** SASL failed. */
  refused(reason: SaslReason): void;
}

/**
 * irc-framework's part: capabilities, PASS/NICK/USER and ISUPPORT. It never has the socket, nor the
 * password of an account: whatever mechanism it is told to begin with, it would answer as PLAIN does.
 */
export interface Registration {
  /** A line of the server that concerns it. */
  feed(line: string, message: IrcMessage): void;
  readonly loggedIn: boolean;
  /** It was proved beside SASL. */
  known(): void;
  /** What the server has granted so far. */
  readonly abilities: Abilities;
  supports(name: string): unknown;
}

function checkIdentity({ nick, username, realname, password, credentials }: Identity): void {
  checkMiddle("the nick", nick);
  checkMiddle("the user name", username);
  checkLast("the real name", realname);
  checkLast("the server password", password ?? "");
  if (credentials?.by !== "password") return;
  checkLast("the account", credentials.account);
  checkLast("the account's password", credentials.password);
}

const grants = (line: string, cap: string): boolean =>
  /^(?:@\S+ )?(?::\S+ )?CAP \S+ ACK :?(.*)$/.exec(line)?.[1]?.split(" ").includes(cap) === true;

const without = (line: string, cap: string): string =>
  line
    .split(" ")
    .map((word) => (word === `:${cap}` ? ":" : word))
    .filter((word) => word !== cap)
    .join(" ");

/** Starts registering; throws if a value could not be sent as it is. */
export function register(identity: Identity, events: RegistrationEvents): Registration {
  checkIdentity(identity);
  if (identity.webirc !== undefined) events.write(command.webirc(identity.webirc));
  const listeners = new Map<string, (value?: unknown) => void>();
  const caps = capTalk();
  class Transport {
    on = (event: string, listener: (value?: unknown) => void) => listeners.set(event, listener);
    removeAllListeners = () => listeners.clear();
    connect = () => listeners.get("open")?.();
    writeLine = (line: string) => {
      for (const one of caps.out(line)) events.write(fromLibrary(one));
    };
    close = () => undefined;
    disposeSocket = () => undefined;
    setEncoding = () => true;
  }
  const library = new Library();
  const { otherwise = false } = identity;
  let loggedIn = false;
  const sasl = identity.credentials && saslTalk(identity.credentials, events);
  library.on("sasl failed", ({ reason }) => events.refused(reason));
  /** What nobody asked for proves nothing; whoever shows a certificate asks by that. */
  const confirmed = (command: string): boolean =>
    (/^90[03]$/.test(command) && sasl?.begun === true) ||
    (command === "900" && identity.credentials?.by === "certificate");
  library.requestCap(sasl === undefined ? wantedCaps : [...wantedCaps, "sasl"]);
  const options: ClientOptions = {
    ...identity.address,
    nick: identity.nick,
    username: identity.username,
    gecos: identity.realname,
    ...(identity.password === undefined ? {} : { password: identity.password }),
    account: {},
    transport: Transport,
    auto_reconnect: false,
    ping_interval: 0,
    ping_timeout: 0,
    enable_echomessage: true,
    enable_chghost: true,
    enable_setname: true,
  };
  library.connect(options);
  const has = (cap: string) => library.network.cap.enabled.includes(cap);
  const value = (cap: string) => library.network.cap.available.get(cap);
  const supports = (name: string): unknown =>
    Object.hasOwn(library.network.options, name) ? library.network.options[name] : undefined;
  return {
    feed: (line, message) => {
      const { command: verb, params } = message;
      if (sasl?.hear(verb, params[0] ?? "") === false) return;
      if (confirmed(verb)) loggedIn = true;
      for (const one of caps.in(line, message)) {
        // Services that come back offer it again: whoever is logged in has nothing to prove any more.
        if (sasl !== undefined && !loggedIn && grants(one, "sasl")) {
          const chosen = sasl.choose(value("sasl"));
          if ("refuse" in chosen && !(chosen.refuse === "unsupported_mechanism" && otherwise)) {
            return events.refused(chosen.refuse);
          }
          if ("refuse" in chosen) {
            listeners.get("line")?.("CAP * NAK :sasl");
            listeners.get("line")?.(without(one, "sasl"));
            continue;
          }
          options.sasl_mechanism = chosen.begin;
        }
        listeners.get("line")?.(one);
      }
    },
    get loggedIn() {
      return loggedIn;
    },
    known: () => (loggedIn = true),
    get abilities() {
      return abilitiesOf({ has, value, supports });
    },
    supports,
  };
}
