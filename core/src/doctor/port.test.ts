import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildRegistration } from "@bridgebox/registration";
import { acme } from "../config/fixture.ts";
import { loadConfig } from "../config/index.ts";
import { openAsking } from "./ask.ts";
import type { Asking } from "./ask.ts";
import type { Context } from "./context.ts";
import { localAddress, openDoor } from "./port.ts";

let dir = "";
let asking: Asking;
const stop = new AbortController();
before(() => {
  dir = mkdtempSync(join(tmpdir(), "bridgebox-door-"));
  asking = openAsking(stop.signal);
});
after(async () => {
  await asking.close();
  rmSync(dir, { recursive: true, force: true });
});

const contextAt = async (port: number): Promise<Context> => {
  const file = join(dir, "config.yaml");
  writeFileSync(
    file,
    `homeserver: { address: "http://127.0.0.1:9", domain: server.test }\nappservice: { port: ${port} }\nnetworks: { acme: { server: acme.test } }\n`,
  );
  const loaded = await loadConfig({ path: file, env: {}, adapters: { acme: async () => acme } });
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
  const { config } = loaded;
  const registration = buildRegistration(config);
  return { config, file, path: join(dir, "r.yaml"), registration, asking, signal: stop.signal };
};

/** Somebody else's program, and the tokens that it was shown. */
const stranger = async (status: number, body: object) => {
  const shown: string[] = [];
  const server = createServer((request, response) => {
    shown.push(request.headers.authorization ?? "");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, shown, close };
};

test("whoever is no box is shown no token of ours", async () => {
  for (const [status, body] of [
    [200, {}],
    [404, { errcode: "M_UNRECOGNIZED" }],
    [403, { error: "no" }],
  ] as const) {
    const other = await stranger(status, body);
    const context = await contextAt(other.port);
    const door = await openDoor(context);
    assert.equal(door.who, "nobody");
    assert.match(door.check.says, /taken by another program/);
    assert.equal(other.shown.length, 1);
    assert.ok(!other.shown[0]?.includes(context.registration.hs_token));
    await other.close();
  }
});

test("while the doctor stands in the door, the homeserver keeps what it brings", async () => {
  const free = await stranger(200, {});
  await free.close();
  const context = await contextAt(free.port);
  const door = await openDoor(context);
  assert.equal(door.who, "doctor");
  try {
    const base = localAddress(context);
    const token = context.registration.hs_token;
    const ping = (as: string) =>
      asking.ask(`${base}/_matrix/app/v1/ping`, { method: "POST", token: as, body: {} });
    const wrong = await ping("wrong");
    assert.deepEqual([wrong.got === "answer" && wrong.status, door.wasEntered()], [403, false]);
    const answer = await fetch(`${base}/_matrix/app/v1/transactions/1`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({
        events: [
          {
            event_id: "$1",
            type: "m.room.message",
            room_id: "!r:server.test",
            sender: "@ana:server.test",
            content: { body: "hello" },
            origin_server_ts: 1,
          },
        ],
      }),
    });
    assert.equal(answer.status, 503);
    const right = await ping(token);
    assert.deepEqual([right.got === "answer" && right.status, door.wasEntered()], [200, true]);
    assert.equal((await fetch(`${base}/ready`)).status, 503);
  } finally {
    await door.close();
  }
});
