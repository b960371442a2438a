import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { discord } from "../pass/discord.ts";
import { IrcPerson } from "../networks/irc/index.ts";
import { irc, nick } from "../pass/irc.ts";
import type { IrcPlace } from "../pass/irc.ts";
import type { Network } from "../pass/network.ts";
import { install } from "../pass/place.ts";
import type { Installed, Place } from "../pass/place.ts";
import { slack } from "../pass/slack.ts";
import { tellPass } from "../pass/story.ts";
import { telegram } from "../pass/telegram.ts";
import { MatrixUser } from "../sandbox/client.ts";
import { freePort } from "../free-port.ts";
import { startErgo, whyNoErgo } from "./servers/ergo.ts";
import { startSynapse, whyNoSynapse } from "./servers/synapse.ts";
import type { Synapse } from "./servers/synapse.ts";

const reason = [await whyNoSynapse(), await whyNoErgo()].filter((why) => why !== undefined);
if (reason.length > 0 && process.env["CI"] === "true") throw new Error(reason.join("\n"));

/** A real Ergo: message tags, and deletions for those with an account, which Ana has and Bob has not. */
const ergo = async (dir: string): Promise<IrcPlace> => {
  const server = await startErgo(dir);
  const password = "correct-horse";
  const owner = await IrcPerson.connect({ port: server.port, nick });
  await owner.command(`REGISTER * * :${password}`);
  await owner.quit();
  return {
    port: server.port,
    tags: true,
    deletes: "accounts",
    password,
    stop: () => server.stop(),
    start: () => server.restart(),
    close: () => server.stop(),
    wrong: () => [],
  };
};

describe(
  "one box on a real Synapse, from nothing through four networks and out again",
  { skip: reason.join("; ") || false, timeout: 300_000, concurrency: true },
  () => {
    const dir = mkdtempSync(join(tmpdir(), "bridgebox-through-"));
    const networks = new Map<string, Network>();
    let synapse: Synapse;
    let installed: Installed;
    let place: Place;

    before(async () => {
      const opened = [
        irc(await ergo(join(dir, "ergo"))),
        ...(await Promise.all([slack(), discord(), telegram()])),
      ];
      for (const network of opened) networks.set(network.id, network);
      const [port, domain] = [await freePort(), "synapse.test"];
      installed = await install({ url: `http://127.0.0.1:${port}`, domain }, opened);
      const { registrations } = installed;
      synapse = await startSynapse({ dir: join(dir, "synapse"), port, registrations });
      place = {
        ...installed,
        person: async (name) =>
          new MatrixUser({ url: synapse.url, ...(await synapse.registerUser(name)) }),
      };
      await installed.box.start();
    });

    after(async () => {
      await installed.box.stop();
      await synapse.stop();
      await Promise.all([...networks.values()].map((network) => network.close()));
      installed.remove();
      rmSync(dir, { recursive: true, force: true });
    });

    for (const id of ["irc", "slack", "discord", "telegram"])
      it(id, async () => {
        const network = networks.get(id);
        assert.ok(network);
        await tellPass(place, network);
        assert.deepEqual(network.wrong(), [], "said to the network against its rules");
      });
  },
);
