import type { NetworkId } from "../adapter/index.ts";

/** What follows the bot's name or a network's: `!bridgebox id`, `!acme join #lobby`. */
export interface Called {
  readonly line: string;
  /** The network by whose name it was called. */
  readonly network: NetworkId | undefined;
}

const prefix = /^!([a-z][a-z0-9-]{0,31})(?:\s+|$)/;

/** What is said to the bot where others talk too: the words after its name, or after a network's. */
export const afterPrefix = (
  body: string,
  networks: ReadonlyMap<NetworkId, unknown>,
): Called | undefined => {
  const [all, name] = prefix.exec(body) ?? [];
  if (all === undefined) return undefined;
  const line = body.slice(all.length);
  if (name === "bridgebox") return { line, network: undefined };
  const network = [...networks.keys()].find((id) => id === name);
  return network && { line, network };
};
