import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { until } from "../sandbox/client.ts";
import { SandboxHomeserver } from "../sandbox/homeserver/index.ts";
import { REGISTRATION, type Context } from "./context.ts";
import { homeserverCases } from "./homeserver-cases.ts";
import { RecordingAppservice } from "./recording-appservice.ts";

describe("the sandbox homeserver answers as Synapse does", () => {
  const appservice = new RecordingAppservice();
  let homeserver: SandboxHomeserver | undefined;
  let context: Context | undefined;

  before(async () => {
    const url = await appservice.listen();
    const server = await SandboxHomeserver.listen({ appservices: [{ ...REGISTRATION, url }] });
    homeserver = server;
    context = {
      side: "sandbox",
      url: server.url,
      serverName: server.serverName,
      appservice,
      newAccount: (localpart) => Promise.resolve(server.addUser(localpart)),
      restart: async () => {
        await server.stop();
        await server.start({ forgetTransactions: true });
        await until("the connections of before are gone from the client's pool", () => {
          return fetch(`${server.url}/_matrix/client/versions`).then(
            ({ ok }) => ok,
            () => false,
          );
        });
      },
      rateLimitNext: (match, retryAfterMs) => {
        server.rateLimit({ match, retryAfterMs, times: 1 });
      },
    };
  });

  after(async () => {
    await homeserver?.close();
    await appservice.close();
  });

  for (const { name, run, skip } of homeserverCases) {
    it(name, { skip: skip?.sandbox ?? false }, async () => {
      assert.ok(context);
      await run(context);
    });
  }
});
