import type { IrcMessage } from "irc-framework";
import { Client as Library } from "irc-framework";
import type { Abilities } from "./abilities.ts";
import { abilitiesOf, wantedCaps } from "./abilities.ts";
import { capTalk } from "./cap-talk.ts";
import type { Line } from "./line.ts";
import { checkLast, checkMiddle, fromLibrary } from "./line.ts";

export interface Identity {
  readonly address: { readonly host: string; readonly port: number };
  readonly nick: string;
  readonly username: string;
  readonly realname: string;
  readonly password?: string;
  readonly sasl?: { readonly account: string; readonly password: string };
}

export interface RegistrationEvents {
  write(line: Line): void;
  /** SASL failed, with the library's word for why. */
  refused(reason: string): void;
}

/** irc-framework's part: capabilities, SASL, PASS/NICK/USER and ISUPPORT. It never has the socket. */
export interface Registration {
  /** A line of the server that concerns it. */
  feed(line: string, message: IrcMessage): void;
  readonly loggedIn: boolean;
  /** What the server has granted so far. */
  readonly abilities: Abilities;
  supports(name: string): unknown;
}

function checkIdentity({ nick, username, realname, password, sasl }: Identity): void {
  checkMiddle("the nick", nick);
  checkMiddle("the user name", username);
  checkLast("the real name", realname);
  checkLast("the server password", password ?? "");
  checkLast("the account", sasl?.account ?? "");
  checkLast("the account's password", sasl?.password ?? "");
}

/** Starts registering; throws if a value could not be sent as it is. */
export function register(identity: Identity, events: RegistrationEvents): Registration {
  checkIdentity(identity);
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
  let loggedIn = false;
  library.on("sasl failed", ({ reason }) => events.refused(reason));
  library.on("loggedin", () => (loggedIn = true));
  library.requestCap(wantedCaps);
  library.connect({
    ...identity.address,
    nick: identity.nick,
    username: identity.username,
    gecos: identity.realname,
    ...(identity.password === undefined ? {} : { password: identity.password }),
    account: identity.sasl ?? {},
    transport: Transport,
    auto_reconnect: false,
    ping_interval: 0,
    ping_timeout: 0,
    enable_echomessage: true,
    enable_chghost: true,
    enable_setname: true,
  });
  const has = (cap: string) => library.network.cap.enabled.includes(cap);
  const value = (cap: string) => library.network.cap.available.get(cap);
  const supports = (name: string): unknown =>
    Object.hasOwn(library.network.options, name) ? library.network.options[name] : undefined;
  return {
    feed: (line, message) => {
      if (message.command === "903") loggedIn = true;
      for (const one of caps.in(line, message)) listeners.get("line")?.(one);
    },
    get loggedIn() {
      return loggedIn;
    },
    get abilities() {
      return abilitiesOf({ has, value, supports });
    },
    supports,
  };
}
