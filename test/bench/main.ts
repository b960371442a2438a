import { cpus } from "node:os";
import { benchStart } from "./at-size.ts";
import { benchStore } from "./store.ts";
import { fsyncTime, print, save } from "./report.ts";
import type { Row } from "./report.ts";
import { benchNetworks, benchTraffic } from "./traffic.ts";

const kinds: Readonly<
  Record<string, (synapse: boolean, postgres: boolean) => Promise<readonly Row[]>>
> = {
  irc: (synapse) => benchTraffic({ network: "irc", synapse }),
  slack: (synapse) => benchTraffic({ network: "slack", synapse }),
  telegram: (synapse) => benchTraffic({ network: "telegram", synapse }),
  discord: (synapse) => benchTraffic({ network: "discord", synapse }),
  networks: () => benchNetworks(),
  store: (_, postgres) => benchStore(postgres),
  start: () => benchStart(),
};

/** Without a word: the four networks side by side. */
const [kind = "networks", ...flags] = process.argv.slice(2);
const bench = kinds[kind];
if (bench) {
  const before = fsyncTime();
  const rows = await bench(flags.includes("--synapse"), flags.includes("--postgres"));
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
  const facts = [...rows, { name: "fsync of this disk, p50", value: before, unit: "ms" }];
  print(`${kind}${flags.length > 0 ? ` ${flags.join(" ")}` : ""} on ${machine}`, facts);
  console.log(`\nwritten to ${save(kind, { machine, flags, rows: facts })}`);
} else {
  console.error(
    `Nothing was measured: say what, as in "npm run bench -- irc". There are: ${Object.keys(kinds).join(", ")}; irc and telegram also with --synapse, store with --postgres.`,
  );
  process.exitCode = 1;
}
