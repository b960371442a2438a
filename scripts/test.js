// npm test: the usual groups. node scripts/test.js <group>…: those. What begins with - goes to node --test.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bundled = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const args = process.argv.slice(2);

/** The same command on the Node that `npm ci` brought. */
const again = () =>
  new Promise((resolve, reject) => {
    const script = fileURLToPath(import.meta.url);
    const child = spawn(bundled, [script, ...args], { stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });

if (Number(process.versions.node.split(".")[0]) >= 24) {
  const { runGroups } = await import("./run-groups.js");
  process.exitCode = await runGroups(args);
} else if (existsSync(bundled)) {
  process.exitCode = await again();
} else {
  console.error(
    `No test ran: the tests need Node 24 and this is ${process.versions.node}. ` +
      "Run `npm ci`, which brings it, or install Node 24.",
  );
  process.exitCode = 64;
}
