import { isDeepStrictEqual } from "node:util";
import { isPlain } from "../adapter/shape-parts.ts";
import type { BoxConfig, NetworkConfig } from "./types.ts";

export interface Reloaded {
  /** The config that holds from now on. */
  readonly config: BoxConfig;
  /** Keys whose change is taken, dotted. */
  readonly taken: readonly string[];
  /** Keys whose change a restart takes, dotted. */
  readonly left: readonly string[];
}

/** What a running box can change: it is looked up whenever it is needed, and nothing was built from it. */
const live = {
  box: ["permissions"],
  doublePuppet: ["servers", "discovery", "chats", "follow"],
  status: ["receipts", "events", "logins"],
  logging: ["level"],
  limits: ["media", "queue", "roster", "logins"],
  network: ["relay", "relayNote", "cleanup", "maxAge"],
} as const;

/** What of a config that was read anew a running box takes, and what of it has to wait for a restart. */
export const reloaded = (running: BoxConfig, fresh: BoxConfig): Reloaded => {
  const config: BoxConfig = {
    ...running,
    ...pick(fresh, live.box),
    doublePuppet: { ...running.doublePuppet, ...pick(fresh.doublePuppet, live.doublePuppet) },
    status: { ...running.status, ...pick(fresh.status, live.status) },
    logging: { ...running.logging, ...pick(fresh.logging, live.logging) },
    limits: { ...running.limits, ...pick(fresh.limits, live.limits) },
    networks: running.networks.map((network) => withFresh(network, fresh.networks)),
  };
  return { config, taken: changed(running, config), left: changed(config, fresh) };
};

const withFresh = (running: NetworkConfig, all: readonly NetworkConfig[]): NetworkConfig => {
  const fresh = all.find(({ id }) => id === running.id);
  if (fresh === undefined) return running;
  const { maxAge: _before, ...rest } = running;
  return { ...rest, ...pick(fresh, live.network) };
};

const pick = <T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> => {
  const picked: Partial<T> = {};
  for (const key of keys) if (Object.hasOwn(from, key)) picked[key] = from[key];
  return picked as Pick<T, K>;
};

/** The names of what differs, never its values: some are secret. */
const changed = (before: BoxConfig, after: BoxConfig): readonly string[] => {
  const { networks: networksBefore, ...boxBefore } = before;
  const { networks: networksAfter, ...boxAfter } = after;
  const ids = new Set([...networksBefore, ...networksAfter].map(({ id }) => id));
  const ofNetworks = [...ids].flatMap((id) => {
    const [one, other] = [networksBefore, networksAfter].map((all) =>
      all.find((network) => network.id === id),
    );
    return one && other ? differing(one, other, `networks.${id}`) : [`networks.${id}`];
  });
  return [...differing(boxBefore, boxAfter, ""), ...ofNetworks];
};

/** By the names that the file has; what an adapter made of its own keys counts as the network's. */
const differing = (one: object, other: object, prefix: string): readonly string[] => {
  const before = new Map<string, unknown>(Object.entries(one));
  const after = new Map<string, unknown>(Object.entries(other));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [a, b] = [before.get(key), after.get(key)];
    if (isDeepStrictEqual(a, b)) return [];
    const inNetwork = prefix !== "";
    if (inNetwork && key === "config") return [prefix];
    const path = inNetwork ? `${prefix}.${nameOf(key)}` : nameOf(key);
    return !inNetwork && sections.has(key) && isPlain(a) && isPlain(b)
      ? differing(a, b, path)
      : [path];
  });
};

/** Those whose keys are told one by one. */
const sections: ReadonlySet<string> = new Set([
  "homeserver",
  "appservice",
  "doublePuppet",
  "database",
  "status",
  "logging",
  "limits",
]);

const nameOf = (key: string): string => key.replaceAll(/[A-Z]/g, (it) => `_${it.toLowerCase()}`);
