import { catalogue, labels } from "../../core/src/observe/instruments.ts";

import { page, table } from "./table.ts";

const head = `# Metrics

\`GET /metrics\` on the port of the box answers in Prometheus' format, without a token: keep it inside of your network.
This page is made from what the box registers, and a test pins it. There is a board for Grafana in
[grafana.json](grafana.json), and rules for alerts in [alerts.yaml](alerts.yaml); a test sees to it that every name in
them exists.

No label holds the name of a person, a room, a chat or an account, and each has a bound.
`;

const tail = `Beside these stand the numbers of the process itself under the names that every program on Node has, such as
\`process_resident_memory_bytes\`, \`process_cpu_seconds_total\` and \`nodejs_eventloop_lag_seconds\`.

\`bridge_active_users\`, \`bridge_matrix_…\` and \`bridge_remote_…\` have the names that boards of other bridges know. Who was
active when is remembered for 31 days and kept in the database, every hour and when the box stops: a restart forgets nobody,
a crash what was new within the last hour.
`;

/** `docs/metrics.md`: every number of the box's own, from the catalogue that is registered. */
export const metricsReference = (): string =>
  page([
    head,
    ...table(
      ["name", "type", "labels", "what it counts"],
      Object.values(catalogue).map(({ name, type, labels: names, help }) => [
        `\`${name}\``,
        type,
        names.map((label) => `\`${label}\``).join(", "),
        help,
      ]),
    ),
    "",
    "## Labels",
    "",
    ...table(
      ["label", "values"],
      Object.entries(labels).map(([label, says]) => [`\`${label}\``, says]),
    ),
    "",
    tail,
  ]);
