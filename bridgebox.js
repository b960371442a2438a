// Plain JavaScript on purpose: it must run, and say what is wrong, on a Node that is too old for the rest.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major, minor] = process.versions.node.split(".").map(Number);
const recent = major > 22 || (major === 22 && minor >= 18);
const bundled = fileURLToPath(new URL("./node_modules/.bin/node", import.meta.url));

if (recent) {
  // A library of ours uses what Node calls deprecated: nothing an admin can do about it.
  process.noDeprecation = true;
  const { main } = await import("./core/src/main.ts");
  await main(process.argv.slice(2));
} else if (existsSync(bundled)) {
  const child = spawn(bundled, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
  });
} else {
  console.error(
    `bridgebox did not start: it needs Node 22.18 or newer and this is ${process.versions.node}. ` +
      "Install Node 24, or run `npm ci` without --omit=optional, which brings its own.",
  );
  process.exitCode = 64;
}
