import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { IrcPerson, selfSigned } from "../networks/irc/index.ts";
import { MatrixUser } from "../sandbox/client.ts";
import { Checkout } from "./checkout.ts";
import { readmeSteps } from "./readme-steps.ts";
import { giveLines } from "./real-world.ts";
import { startErgo, whyNoErgo } from "./servers/ergo.ts";
import { startSynapse, whyNoSynapse } from "./servers/synapse.ts";

/** Where IRC is with TLS, and the box by its own default: what nobody is asked for. */
const [ircPort, boxPort] = [6697, 29320];

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

const missing = async (): Promise<string | undefined> => {
  const none = [await whyNoSynapse(), await whyNoErgo()].filter((why) => why !== undefined);
  if (none.length > 0 && process.env["CI"] === "true") throw new Error(none.join("\n"));
  for (const port of [ircPort, boxPort])
    if (await isTaken(port)) none.push(`port ${port} is taken by another program`);
  return none.length > 0 ? none.join("; ") : undefined;
};

const reason = await missing();

test(
  "from a fresh clone to the first bridged message by the README's commands and three answers",
  { skip: reason ?? false, timeout: 200_000 },
  async () => {
    const { commands, fields } = readmeSteps();
    assert.ok(commands.length <= 10, commands.join("\n"));
    assert.ok(fields.length <= 3, fields.join(", "));
    const dir = mkdtempSync(join(tmpdir(), "bridgebox-readme-"));
    const tls = await selfSigned();
    const trusted = join(dir, "trusted.pem");
    writeFileSync(trusted, tls.cert);
    process.env["NODE_EXTRA_CA_CERTS"] = trusted;
    const [synapse, ergo] = await Promise.all([
      startSynapse({ dir: join(dir, "synapse") }),
      startErgo(join(dir, "ergo"), { port: ircPort, tls }),
    ]);
    const checkout = new Checkout(join(dir, "bridgebox"));
    const answers = new Map([
      ["homeserver.address", synapse.url],
      ["homeserver.domain", synapse.serverName],
      ["networks.irc.server", ergo.host],
    ]);
    try {
      for (const command of commands) {
        if (/^git clone|^npm ci/.test(command)) continue;
        if (command.startsWith("npm start")) {
          await checkout.start(command);
        } else if (/run init/.test(command)) {
          const asked = new Set<string>();
          const said = await checkout.run(command, (key) => {
            asked.add(key);
            return answers.get(key) ?? "";
          });
          assert.deepEqual(
            [...answers.keys()].filter((key) => !asked.has(key) || !fields.includes(key)),
            [],
            "what has no default is what the README names",
          );
          await giveLines(synapse, said);
        } else {
          const seen = await checkout.run(command);
          if (/doctor/.test(command)) assert.doesNotMatch(seen, /^failed /m);
        }
      }
      const ana = new MatrixUser({ url: synapse.url, ...(await synapse.registerUser("ana")) });
      await ana.setDisplayname("Ana");
      const carl = await IrcPerson.connect({ port: ergo.port, nick: "carl", secure: true });
      await carl.join("#lobby");
      const room = await ana.join(`#irc_#lobby:${synapse.serverName}`);
      carl.say("#lobby", "the first message");
      await ana.untilText(room, "the first message", 30_000);
      await ana.send(room, "and its answer");
      await carl.until(({ params }) => params.at(-1) === "<Ana> and its answer", 30_000);
      await carl.quit();
    } finally {
      await checkout.end("SIGTERM");
      await Promise.all([synapse.stop(), ergo.stop()]);
      rmSync(dir, { recursive: true, force: true });
    }
  },
);
