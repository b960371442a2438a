import { BridgeError, nearest, networkId } from "../adapter/index.ts";
import type { Engine, LiveNetwork } from "../engine/index.ts";

/** The network of that name; if there is only one, it need not be named. */
export const networkNamed = (engine: Engine, name: string | undefined): LiveNetwork => {
  const { networks } = engine.works.box;
  const [only, ...more] = networks.values();
  if (name === undefined && only && more.length === 0) return only;
  const found = name === undefined ? undefined : networks.get(networkId(name));
  if (found) return found;
  const close = name === undefined ? undefined : nearest(name, [...networks.keys()]);
  const known = [...networks.keys()].join(", ");
  throw new BridgeError(
    "not_found",
    name === undefined
      ? `Nothing was done: say which network, one of ${known}.`
      : `Nothing was done: there is no network ${name} here. ${close ? `Did you mean ${close}?` : `There ${more.length === 0 ? "is only" : "are"} ${known}.`}`,
    { reached: "no", scope: "item" },
  );
};
