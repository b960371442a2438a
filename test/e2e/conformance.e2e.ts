import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { REGISTRATION, type Context } from "../conformance/context.ts";
import { homeserverCases } from "../conformance/homeserver-cases.ts";
import { RecordingAppservice } from "../conformance/recording-appservice.ts";
import { startSynapse, whyNoSynapse, type Synapse } from "./servers/synapse.ts";

const reason = await whyNoSynapse();

describe("Synapse answers as the cases say", { skip: reason ?? false }, () => {
  const appservice = new RecordingAppservice();
  let dir: string | undefined;
  let synapse: Synapse | undefined;
  let context: Context | undefined;

  before(async () => {
    const url = await appservice.listen();
    dir = await mkdtemp(join(tmpdir(), "bridgebox-conformance-"));
    const registration = join(dir, "registration.yaml");
    await writeFile(registration, JSON.stringify({ ...REGISTRATION, url }));
    const server = await startSynapse({ dir, registrations: [registration] });
    synapse = server;
    context = {
      side: "synapse",
      url: server.url,
      serverName: server.serverName,
      appservice,
      newAccount: (localpart) => server.registerUser(localpart),
      restart: () => server.restart(),
      rateLimitNext: undefined,
    };
  });

  after(async () => {
    await synapse?.stop();
    await appservice.close();
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  });

  for (const { name, run, skip } of homeserverCases) {
    it(name, { skip: skip?.synapse ?? false }, async () => {
      assert.ok(context);
      await run(context);
    });
  }
});
