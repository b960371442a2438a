import { dump } from "js-yaml";

import type { Doc, Json } from "../adapter/index.ts";
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
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
};

const head: readonly string[] = [
  "# The config of bridgebox. Copy it to config.yaml and fill in what is not commented out.",
  "# Any key can be set by the environment instead: BRIDGEBOX_HOMESERVER__ADDRESS=…, and with _FILE",
  "# at the end from a file. `npm start -- -c config.yaml --check` says everything that is wrong.",
];

const networks = (adapters: readonly KnownAdapter[]): readonly string[] => [
  "# The networks that are bridged: a name of your choice, then its keys. The name is also the",
  "# beginning of its user names and aliases, so it stays as it is once the box has started.",
  "networks:",
  ...adapters.flatMap((adapter, index) =>
    index === 0
      ? [`  # ${adapter.name}`, ...network(adapter), ...common(adapter.id)]
      : [
          "",
          `  # ${adapter.name} (remove the first # of each line to use it)`,
          ...network(adapter).map((line) => line.replace(/^ {2}/, "  # ")),
        ],
  ),
];

const network = (adapter: KnownAdapter): readonly string[] => [
  `  ${adapter.id}:`,
  `    type: ${adapter.id}`,
  ...ownDocs(adapter).flatMap((doc) => section(doc, 4)),
];

/** The keys that every network has: told once, with the first. */
const common = (id: string): readonly string[] => [
  "",
  "    # These keys are the same for every type of network.",
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

const section = (doc: Doc, indent: number): readonly string[] => {
  const pad = " ".repeat(indent);
  const says = wrapped(doc.says, 96 - indent).map((line) => `${pad}# ${line}`);
  if (doc.type !== "object") {
    const mark = doc.required ? "" : "# ";
    return [...says, ...valueLines(doc).map((line) => `${pad}${mark}${line}`)];
  }
  const fields = doc.fields ?? [];
  const free = doc.required || fields.every((field) => !field.required);
  const inner = fields.flatMap((field) => section(field, 2));
  const lines = [`${doc.key}:`, ...inner].map((line) => `${pad}${free ? "" : "# "}${line}`);
  return [...says, ...lines];
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
