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
  if (valueAt(withPort, host) !== undefined) return withPort;
  const listened = listenedAt(hostname);
  return listened === undefined ? withPort : withValue(withPort, host, listened);
};

/** Nothing where the default (127.0.0.1) is right. */
const listenedAt = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[|\]$/g, "");
  if (bare === "localhost" || bare === "127.0.0.1") return undefined;
  return isIP(bare) !== 0 && /^127\.|^::1$/.test(bare) ? bare : "0.0.0.0";
};
