import { Client as Library } from "irc-framework";
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
  feed(line: string): void;
  readonly loggedIn: boolean;
  /** Labelled echoes are on: every message comes back with our own label. */
  readonly labels: boolean;
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
  class Transport {
    on = (event: string, listener: (value?: unknown) => void) => listeners.set(event, listener);
    removeAllListeners = () => listeners.clear();
    connect = () => listeners.get("open")?.();
    writeLine = (line: string) => events.write(fromLibrary(line));
    close = () => undefined;
    disposeSocket = () => undefined;
    setEncoding = () => true;
  }
  const library = new Library();
  let loggedIn = false;
  library.on("sasl failed", ({ reason }) => events.refused(reason));
  library.on("loggedin", () => (loggedIn = true));
  library.requestCap(["labeled-response"]);
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
  });
  const has = (cap: string) => library.network.cap.enabled.includes(cap);
  return {
    feed: (line) => {
      if (/^(?:@\S+ +)?(?::\S+ +)?903(?: |$)/.test(line)) loggedIn = true;
      listeners.get("line")?.(line);
    },
    get loggedIn() {
      return loggedIn;
    },
    get labels() {
      return has("labeled-response") && has("echo-message") && has("batch");
    },
    supports: (name) => library.network.options[name],
  };
}
