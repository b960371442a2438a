import { createHash, createPublicKey } from "node:crypto";
import bigInt from "big-integer";
import { TelegramClient } from "telegram";
import { _serverKeys } from "telegram/crypto/RSA.js";
import { Logger, LogLevel } from "telegram/extensions/Logger.js";
import { ConnectionTCPFull } from "telegram/network/connection/index.js";
import { StringSession } from "telegram/sessions/index.js";
import { serializeBytes } from "telegram/tl/generationHelpers.js";

type ConnectionOptions = ConstructorParameters<typeof ConnectionTCPFull>[0];

/** What the client library takes as its way to dial. */
export type Connection = NonNullable<ConstructorParameters<typeof TelegramClient>[3]["connection"]>;

/** The client library's own client, pointed at a local network: the other side in tests of the server. */
export function testClient(
  server: { port: number; publicKeyPem: string },
  {
    saved = "",
    connection = dialFull(server.port),
  }: { saved?: string; connection?: Connection } = {},
): TelegramClient {
  trust(server.publicKeyPem);
  const session = new StringSession(saved);
  if (saved === "") session.setDC(2, "127.0.0.1", 443);
  const client = new TelegramClient(session, 12345, "hash", {
    connection,
    baseLogger: new Logger(LogLevel.NONE),
    connectionRetries: 5,
    retryDelay: 20,
    requestRetries: 1,
    floodSleepThreshold: 0,
  });
  client.onError = () => Promise.resolve();
  return client;
}

function dialFull(port: number): Connection {
  return class extends ConnectionTCPFull {
    constructor(options: ConnectionOptions) {
      super({ ...options, ip: "127.0.0.1", port });
    }
  };
}

function trust(publicKeyPem: string): void {
  const { n = "", e = "" } = createPublicKey(publicKeyPem).export({ format: "jwk" });
  const [modulus, exponent] = [Buffer.from(n, "base64url"), Buffer.from(e, "base64url")];
  const hash = createHash("sha1")
    .update(Buffer.concat([serializeBytes(modulus), serializeBytes(exponent)]))
    .digest();
  _serverKeys.set(hash.readBigInt64LE(12).toString(), {
    n: bigInt(modulus.toString("hex"), 16),
    e: exponent.readUIntBE(0, exponent.length),
  });
}
