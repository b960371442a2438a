import type { BridgeError, Finding } from "@bridgebox/core/adapter";
import { asBridgeError } from "@bridgebox/core/adapter";
import type { IrcConfig } from "./config.ts";
import { portOf } from "./config.ts";
import { clientOptions } from "./identity.ts";
import { shownBy, trusted } from "./network.ts";
import { visit } from "./visit.ts";

const what = "server";

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
  try {
    const [ca, certificate] = [await trusted(config), await shownBy(config)];
    const relay = { account: { nick: config.nick }, role: "relay" } as const;
    const refused = await visit(clientOptions({ config, ca, certificate }, relay), signal);
    if (refused !== undefined) return [failure(refused.error)];
    const account = sasl === undefined ? "" : `, and the account ${sasl.account} is right`;
    const as = certificate === undefined ? account : ", and an account there has its certificate";
    return [{ what, state: "ok", says: `${where} takes the bridge${as}.` }];
  } catch (error) {
    return [failure(asBridgeError(error))];
  }
};

const failure = ({ code, message }: BridgeError): Finding => {
  const [says = message, ...advice] = message.split(/(?<=\.) (?=[A-Z])/);
  const trust = /certificate|self-signed|TLS|SSL/i.test(says);
  const fix =
    code === "network" && !trust
      ? "Check server, port and tls in the config, and whether this machine reaches the server."
      : advice.join(" ");
  return { what, state: "failed", says, fix };
};
