import { loadConfig } from "@bridgebox/core/config";
import { createFailpoints } from "@bridgebox/core/testing";
import { createLog } from "@bridgebox/core/observe";
import { runBox } from "@bridgebox/core/run";
import { readRegistration } from "@bridgebox/registration";
import { files } from "./adapter.ts";

// The box as main.ts starts it, with the network of files instead of the real ones.
const [path = ""] = process.argv.slice(2);
const foreign = ["BRIDGEBOX_FAILPOINT"];
const loaded = await loadConfig({
  path,
  env: process.env,
  adapters: { files: async () => files },
  foreign,
});
if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
const read = readRegistration(loaded.config.registration);
if (!read.ok) throw new Error(read.problem);
const failpoints = createFailpoints(process.env["BRIDGEBOX_FAILPOINT"]);
const box = await runBox({
  version: "test",
  config: loaded.config,
  registration: read.registration,
  adapters: new Map([["files", files]]),
  log: createLog({ ...loaded.config.logging, write: (line) => void process.stdout.write(line) }),
  failpoint: (name) => failpoints.hit(name),
});
process.on("SIGTERM", () => void box.stop().then(() => process.exit(0)));
