import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";
import type { Log } from "../adapter/index.ts";
import { type ConnectedHomeserver, connectHomeserver } from "../matrix/client.ts";
import type { PuppetOptions } from "../matrix/puppets.ts";
import { MatrixError } from "../matrix/types.ts";

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
export const token = "as-token-that-nobody-may-see";
export const live = { class: "live" } as const;
export const ending: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ending) await end();
});

export type Script = (request: IncomingMessage, response: ServerResponse) => void;

interface Scene {
  readonly address: string;
  readonly homeserver: ConnectedHomeserver;
  readonly requests: { method: string; url: string; token: string | undefined; body: string }[];
}

/** A homeserver that does what its script says, and a client to it. */
export const scene = async (
  script: Script,
  more: {
    deadline?: number;
    prefix?: string;
    admit?: (mxid: string) => boolean;
    puppets?: PuppetOptions;
    called?: (does: string, ok: boolean) => void;
  } = {},
): Promise<Scene> => {
  const requests: Scene["requests"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({
        method: request.method ?? "",
        url: request.url ?? "",
        token: request.headers.authorization,
        body: Buffer.concat(chunks).toString(),
      });
      script(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${portOf(server.address())}${more.prefix ?? ""}`;
  const homeserver = connectHomeserver({
    address,
    domain: "hs.test",
    bot: "@bot:hs.test",
    asToken: token,
    asId: "box",
    log: silent,
    deadline: { call: more.deadline ?? 5000, media: more.deadline ?? 5000 },
    ...(more.admit ? { admit: more.admit } : {}),
    ...(more.puppets ? { puppets: more.puppets } : {}),
    ...(more.called ? { called: more.called } : {}),
  });
  ending.push(async () => {
    await homeserver.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { address, homeserver, requests };
};

export const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0;

export const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

export const failure = async (promise: Promise<unknown>): Promise<MatrixError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof MatrixError, `rejected with a MatrixError, not ${String(error)}`);
  assert.ok(!`${error.message}${error.stack}`.includes(token), "the token is not in the error");
  return error;
};

export const message = {
  room: "!room:hs.test",
  type: "m.room.message",
  content: { body: "hello" },
  txn: "t1",
};
