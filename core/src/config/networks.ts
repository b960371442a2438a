import { bad, isPlain, isUnsafeKey, kindOf, shown, unknownKey } from "../adapter/shape-parts.ts";
import { nearest, networkId } from "../adapter/index.ts";
import type { Doc, Json, Parsed, Path, Problem, Shape } from "../adapter/index.ts";
import { networkShape } from "./box-shape.ts";
import { millis } from "./duration.ts";
import type { KnownAdapter, KnownAdapters, NetworkConfig } from "./types.ts";

const goodId = /^[a-z][a-z0-9-]{0,31}$/;
const commonDocs: readonly Doc[] = networkShape.doc.fields ?? [];
const commonKeys: readonly string[] = commonDocs.map((doc) => doc.key);

/** The type of a network is written out, or the key of its section says it. */
export const typeOf = (id: string, section: unknown): unknown =>
  isPlain(section) && Object.hasOwn(section, "type") ? section["type"] : id;

/** The adapters that a config asks for, and no other. */
export const loadAdapters = async (
  types: Iterable<unknown>,
  known: KnownAdapters,
): Promise<ReadonlyMap<string, KnownAdapter>> => {
  const loaded = new Map<string, KnownAdapter>();
  for (const type of new Set(types)) {
    if (typeof type !== "string" || !Object.hasOwn(known, type)) continue;
    const load = known[type];
    if (load) loaded.set(type, await load());
  }
  return loaded;
};

/** The docs of one network's section: the common keys, then the adapter's own. */
export const networkDocs = (adapter: KnownAdapter | undefined): readonly Doc[] => [
  ...commonDocs,
  ...(adapter ? ownDocs(adapter) : []),
];

/** The keys that only this type of network has. A common key is read by the box alone. */
export const ownDocs = (adapter: KnownAdapter): readonly Doc[] =>
  adapter.config.docs.filter((doc) => !commonKeys.includes(doc.key));

/** `networks:` as one shape. Each section is read by the common keys and by its adapter's schema. */
export const networksShape = (from: {
  readonly known: readonly string[];
  readonly loaded: ReadonlyMap<string, KnownAdapter>;
  /** The ids and types that are configured, for the docs. */
  readonly configured: ReadonlyMap<string, unknown>;
}): Shape<readonly NetworkConfig[]> => {
  const expects = "at least one network, as in config.sample.yaml";
  const fields = [...from.configured].map(([id, type]): Doc => {
    const adapter = typeof type === "string" ? from.loaded.get(type) : undefined;
    return { ...sectionDoc, key: id, fields: networkDocs(adapter) };
  });
  return {
    expects,
    doc: {
      ...sectionDoc,
      type: "record of object",
      says: "The networks that are bridged.",
      fields,
    },
    read: (value, path) => {
      if (value !== undefined && value !== null && !isPlain(value)) {
        return bad(path, `is ${kindOf(value)}. Put ${expects}.`);
      }
      const entries = Object.entries(value ?? {});
      if (entries.length === 0) return bad(path, `is empty. Put ${expects}.`);
      const problems: Problem[] = [];
      const networks: NetworkConfig[] = [];
      for (const [id, section] of entries) {
        const parsed = readNetwork({ id, section, path: [...path, id] }, from);
        if (parsed.ok) networks.push(parsed.value);
        else problems.push(...parsed.problems);
      }
      return problems.length > 0 ? { ok: false, problems } : { ok: true, value: networks };
    },
  };
};

const sectionDoc = {
  type: "object",
  says: "A network.",
  required: true,
  secret: false,
  example: null satisfies Json,
};

const readNetwork = (
  at: { readonly id: string; readonly section: unknown; readonly path: Path },
  from: { readonly known: readonly string[]; readonly loaded: ReadonlyMap<string, KnownAdapter> },
): Parsed<NetworkConfig> => {
  const { id, section, path } = at;
  if (isUnsafeKey(id)) return bad(path, "is a key that is never allowed. Remove it.");
  if (!goodId.test(id)) {
    return bad(path, "is not a good name. Put small letters, digits and -, a letter first.");
  }
  if (!isPlain(section)) return bad(path, `is ${kindOf(section)}. Put the keys of a network.`);
  const type = typeOf(id, section);
  const adapter = typeof type === "string" ? from.loaded.get(type) : undefined;
  if (typeof type !== "string" || adapter === undefined) {
    const what = Object.hasOwn(section, "type")
      ? `is ${shown(type)}`
      : `is missing, and the name ${shown(id)} is no type`;
    return bad([...path, "type"], `${what}. Put ${meantType(type, from.known)}.`);
  }
  const ownKeys = ownDocs(adapter).map((doc) => doc.key);
  const known = [...commonKeys, ...ownKeys];
  const entries = Object.entries(section);
  const strangers = entries
    .filter(([key]) => !known.includes(key))
    .map(([key]): Problem => ({ path: [...path, key], says: unknownKey(key, known) }));
  const common = networkShape.read({ ...pick(entries, commonKeys), type }, path);
  const own = adapter.config.parse(pick(entries, ownKeys));
  const problems = [
    ...strangers,
    ...(common.ok ? [] : common.problems),
    ...(own.ok ? [] : own.problems.map((it) => ({ ...it, path: [...path, ...it.path] }))),
  ];
  if (problems.length > 0 || !common.ok || !own.ok) return { ok: false, problems };
  const { value } = common;
  return {
    ok: true,
    value: {
      id: networkId(id),
      type,
      enabled: value.enabled,
      ghostName: value.displayname,
      ghostPrefix: value.ghosts ?? `${id}_`,
      aliasPrefix: value.aliases ?? `${id}_`,
      members: value.members,
      memberCap: value.member_cap,
      relay: value.relay,
      relayNote: value.relay_note,
      spaces: value.spaces,
      sync: {
        most: value.sync.chats,
        ...(value.sync.max_age !== undefined && { maxAge: millis(value.sync.max_age) }),
        ofBox: value.sync.box_accounts,
        filter: { only: value.sync.only, never: value.sync.never },
      },
      cleanup: value.cleanup_on_logout,
      ...(value.max_age !== undefined && { maxAge: millis(value.max_age) }),
      config: own.value,
      docs: adapter.config.docs,
    },
  };
};

const pick = (
  entries: readonly (readonly [string, unknown])[],
  keys: readonly string[],
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(entries.filter(([key]) => keys.includes(key)));

const meantType = (type: unknown, known: readonly string[]): string => {
  const all = `one of ${known.join(", ")}`;
  const meant = typeof type === "string" ? nearest(type, known) : undefined;
  return meant === undefined ? all : `${shown(meant)}, or another of ${known.join(", ")}`;
};
