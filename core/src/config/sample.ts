import { dump } from "js-yaml";

import type { Doc, Json } from "../adapter/index.ts";
import { isPlain } from "../adapter/shape-parts.ts";
import { boxShape } from "./box-shape.ts";
import { networkDocs, ownDocs } from "./networks.ts";
import type { KnownAdapter } from "./types.ts";
import { wrapped } from "./wrap.ts";

/**
 * `config.sample.yaml`: every key with its explanation. What must be filled in stands free; what
 * has a default is commented out and shows it. The first adapter's network stands free, the others
 * are commented out as a whole.
 */
export const sampleConfig = (adapters: readonly KnownAdapter[]): string => {
  const id = adapters[0]?.id ?? "network";
  const all = (boxShape.doc.fields ?? []).map((doc) => named(doc, id));
  const homeserver = all.filter((doc) => doc.key === "homeserver");
  const rest = all.filter((doc) => doc.key !== "homeserver");
  const blocks = [
    head,
    ...homeserver.map((doc) => section(doc, 0)),
    networks(adapters),
    ...rest.map((doc) => section(doc, 0)),
  ];
  return joined(blocks);
};

/** A tree of values as a config has them; `networks` by name, each with its `type`. */
export type ConfigTree = Readonly<Record<string, unknown>>;

/**
 * The sample with values in it: what has one stands free, everything else is commented out with its
 * explanation. A key that nobody knows is written too, so that the loader can complain of it.
 */
export const filledConfig = (adapters: readonly KnownAdapter[], values: ConfigTree): string => {
  const chosen = isPlain(values["networks"]) ? Object.entries(values["networks"]) : [];
  const id = chosen[0]?.[0] ?? "network";
  const all = (boxShape.doc.fields ?? []).map((doc) => named(doc, id));
  const homeserver = all.filter((doc) => doc.key === "homeserver");
  const rest = all.filter((doc) => doc.key !== "homeserver");
  const known = ["networks", ...all.map((doc) => doc.key)];
  const of = (doc: Doc) => section(doc, 0, values[doc.key] ?? {});
  return joined([
    filledHead,
    ...homeserver.map(of),
    chosenNetworks(adapters, chosen),
    ...rest.map(of),
    ...Object.entries(values).flatMap(([key, value]) =>
      known.includes(key) ? [] : [written(key, value)],
    ),
  ]);
};

const joined = (blocks: readonly (readonly string[])[]): string =>
  `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;

const filledHead: readonly string[] = [
  "# The config of bridgebox. What is commented out has a default, or is not needed. Any key can be set",
  "# by the environment instead: BRIDGEBOX_HOMESERVER__ADDRESS=…, and with _FILE at the end from a file.",
  "# `npm start -- -c config.yaml --check` says everything that is wrong.",
];

/** The networks that were chosen, then the others as the sample has them. */
const chosenNetworks = (
  adapters: readonly KnownAdapter[],
  chosen: readonly (readonly [string, unknown])[],
): readonly string[] => {
  const sections = chosen.flatMap(([id, section], index) => {
    const values = isPlain(section) ? section : {};
    const adapter = adapters.find((it) => it.id === values["type"]);
    return [
      ...(index === 0 ? [] : [""]),
      `  # ${adapter?.name ?? id}`,
      `  ${id}:`,
      ...networkSection(adapter, { id, values, told: index === 0 }),
    ];
  });
  const types = chosen.map(([, section]) => (isPlain(section) ? section["type"] : undefined));
  const others = adapters.filter((it) => !types.includes(it.id));
  return [...networksHead, ...sections, ...others.flatMap(commentedOut)];
};

/** `told`: with all the keys that every network has, else with those only that have a value. */
const networkSection = (
  adapter: KnownAdapter | undefined,
  {
    id,
    values,
    told,
  }: { readonly id: string; readonly values: ConfigTree; readonly told: boolean },
): readonly string[] => {
  const shared = networkDocs(undefined).filter((doc) => doc.key !== "type");
  const docs = adapter ? ownDocs(adapter) : [];
  const known = ["type", ...[...shared, ...docs].map((doc) => doc.key)];
  return [
    ...(values["type"] === undefined ? [] : written("type", values["type"], 4)),
    ...docs.flatMap((doc) => section(doc, 4, values[doc.key] ?? {})),
    ...Object.entries(values).flatMap(([key, value]) =>
      known.includes(key) ? [] : written(key, value, 4),
    ),
    ...(told ? commonHead : []),
    ...shared
      .filter((doc) => told || values[doc.key] !== undefined)
      .flatMap((doc) => section(named(doc, id), 4, values[doc.key] ?? {})),
  ];
};

