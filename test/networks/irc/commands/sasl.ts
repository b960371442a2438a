import { TLSSocket } from "node:tls";
import type { Connection } from "../connection.ts";
import type { SaslMechanism } from "../settings.ts";
import type { Command, World } from "./command.ts";
import type { SaslStep, SaslTalk } from "../sasl-talk.ts";
import { scram } from "./scram.ts";

/** RFC 4616 */
const plain =
  (world: World) =>
  (answer: string): SaslStep => {
    const parts = answer.split("\0");
    const [identity = "", account = "", password = ""] = parts;
    const right = world.settings.accounts.get(account);
    const allowed = parts.length === 3 && (identity === "" || identity === account);
    return allowed && right !== undefined && right === password ? { account } : "refused";
  };

/** RFC 4422, appendix A: who the client is was proved by TLS, with the key of its certificate. */
const external =
  (world: World, me: Connection) =>
  (answer: string): SaslStep => {
    const print = fingerprintOf(me);
    const account = print === undefined ? undefined : world.settings.certificates.get(print);
    const allowed = account !== undefined && (answer === "" || answer === account);
    return allowed ? { account } : "refused";
  };

/** SHA-256 of the certificate that the client has shown, in hexadecimal. */
const fingerprintOf = ({ socket }: Connection): string | undefined =>
  socket instanceof TLSSocket
    ? socket.getPeerX509Certificate()?.fingerprint256.replaceAll(":", "").toLowerCase()
    : undefined;

const mechanisms: Readonly<
  Record<SaslMechanism, (world: World, me: Connection) => SaslTalk["next"]>
> = { PLAIN: plain, EXTERNAL: external, "SCRAM-SHA-256": ({ settings }) => scram(settings) };

function refuse(me: Connection): void {
  me.sasl = undefined;
  me.numeric("904", "", "SASL authentication failed");
}

function begin(world: World, me: Connection, name: string): void {
  const found = world.settings.mechanisms.find((known) => known === name.toUpperCase());
  if (found === undefined) {
    me.numeric("908", world.settings.mechanisms.join(","), "are available SASL mechanisms");
    return refuse(me);
  }
  me.sasl = { heard: "", next: mechanisms[found](world, me) };
  return me.send({ source: world.settings.name, rest: "AUTHENTICATE +" });
}

function goOn(world: World, me: Connection, step: SaslStep): void {
  if (step === "refused") return refuse(me);
  if ("say" in step) {
    me.sasl = { heard: "", next: step.next };
    const whole = Buffer.from(step.say, "latin1").toString("base64");
    return me.send({ source: world.settings.name, rest: `AUTHENTICATE ${whole || "+"}` });
  }
  me.sasl = undefined;
  me.account = step.account;
  const mask = `${me.nick || "*"}!${me.user || "*"}@${me.host}`;
  me.numeric("900", `${mask} ${step.account}`, `You are now logged in as ${step.account}`);
  return me.numeric("903", "", "SASL authentication successful");
}

/** IRCv3 sasl-3.1: a mechanism by name, then its answers in pieces of 400 bytes of base64. */
export const authenticate: Command = {
  min: 1,
  max: 1,
  early: true,
  run(world, me, { params: [piece = ""] }) {
    if (!me.caps.has("sasl")) return me.numeric("904", "", "SASL authentication failed");
    if (me.account !== undefined) return me.numeric("907", "", "You have already authenticated");
    if (piece === "*") {
      me.sasl = undefined;
      return me.numeric("906", "", "SASL authentication aborted");
    }
    if (me.sasl === undefined) return begin(world, me, piece);
    const { next } = me.sasl;
    const heard = me.sasl.heard + (piece === "+" ? "" : piece);
    if (piece.length > 400 || heard.length > 8_000) {
      me.sasl = undefined;
      if (piece.length > 400) world.violation(me, "AUTHENTICATE piece over 400 bytes");
      return me.numeric("905", "", "SASL message too long");
    }
    if (piece.length === 400) {
      me.sasl = { heard, next };
      return undefined;
    }
    return goOn(world, me, next(Buffer.from(heard, "base64").toString("latin1")));
  },
};
