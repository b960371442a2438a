import { isIP } from "node:net";
import { valueAt, withValue } from "../config/index.ts";
import type { ConfigTree } from "../config/index.ts";

/**
 * Where the box has to listen, so that the homeserver reaches it at the address that was named: at its
 * port, and at every address of the machine if it is not this machine's own. What was set stays.
 */
export const listenFor = (tree: ConfigTree): ConfigTree => {
  const address = valueAt(tree, ["appservice", "address"]);
  if (typeof address !== "string" || !URL.canParse(address)) return tree;
  const { protocol, hostname, port } = new URL(address);
  // A proxy is between the two, and leads where it leads.
  if (protocol !== "http:" || port === "") return tree;
  const at = ["appservice", "port"];
  const withPort = valueAt(tree, at) === undefined ? withValue(tree, at, Number(port)) : tree;
  const host = ["appservice", "hostname"];
  if (isThisMachine(hostname) || valueAt(withPort, host) !== undefined) return withPort;
  return withValue(withPort, host, "0.0.0.0");
};

const isThisMachine = (hostname: string): boolean => {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return hostname === "localhost" || (isIP(bare) !== 0 && /^127\.|^::1$/.test(bare));
};