const written = (key: string, value: unknown, indent = 0): readonly string[] =>
  dump({ [key]: value }, { lineWidth: -1, quotingType: '"', indent: 2 })
    .trimEnd()
    .split("\n")
    .map((line) => `${" ".repeat(indent)}${line}`);

const head: readonly string[] = [
  "# The config of bridgebox. Copy it to config.yaml and fill in what is not commented out.",
  "# Any key can be set by the environment instead: BRIDGEBOX_HOMESERVER__ADDRESS=…, and with _FILE",
  "# at the end from a file. `npm start -- -c config.yaml --check` says everything that is wrong.",
];

const networksHead: readonly string[] = [
  "# The networks that are bridged: a name of your choice, then its keys. The name is also the",
  "# beginning of its user names and aliases, so it stays as it is once the box has started.",
  "networks:",
];

const commonHead: readonly string[] = [
  "",
  "    # These keys are the same for every type of network.",
];

const networks = (adapters: readonly KnownAdapter[]): readonly string[] => [
  ...networksHead,
  ...adapters.flatMap((adapter, index) =>
    index === 0
      ? [`  # ${adapter.name}`, ...network(adapter), ...common(adapter.id)]
      : commentedOut(adapter),
  ),
];

const commentedOut = (adapter: KnownAdapter): readonly string[] => [
  "",
  `  # ${adapter.name} (remove the first # of each line to use it)`,
  ...network(adapter).map((line) => line.replace(/^ {2}/, "  # ")),
];

const network = (adapter: KnownAdapter): readonly string[] => [
  `  ${adapter.id}:`,
  `    type: ${adapter.id}`,
  ...ownDocs(adapter).flatMap((doc) => section(doc, 4)),
];

/** The keys that every network has: told once, with the first. */
const common = (id: string): readonly string[] => [
  ...commonHead,
  ...networkDocs(undefined)
    .filter((doc) => doc.key !== "type")
    .flatMap((doc) => section(named(doc, id), 4)),
];

/** The sample names its own network where the schema can only say `<network>`. */
const named = (doc: Doc, id: string): Doc => {
  const fill = (text: string) => text.replaceAll("<network>", id);
  const example = JSON.parse(fill(JSON.stringify(doc.example))) as Json;
  const fields = doc.fields?.map((field) => named(field, id));
  return { ...doc, says: fill(doc.says), example, ...(fields && { fields }) };
};

/** `value`: what a person said; without it the sample's own way, what is required with its example. */
const section = (doc: Doc, indent: number, value?: unknown): readonly string[] => {
  const pad = " ".repeat(indent);
  const says = wrapped(doc.says, 96 - indent).map((line) => `${pad}# ${line}`);
  if (value !== undefined && !isEmpty(value)) return [...says, ...valued(doc, indent, value)];
  if (doc.type !== "object") {
    const mark = doc.required && value === undefined ? "" : "# ";
    return [...says, ...valueLines(doc).map((line) => `${pad}${mark}${line}`)];
  }
  const fields = doc.fields ?? [];
  const free = doc.required || fields.every((field) => !field.required);
  const inner = fields.flatMap((field) => section(field, 2, free ? value : undefined));
  const lines = [`${doc.key}:`, ...inner].map((line) => `${pad}${free ? "" : "# "}${line}`);
  return [...says, ...lines];
};

const isEmpty = (value: unknown): boolean => isPlain(value) && Object.keys(value).length === 0;

/** A group with some of its keys, or one value. */
const valued = (doc: Doc, indent: number, value: unknown): readonly string[] => {
  const pad = " ".repeat(indent);
  const fields = doc.fields ?? [];
  if (doc.type !== "object" || !isPlain(value)) return written(doc.key, value, indent);
  const known = fields.map((field) => field.key);
  return [
    `${pad}${doc.key}:`,
    ...fields.flatMap((field) => section(field, indent + 2, value[field.key] ?? {})),
    ...Object.entries(value).flatMap(([key, item]) =>
      known.includes(key) ? [] : written(key, item, indent + 2),
    ),
  ];
};

const valueLines = (doc: Doc): readonly string[] => {
  const shown = exampleOf(doc);
  if (shown === null) return [`${doc.key}:`];
  return dump({ [doc.key]: shown }, { lineWidth: -1, quotingType: '"', indent: 2 })
    .trimEnd()
    .split("\n");
};

/** The example, or one made of the examples inside. */
const exampleOf = (doc: Doc): Json => {
  if (doc.fields === undefined || doc.example !== null) return doc.example;
  const inside = Object.fromEntries(doc.fields.map((field) => [field.key, exampleOf(field)]));
  return doc.type.startsWith("list") ? [inside] : inside;
};
