import { botToken } from "../stage/stage.ts";
import type { BenchNetwork, Sides } from "./lanes.ts";
import { chatNames, onIrc, onTelegram } from "./sides.ts";

/**
 * How a network stands beside a real homeserver.
 * @throws Error for a network that is measured on the sandbox homeserver only.
 */
export const onSynapse = (network: BenchNetwork): Sides => {
  if (network === "irc" || network === "telegram") return sides[network];
  throw new Error(`Nothing was measured: ${network} is measured without --synapse.`);
};

const sides: Readonly<Record<"irc" | "telegram", Sides>> = {
  irc: {
    network: "irc",
    chat: chatNames.irc,
    section: ({ irc }) => ({
      type: "irc",
      server: "127.0.0.1",
      port: irc.port,
      tls: false,
      nick: "bridgebox",
      flood: "off",
    }),
    side: onIrc,
  },
  telegram: {
    network: "telegram",
    chat: chatNames.telegram,
    section: ({ telegram: { port, publicKeyPem, dcId, apiId, apiHash } }) => ({
      type: "telegram",
      api_id: apiId,
      api_hash: apiHash,
      bots: [botToken],
      server: { host: "127.0.0.1", port, public_key: publicKeyPem, dc: dcId },
    }),
    side: (servers) => Promise.resolve(onTelegram(servers)),
  },
};
