import type { IrcMessage } from "irc-framework";
import type { Ending, Proving } from "../errors.ts";
import { saslFailed } from "../errors.ts";
import { stripCodes } from "../format.ts";
import { servicesAway, servicesSilent } from "../services-errors.ts";
import type { Services } from "../services.ts";
import { identifyText, nickOfServices, regainText, verdictOf } from "../services.ts";
import type { Line } from "./line.ts";
import { command } from "./line.ts";
import type { Credentials } from "./sasl.ts";
import type { Self } from "./self.ts";

export interface Arriving {
  /** The nick that is wanted. */
  readonly nick: string;
  readonly services: Services | undefined;
  readonly credentials: Credentials | undefined;
  readonly proving: Proving;
  readonly self: Self;
  /** It is logged in to its account, by SASL or by what `known` told. */
  loggedIn(): boolean;
  /** The nick is asked back where something else holds it. */
  regains(): boolean;
  /** The services say that it is. */
  known(): void;
  write(line: Line): void;
  readonly failed: (ending: Ending) => void;
  done(): void;
}

/** What is settled with the services between the welcome and the first channel. */
export interface Arrival {
  /** The server has welcomed us: done, or what has to be done first. */
  begin(): void;
  /** A line, once it is known whom it concerns. */
  hear(message: IrcMessage): void;
  /** It is between us and the services, so nobody else is to hear it: a password may be in it. */
  takes(message: IrcMessage): boolean;
  /** The connection is gone. */
  end(): void;
}

type Password = Extract<Credentials, { by: "password" }>;

/** Those who may be told the password where there is no SASL for it: the services, and nobody between. */
export const entrusted = (
  services: Services | undefined,
  credentials: Credentials | undefined,
): { readonly services: Services; readonly credentials: Password } | undefined =>
  services !== undefined && credentials?.by === "password" && credentials.sealed
    ? { services, credentials }
    : undefined;

const same = (one: string | undefined, other: string): boolean =>
  one?.toLowerCase() === other.toLowerCase();

/** No such nick or server, and the services are down (UnrealIRCd). */
const absent: ReadonlySet<string> = new Set(["401", "402", "406", "440"]);

export function arrival(arriving: Arriving): Arrival {
  const { nick, services, credentials, proving, self, failed } = arriving;
  const trust = entrusted(services, credentials);
  const secret = trust && identifyText(trust.services, trust.credentials);
  let step: "none" | "identifying" | "regaining" | "there" = "none";
  let timer: NodeJS.Timeout | undefined;
  let said: string | undefined;
  let isAnswered = true;

  const tell = ({ address, answerMs }: Services, text: string, late: () => void): void => {
    arriving.write(command.privmsg(address, text));
    timer = setTimeout(late, answerMs);
  };
  const there = (): void => {
    clearTimeout(timer);
    step = "there";
    arriving.done();
  };
  const regain = (): void => {
    clearTimeout(timer);
    const isWanting = arriving.loggedIn() && !same(self.nick, nick) && arriving.regains();
    if (services === undefined || !isWanting) return there();
    step = "regaining";
    return tell(services, regainText(services, nick), there);
  };
  const giveUp = (ending: Ending): void => {
    clearTimeout(timer);
    step = "none";
    failed(ending);
  };
  const identify = (): void => {
    if (trust === undefined || secret === undefined) {
      const isOpen = services !== undefined && credentials?.by === "password";
      return giveUp(saslFailed(isOpen ? "services_unsealed" : "capability_missing", proving));
    }
    if (/\s/.test(`${trust.credentials.account}${trust.credentials.password}`)) {
      return giveUp(saslFailed("spaced", proving));
    }
    step = "identifying";
    isAnswered = false;
    const { address } = trust.services;
    const hidden = (text: string) => text.replaceAll(trust.credentials.password, "…").slice(0, 200);
    return tell(trust.services, secret, () =>
      giveUp(servicesSilent(address, said && hidden(said), proving.whose)),
    );
  };
  const known = (): void => {
    arriving.known();
    regain();
  };
  const isOurs = (name: string | undefined): boolean => same(name, self.nick);
  const bySpokesman = ({ command: verb, nick: from }: IrcMessage): boolean =>
    verb === "NOTICE" && services !== undefined && same(from, nickOfServices(services));

  const identified = (message: IrcMessage): void => {
    const { command: verb, params, nick: from } = message;
    const [first, second = ""] = params;
    if (verb === "900") return known();
    if (verb === "MODE" && isOurs(first) && /\+[^-]*r/.test(second)) return known();
    if (verb === "ACCOUNT" && isOurs(from) && first !== "*") return known();
    if (trust === undefined || !bySpokesman(message)) return undefined;
    said = stripCodes(params.at(-1) ?? "");
    const verdict = verdictOf(said, trust.credentials.account);
    if (verdict === "wrong") return giveUp(saslFailed("fail", proving));
    if (verdict === undefined) return undefined;
    isAnswered = true;
    return known();
  };
  /** Still taken after they spoke: unless that was about something else, it stays so. */
  const regained = (message: IrcMessage): void => {
    if (isOurs(nick)) return there();
    if (bySpokesman(message)) arriving.write(command.nick(nick));
    if (message.command === "433" && services !== undefined) {
      clearTimeout(timer);
      timer = setTimeout(there, services.answerMs / 5);
    }
    return undefined;
  };
  const isAway = ({ command: verb, params }: IrcMessage): boolean =>
    absent.has(verb) &&
    services !== undefined &&
    (same(params[1], services.address) || same(params[1], nickOfServices(services)));

  return {
    begin: () => {
      const isUnknown = credentials !== undefined && !arriving.loggedIn();
      return isUnknown ? identify() : regain();
    },
    hear: (message) => {
      if (step !== "identifying" && step !== "regaining") return undefined;
      if (!isAway(message)) return step === "identifying" ? identified(message) : regained(message);
      if (step === "regaining" || services === undefined) return there();
      const why = message.params.at(-1) ?? "";
      return giveUp(servicesAway(services.address, why, proving.whose));
    },
    takes: (message) => {
      const { command: verb, params } = message;
      if (verb === "PRIVMSG" && secret !== undefined && params.at(-1) === secret) return true;
      if (!bySpokesman(message)) return false;
      if (step === "identifying" || step === "regaining") return true;
      if (isAnswered || trust === undefined) return false;
      isAnswered =
        verdictOf(stripCodes(params.at(-1) ?? ""), trust.credentials.account) === "right";
      return isAnswered;
    },
    end: () => clearTimeout(timer),
  };
}
