import { toYaml } from "./file.ts";
import type { Registration, Software } from "./types.ts";

/**
 * The exact lines that make a homeserver use the registration. The Conduit family is given the file
 * in its admin room and stores it itself, so only there the tokens are printed. `beside`: another file
 * of the box that stands in the same list.
 */
export const installLines = (
  software: Software | undefined,
  path: string,
  registration: Registration,
  beside?: string,
): readonly string[] => {
  const list = [...(beside === undefined ? [] : [beside]), path];
  const copy = readable(path, registration.id);
  if (software === "synapse") return [...synapse(list), "", ...copy];
  if (software === "dendrite") return [...dendrite(list), "", ...copy];
  if (software === "conduit") return conduit(registration);
  return [
    ...synapse(list),
    "",
    ...dendrite(list),
    "",
    "Conduit, Continuwuity, Tuwunel: put `software: conduit` under homeserver: in the config and run this again.",
    "",
    ...copy,
  ];
};

const synapse = (paths: readonly string[]): readonly string[] => [
  "Synapse: put this into homeserver.yaml and restart it.",
  "",
  "app_service_config_files:",
  ...paths.map((path) => `  - ${quoted(path)}`),
  "",
  "If it has an app_service_config_files already, add there what it lacks: of two such lists Synapse reads the last one only.",
  "A generated homeserver.yaml has no line break at its end: lines appended with >> land in a comment,",
  "and Synapse silently knows nothing of them. Begin on a new line.",
];

const dendrite = (paths: readonly string[]): readonly string[] => [
  "Dendrite: put this into dendrite.yaml and restart it.",
  "",
  "app_service_api:",
  "  config_files:",
  ...paths.map((path) => `    - ${quoted(path)}`),
  "",
  "If it has an app_service_api already, put config_files into that one, and what it lacks into that list.",
];

const conduit = (registration: Registration): readonly string[] => [
  "Conduit: send this as one message to its admin room, #admins:<your server>. It holds both tokens.",
  "On Conduit itself the first line is @conduit:<your server>: register-appservice",
  "",
  "!admin appservices register",
  "```yaml",
  ...toYaml(registration).trimEnd().split("\n"),
  "```",
];

const readable = (path: string, name: string): readonly string[] => [
  "The file can be read by this user only. If the homeserver runs as another one, name this copy instead:",
  `sudo install -o matrix-synapse -m 600 ${shellQuoted(path)} ${shellQuoted(`/etc/matrix-synapse/${name}.yaml`)}`,
];

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : JSON.stringify(path));

const shellQuoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
