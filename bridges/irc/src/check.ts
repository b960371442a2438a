import type { BridgeError, Finding } from "@bridgebox/core/adapter";
import { asBridgeError } from "@bridgebox/core/adapter";
import { Client } from "./api/client.ts";
import type { IrcConfig } from "./config.ts";
import { portOf } from "./config.ts";
import type { Ending } from "./errors.ts";
import { trusted } from "./network.ts";

const what = "server";
const registerMs = 25_000;

/**
 * Registers for a moment under a nick that nobody has, with the config's password and account: so what
 * is wrong with them shows, and the relay of a running box keeps its own nick.
 */
export const check = async (
  config: IrcConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const { server, sasl } = config;
  const where = `${server}:${portOf(config)}`;
  let registered = false;
  try {
    const ca = await trusted(config);
    const { error } = await visit(config, { ca, signal, registered: () => (registered = true) });
    if (registered) {
      const as = sasl === undefined ? "" : `, and the account ${sasl.account} is right`;
      return [{ what, state: "ok", says: `${where} takes the bridge${as}.` }];
    }
    return [failure(error)];
  } catch (error) {
    return [failure(asBridgeError(error))];
  }
};

const visit = (
  config: IrcConfig,
  to: {
    readonly ca: string | undefined;
    readonly signal: AbortSignal;
    readonly registered: () => void;
  },
): Promise<Ending> =>
  new Promise((resolve) => {
    const { server, tls, username, realname, password, sasl } = config;
    const { ca, signal } = to;
    const trust = { insecure: config.tls_insecure, ...(ca === undefined ? {} : { ca }) };
    const leave = (): void => client.quit("Only looking");
    const client = new Client(
      {
        address: { host: server, port: portOf(config), tls: tls ? trust : undefined },
        nick: passingNick(config.nick),
        whose: "config",
        username,
        realname,
        ...(password === undefined ? {} : { password }),
        ...(sasl === undefined ? {} : { sasl }),
        flood: undefined,
        silenceMs: registerMs,
        registerMs,
      },
      {
        message: ignore,
        batch: ignore,
        settled: ignore,
        odd: ignore,
        registered: () => {
          to.registered();
          leave();
        },
        closed: (ending) => {
          signal.removeEventListener("abort", leave);
          resolve(ending);
        },
      },
    );
    signal.addEventListener("abort", leave, { once: true });
    void client.open(signal);
  });

const ignore = (): void => undefined;

/** Nine characters are allowed everywhere (RFC 2812, 1.2.1). */
const passingNick = (nick: string): string =>
  nick.slice(0, 4) + String(1000 + Math.floor(Math.random() * 9000));

const failure = ({ code, message }: BridgeError): Finding => {
  const [says = message, ...advice] = message.split(/(?<=\.) (?=[A-Z])/);
  const trust = /certificate|self-signed|TLS|SSL/i.test(says);
  const fix =
    code === "network" && !trust
      ? "Check server, port and tls in the config, and whether this machine reaches the server."
      : advice.join(" ");
  return { what, state: "failed", says, fix };
};
