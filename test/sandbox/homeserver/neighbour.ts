import type { Server } from "node:http";
import { listen, stopListening, type ServerParts } from "./server.ts";

/**
 * Another homeserver as its people see it: an address and accounts of its own, in rooms that it has in
 * common with the first one. What one has the other has at once; how servers tell each other is no part
 * of it.
 */
export class Neighbour {
  readonly serverName: string;
  readonly #parts: ServerParts;
  #server: Server | undefined;
  #port = 0;

  constructor(serverName: string, parts: ServerParts) {
    this.serverName = serverName;
    this.#parts = { ...parts, serverName };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, again on the same port. */
  async start(): Promise<void> {
    if (this.#server) return;
    const opened = await listen(this.#parts, this.#port);
    this.#server = opened.server;
    this.#port = opened.port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await stopListening(server);
  }

  addUser(localpart: string, password = "secret"): { userId: string; accessToken: string } {
    const { accounts, profiles } = this.#parts.world;
    const userId = accounts.createAbroad(localpart, this.serverName, password);
    profiles.open(userId, localpart);
    return { userId, accessToken: accounts.openDevice(userId).access_token };
  }
}
