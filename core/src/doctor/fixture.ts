import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { buildRegistration, writeRegistration } from "@bridgebox/registration";
import type { Registration } from "@bridgebox/registration";
import { acme } from "../config/fixture.ts";
import { loadConfig } from "../config/index.ts";
import type { BoxConfig } from "../config/index.ts";
import { runDoctor } from "./index.ts";
import type { CheckedAdapter } from "./networks.ts";

let dir = "";
let servers: Server[] = [];

const tearDown = (): void => {
  for (const server of servers) server.close().closeAllConnections();
  servers = [];
  rmSync(dir, { recursive: true, force: true });
};

/**
 * A test with a folder of its own and with servers that end with it. No hook of its file's: many files share
 * a process, and such a hook would run for every test of all of them.
 */
export const inFolder = (name: string, work: (t: TestContext) => Promise<void> | void): void =>
  void test(name, (t) => {
    dir = mkdtempSync(join(tmpdir(), "bridgebox-doctor-"));
    t.after(tearDown);
    return work(t);
  });

export const path = (name: string): string => join(dir, name);

export type Reply = (
  url: string,
  token: string | undefined,
) => { status?: number; body: object } | undefined;

/** Something that answers like a homeserver, as far as the test says. */
export const serve = async (reply: Reply, headers: Readonly<Record<string, string>> = {}) => {
  const server = createServer((request, response) => {
    const token = request.headers.authorization?.replace("Bearer ", "");
    const { status = 200, body } = reply(request.url ?? "", token) ?? { status: 404, body: {} };
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
};

export const freePort = async (): Promise<number> => {
  const url = await serve(() => undefined);
  const server = servers.pop();
  await new Promise((resolve) => server?.close(resolve));
  return Number(new URL(url).port);
};

export const configFor = async (homeserver: string, more = ""): Promise<BoxConfig> => {
  const text = `homeserver:
  address: ${homeserver}
  domain: server.test
appservice:
  port: ${await freePort()}
${more}
networks:
  acme:
    server: acme.test
    password: hunter2hunter2
`;
  writeFileSync(path("config.yaml"), text, { mode: 0o600 });
  const loaded = await loadConfig({
    path: path("config.yaml"),
    env: {},
    adapters: { acme: async () => acme },
  });
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
  return loaded.config;
};

export const registered = (config: BoxConfig): Registration => {
  const made = buildRegistration(config);
  writeRegistration(path("registration.yaml"), made);
  return made;
};

interface Report {
  readonly code: number;
  readonly text: string;
}

export const doctor = async (
  check?: CheckedAdapter["check"],
  argv: readonly string[] = [],
): Promise<Report> => {
  let text = "";
  const say = (line: string): void => void (text += `${line}\n`);
  const adapter: CheckedAdapter = { ...acme, ...(check && { check }) };
  const code = await runDoctor({
    argv: ["-c", path("config.yaml"), ...argv],
    source: { env: {}, adapters: { acme: async () => adapter } },
    say,
    complain: say,
    signal: AbortSignal.timeout(20_000),
  });
  return { code, text };
};

/** A homeserver that knows the box, and does not call it back. */
export const knowing =
  (registration: () => Registration | undefined): Reply =>
  (url, token) => {
    if (url.endsWith("/versions")) return { body: { versions: ["r0.6.1", "v1.2", "v1.12"] } };
    if (token !== registration()?.as_token)
      return { status: 401, body: { errcode: "M_UNKNOWN_TOKEN" } };
    if (url.endsWith("/whoami")) return { body: { user_id: "@bridgebox:server.test" } };
    if (url.endsWith("/media/config")) return { body: { "m.upload.size": 52_428_800 } };
    if (url.endsWith("/ping")) return { body: { duration_ms: 1 } };
    return undefined;
  };
