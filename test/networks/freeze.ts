import type { Server, Socket } from "node:net";

/** What is below a socket, whoever reads from it. */
interface Handled {
  readonly _handle: { readStop(): void; readStart(): void } | null;
}

/**
 * Fault: a server that reads nothing more and ends nothing, as one behind a network that swallows
 * everything. Connections are taken by the system, and nobody ever speaks there.
 */
export class Freezer {
  readonly #sockets = new Set<Socket>();
  #on = false;

  watch(server: Server): void {
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      if (this.#on) this.#still(socket);
    });
  }

  freeze(on: boolean): void {
    this.#on = on;
    for (const socket of this.#sockets) {
      if (on) this.#still(socket);
      else handleOf(socket)?.readStart();
    }
  }

  #still(socket: Socket): void {
    handleOf(socket)?.readStop();
  }
}

const handleOf = (socket: Socket): Handled["_handle"] => (socket as unknown as Handled)["_handle"];
