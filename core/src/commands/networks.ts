import { BridgeError, nearest, networkId } from "../adapter/index.ts";
import type { Engine, LiveNetwork } from "../engine/index.ts";

/** What the name of a network is made of, as people may type it. */
const likeNetwork = /^[a-z][a-z0-9-]*$/i;

/** The network of that name; if there is only one, it need not be named. */
export const networkNamed = (engine: Engine, name: string | undefined): LiveNetwork => {
  const { networks } = engine.works.box;
  const [only, ...more] = networks.values();
  if (name === undefined && only && more.length === 0) return only;
  const found = name === undefined ? undefined : networks.get(networkId(name.toLowerCase()));
  if (found) return found;
  const close = name === undefined ? undefined : nearest(name, [...networks.keys()]);
  const known = [...networks.keys()].join(", ");
  throw new BridgeError(
    "not_found",
    name === undefined || !likeNetwork.test(name)
      ? `Nothing was done: say which network, one of ${known}${name === undefined ? "" : `, before ${name}`}.`
      : `Nothing was done: there is no network ${name} here. ${close ? `Did you mean ${close}?` : `There ${more.length === 0 ? "is only" : "are"} ${known}.`}`,
    { reached: "no", scope: "item" },
  );
};

/**
 * The network and what stands behind it, on a line that names a chat. Where there is only one it may be left out:
 * one word alone is the chat then, and so is what cannot be the name of a network.
 */
export const networkBefore = (
  engine: Engine,
  args: readonly string[],
): { readonly live: LiveNetwork; readonly rest: readonly string[] } => {
  const [first, ...rest] = args;
  const { networks } = engine.works.box;
  const isChat =
    first !== undefined &&
    networks.size === 1 &&
    !networks.has(networkId(first.toLowerCase())) &&
    (rest.length === 0 || !likeNetwork.test(first));
  return isChat
    ? { live: networkNamed(engine, undefined), rest: args }
    : { live: networkNamed(engine, first), rest };
};
