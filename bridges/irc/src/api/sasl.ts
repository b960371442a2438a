import type { SaslReason } from "../errors.ts";
import type { Line } from "./line.ts";
import { command } from "./line.ts";
import type { Answer, Mechanism } from "./mechanism.ts";
import { saslPrepared } from "./saslprep.ts";
import { scram } from "./scram.ts";

/** How a client proves its account. */
export type Credentials =
  | {
      readonly by: "password";
      readonly account: string;
      readonly password: string;
      /** Nobody else hears what is said to the server, so the password itself may be. */
      readonly sealed: boolean;
    }
  /** TLS shows it; services know it by its fingerprint. */
  | { readonly by: "certificate" };

export interface SaslEvents {
  write(line: Line): void;
  refused(reason: SaslReason): void;
}

/** Our side of AUTHENTICATE (IRCv3 sasl-3.2). irc-framework has no part in it but to begin it. */
export interface Sasl {
  /** The mechanism to begin with, of those that the server has named, or why there is none. */
  choose(offered: string | undefined): { readonly begin: string } | { readonly refuse: SaslReason };
  /** A mechanism has begun in which the server has nothing left to prove. */
  readonly begun: boolean;
  /** A line that concerns it; true if the library is to have it as well. */
  hear(verb: string, param: string): boolean;
}

/** Bytes of base64 in one AUTHENTICATE; as many mean that more follows. */
const piece = 400;
const longest = 8_000;

/** RFC 4616 */
const plain = (account: string, password: string): Mechanism => ({
  name: "PLAIN",
  settled: true,
  answer: () => ({ say: Buffer.from([account, account, password].join("\0")) }),
});

/** RFC 4422, appendix A: the account is the one that the certificate belongs to. */
const external: Mechanism = {
  name: "EXTERNAL",
  settled: true,
  answer: () => ({ say: Buffer.alloc(0) }),
};

/** In the order of worth. */
function mechanismsFor(credentials: Credentials): readonly Mechanism[] {
  if (credentials.by === "certificate") return [external];
  const { account, password, sealed } = credentials;
  const [name, word] = [saslPrepared(account), saslPrepared(password)];
  return [
    ...(name === undefined || word === undefined ? [] : [scram(name, word)]),
    ...(sealed ? [plain(account, password)] : []),
  ];
}

/** Mechanisms that the server has named; nothing where it names none (before CAP 302). */
const named = (offered: string | undefined): readonly string[] | undefined =>
  offered === undefined || offered === "" ? undefined : offered.toUpperCase().split(",");

function* pieces(say: Uint8Array): Generator<Line> {
  const whole = Buffer.from(say).toString("base64");
  for (let at = 0; at < whole.length; at += piece) {
    yield command.authenticate(whole.slice(at, at + piece));
  }
  if (whole.length % piece === 0) yield command.authenticate("+");
}

export function saslTalk(credentials: Credentials, events: SaslEvents): Sasl {
  const ours = mechanismsFor(credentials);
  let theirs: readonly string[] | undefined;
  let current: Mechanism | undefined;
  let heard = "";

  const challenged = (param: string): void => {
    heard += param === "+" ? "" : param;
    if (param.length === piece && heard.length <= longest) return;
    const challenge = Buffer.from(heard, "base64");
    const whole = heard.length <= longest && /^[A-Za-z0-9+/]*={0,2}$/.test(heard);
    heard = "";
    if (current === undefined || !whole) return events.refused("unintelligible");
    const asked = current;
    const settle = (answer: Answer): void => {
      if (current !== asked) return undefined;
      if ("refuse" in answer) return events.refused(answer.refuse);
      for (const line of pieces(answer.say)) events.write(line);
      return undefined;
    };
    void Promise.resolve(asked.answer(challenge)).then(settle, () =>
      events.refused("unintelligible"),
    );
  };

  /** An account may have no credentials of that form; one that was proved wrong fails again. */
  const otherWay = (): boolean => {
    const next = current && ours[ours.indexOf(current) + 1];
    if (next === undefined || theirs?.includes(next.name) !== true) return false;
    current = next;
    heard = "";
    events.write(command.authenticate(next.name));
    return true;
  };

  return {
    choose: (offered) => {
      theirs = named(offered);
      current = ours.find(({ name }) => theirs?.includes(name) ?? name === ours.at(-1)?.name);
      if (current !== undefined) return { begin: current.name };
      const open = theirs === undefined || theirs.includes("PLAIN");
      const unsealed = credentials.by === "password" && !credentials.sealed && open;
      return { refuse: unsealed ? "unsealed" : "unsupported_mechanism" };
    },
    get begun() {
      return current?.settled === true;
    },
    hear: (verb, param) => {
      if (verb === "AUTHENTICATE") challenged(param);
      else if ((verb === "900" || verb === "903") && current?.settled === false) {
        events.refused("unproven");
      } else if (verb === "906" && current !== undefined) events.refused("aborted");
      else return verb !== "904" || !otherWay();
      return false;
    },
  };
}
