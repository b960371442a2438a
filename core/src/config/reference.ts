import type { Doc } from "../adapter/index.ts";
import { boxShape } from "./box-shape.ts";
import { envName } from "./env.ts";
import { networkDocs, ownDocs } from "./networks.ts";
import type { KnownAdapter } from "./types.ts";

/** `docs/config.md`: every key, what it does, and how it is called in the environment. */
export const configReference = (adapters: readonly KnownAdapter[]): string => {
  const parts = [
    ...head,
    ...(boxShape.doc.fields ?? []).flatMap((doc) => [`## ${doc.key}`, "", ...keys(doc, [doc.key])]),
    "## networks",
    "",
    "One section for each network that is bridged. Its name is the key, and the beginning of its user names and aliases unless `ghosts` and `aliases` say otherwise. These keys are the same for every type:",
    "",
    ...networkDocs(undefined).flatMap((doc) => entry(doc, ["networks", "<network>", doc.key])),
    "",
    ...adapters.flatMap((adapter) => [
      `### ${adapter.name}: \`type: ${adapter.id}\``,
      "",
      ...ownDocs(adapter).flatMap((doc) => entry(doc, ["networks", "<network>", doc.key])),
      "",
    ]),
  ];
  return `${parts.join("\n").trimEnd()}\n`;
};

const head: readonly string[] = [
  "# Config",
  "",
  "Generated from the schemas that check the config, as is `config.sample.yaml`. A key that is not here is a problem, and all problems are told at once with their lines: `npm start -- -c config.yaml --check`.",
  "",
  `Any key can come from the environment: \`homeserver.address\` is \`${envName(["homeserver", "address"])}\`, two underscores between the levels and \`_\` for \`-\`. Lists and groups are written as YAML in one line. With \`_FILE\` at the end of the name the value is read from the file of that name. An empty variable counts as absent, and a name that leads nowhere is a problem.`,
  "",
];

const keys = (doc: Doc, path: readonly string[]): readonly string[] => [
  ...(doc.type === "object"
    ? [doc.says, "", ...(doc.fields ?? []).flatMap((field) => entry(field, [...path, field.key]))]
    : entry(doc, path)),
  "",
];

const entry = (doc: Doc, path: readonly string[]): readonly string[] => {
  const step = doc.type.startsWith("list") ? ["[]"] : [];
  const inner = (doc.fields ?? []).flatMap((field) => entry(field, [...path, ...step, field.key]));
  if (doc.type === "object") return inner;
  const traits = [doc.type, doc.required ? "required" : "", doc.secret ? "secret" : ""];
  const name = path.join(".").replaceAll(".[]", "[]");
  return [
    `- \`${name}\` (${traits.filter(Boolean).join(", ")}): ${doc.says}${value(doc)}`,
    ...inner,
  ];
};

const value = (doc: Doc): string => {
  const { example } = doc;
  if (example === null || (typeof example === "object" && Object.keys(example).length === 0))
    return "";
  return ` ${doc.required ? "Example" : "Default or example"}: \`${JSON.stringify(example)}\`.`;
};
