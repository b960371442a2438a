import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { Freezer } from "../freeze.ts";
import { freePort } from "../../free-port.ts";

/** What a listener does with what comes in. */
export interface Handlers {
  request(request: IncomingMessage, response: ServerResponse): Promise<void>;
  socket(socket: WebSocket, request: IncomingMessage): void;
  fault(error: unknown): void;
}

/** HTTP and websockets on one port of 127.0.0.1, which it keeps over a stop and a start. */
export class Transport {
  readonly freezer = new Freezer();
  readonly #handlers: Handlers;
  #server: Server | undefined;
  #sockets: WebSocketServer | undefined;
  port = 0;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  async start(): Promise<void> {
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer((request, response) => {
      this.#handlers.request(request, response).catch((error: unknown) => {
        // Whoever goes away in the middle of a call does nothing wrong.
        if (request.complete) this.#handlers.fault(error);
        response.destroy();
      });
    });
    this.freezer.watch(server);
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      sockets.handleUpgrade(request, socket, head, (ws) => this.#handlers.socket(ws, request)),
    );
    this.port ||= await freePort();
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.#server = server;
    this.#sockets = sockets;
  }

  /** Ends every connection and refuses new ones. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    for (const socket of this.#sockets?.clients ?? []) socket.terminate();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
}
