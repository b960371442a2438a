import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
// First: its parts ask for one another, and find each other only when it is loaded from its door.
import "telegram";
import {
  ConnectionTCPAbridged,
  ConnectionTCPObfuscated,
} from "telegram/network/connection/index.js";
import { TelegramServer } from "../index.ts";
import { testClient, type Connection } from "../test-client.ts";

type Options = ConstructorParameters<typeof ConnectionTCPAbridged>[0];

const transports: Record<string, (port: number) => Connection> = {
  abridged: (port) =>
    class extends ConnectionTCPAbridged {
      constructor(options: Options) {
        super({ ...options, ip: "127.0.0.1", port });
      }
    },
  obfuscated: (port) =>
    class extends ConnectionTCPObfuscated {
      constructor(options: Options) {
        super({ ...options, ip: "127.0.0.1", port });
      }
    },
};

describe("the wire", () => {
  for (const [name, transport] of Object.entries(transports)) {
    test(`a client may speak ${name}`, async () => {
      const server = await TelegramServer.listen();
      server.addUser({ token: "222:BBB", firstName: "Wired" });
      const client = testClient(server.testServer, { connection: transport(server.port) });
      await client.start({ botAuthToken: "222:BBB", onError: (error) => assert.fail(error) });
      assert.equal((await client.getMe()).firstName, "Wired");
      await client.destroy();
      await server.close();
      assert.deepEqual(server.faults, []);
    });
  }

  test("garbage ends the connection and is noted; an unknown key is told so", async () => {
    const server = await TelegramServer.listen();
    const garbage = connect(server.port, "127.0.0.1");
    garbage.write(Buffer.concat([Buffer.from([0xef, 0x05]), Buffer.alloc(20, 0)]));
    await once(garbage.resume(), "close");
    assert.equal(server.faults.length, 1);
    const stranger = connect(server.port, "127.0.0.1");
    stranger.write(Buffer.concat([Buffer.from([0xef, 0x0a]), Buffer.alloc(40, 7)]));
    const received: unknown[] = await once(stranger, "data");
    const [answer] = received;
    assert.ok(Buffer.isBuffer(answer));
    assert.equal(answer.readInt32LE(1), -404);
    stranger.destroy();
    await server.close();
  });
});
