import { readFileSync, statSync } from "node:fs";
import { loadConfig, readYaml, valueAt } from "../config/index.ts";
import type { BoxConfig, ConfigSource } from "../config/index.ts";
import { lookAtKey } from "./box-key.ts";
import { openAsking } from "./ask.ts";
import type { Context } from "./context.ts";
import { lookAtDisk } from "./disk.ts";
import { lookAtPuppets } from "./double-puppet.ts";
import { allSkipped, failed, ok, skipped, warning } from "./finding.ts";
import type { Checked } from "./finding.ts";
import { lookAtHomeserverConfig } from "./homeserver-config.ts";
import { lookAtHomeserver, lookAtMedia, lookAtToken, unreached } from "./homeserver.ts";
import { lookAtNetworks } from "./networks.ts";
import type { CheckedAdapter } from "./networks.ts";
import { lookAtOtherHomeservers } from "./other-homeservers.ts";
import { openDoor } from "./port.ts";
import { lookAtPing, lookAtPublicAddress } from "./reach.ts";
import { lookAtRegistration } from "./registration.ts";

export interface DiagnoseOptions {
  readonly source: ConfigSource & {
    readonly path: string;
    readonly adapters: Readonly<Record<string, () => Promise<CheckedAdapter>>>;
  };
  /** Instead of the one that the config names. */
  readonly registration?: string | undefined;
  /** The homeserver's own config. */
  readonly homeserverConfig?: string | undefined;
  readonly signal: AbortSignal;
  /** Called with each line as soon as it is known. */
  readonly tell: (checked: Checked) => void;
}

/**
 * Looks at everything that has to be right for a message to pass, in the order in which one rests on
 * the other. Changes nothing and needs no running box. Returns whether nothing failed; once the signal
 * is aborted nothing more is told.
 */
export const diagnose = async (options: DiagnoseOptions): Promise<boolean> => {
  const { source, signal } = options;
  let good = true;
  const tell = (...all: readonly Checked[]): void => {
    for (const checked of signal.aborted ? [] : all) {
      good &&= checked.state !== "failed";
      options.tell(checked);
    }
  };
  const loaded = await loadConfig(source);
  if (!loaded.ok) {
    for (const problem of loaded.problems) tell(misread(problem));
    tell(skipped("everything else", "It rests on the config."));
    return good;
  }
  const { config } = loaded;
  const bridged = config.networks.filter(({ enabled }) => enabled).length;
  tell(
    ok(
      "config",
      `${source.path} is good: ${bridged} network${bridged === 1 ? "" : "s"} to bridge.`,
    ),
    ...openFile(source.path, config),
  );
  const path = options.registration ?? config.registration;
  const { registration, checks } = lookAtRegistration(config, source.path, path);
  tell(...checks, lookAtDisk(config), await lookAtKey(config, source.path));
  if (registration === undefined)
    tell(
      ...allSkipped(
        ["homeserver", "as_token", "port", "ping", "media", "public address", "double puppet"],
        "It rests on the registration.",
      ),
    );
  else {
    const file = options.homeserverConfig;
    tell(lookAtHomeserverConfig({ file, path, registration }));
    const asking = openAsking(signal);
    try {
      const context = { config, file: source.path, path, registration, asking, signal };
      const up = await lookOutside(context, tell);
      tell(...(await lookAtPuppets(context, { up, homeserverConfig: file })));
      tell(...(await lookAtOtherHomeservers(context)));
    } finally {
      await asking.close();
    }
  }
  const types = new Set(config.networks.map(({ type }) => type));
  const adapters = new Map<string, CheckedAdapter>();
  for (const [type, load] of Object.entries(source.adapters))
    if (types.has(type)) adapters.set(type, await load());
  tell(...(await lookAtNetworks(config.networks, adapters, signal)));
  return good;
};

/** What the homeserver and the outside say, with somebody at the box's door. Whether the homeserver answers. */
const lookOutside = async (
  context: Context,
  tell: (...all: readonly Checked[]) => void,
): Promise<boolean> => {
  const { up, claims, checks } = await lookAtHomeserver(context);
  tell(...checks);
  const token = up ? await lookAtToken(context) : skipped("as_token", unreached);
  const known = token.state === "ok";
  const because = up ? "The homeserver does not take the as_token." : unreached;
  tell(token, known ? await lookAtMedia(context, claims.media) : skipped("media", because));
  const door = await openDoor(context);
  try {
    tell(door.check);
    tell(known ? await lookAtPing(context, door, claims.ping) : skipped("ping", because));
    tell(await lookAtPublicAddress(context, door));
  } finally {
    await door.close();
  }
  return up;
};

/** A line of the loader: where, what is wrong; the last sentence says what to do. */
const misread = (problem: string): Checked => {
  const parts = problem.split(/(?<=\.) (?=[A-Z])/);
  const fix = parts.length > 1 ? (parts.at(-1) ?? "") : "Look at this line of the config.";
  const says = parts.length > 1 ? parts.slice(0, -1).join(" ") : problem;
  return failed("config", says.replace(/ {2}/, ": "), fix);
};

/** A config with a secret in it is nobody else's to read. */
const openFile = (path: string, config: BoxConfig): readonly Checked[] => {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) === 0 || !holdsSecrets(path, config)) return [];
  const who = (mode & 0o007) === 0 ? "A group" : "Everybody on this machine";
  return [
    warning(
      "config mode",
      `${who} can read ${path}, and it may hold secrets.`,
      `Run \`chmod 600 ${path}\`, or give the secrets by the environment.`,
    ),
  ];
};

/** The file itself: what comes by the environment is not in it. */
const holdsSecrets = (path: string, { networks }: BoxConfig): boolean => {
  const read = readYaml(readFileSync(path, "utf8"));
  const value = read.ok ? read.value : undefined;
  const tree = typeof value === "object" && value !== null ? { ...value } : {};
  return (
    valueAt(tree, ["appservice", "admin_token"]) !== undefined ||
    valueAt(tree, ["database", "uri"]) !== undefined ||
    networks.some(({ id, docs }) => hasSecret(valueAt(tree, ["networks", id]), docs))
  );
};

const hasSecret = (value: unknown, docs: BoxConfig["networks"][number]["docs"]): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(value).some(([key, item]) => {
    const doc = docs.find((it) => it.key === key);
    if (doc?.secret === true) return Array.isArray(item) ? item.length > 0 : true;
    return doc?.fields !== undefined && hasSecret(item, doc.fields);
  });
