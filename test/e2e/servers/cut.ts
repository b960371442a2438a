import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { once } from "node:events";

/**
 * Where the connection is cut at the next COMMIT: `before` the server has it, `during`, with the
 * server at work on it and its session going on, or `after` its answer, which never arrives.
 */
export type Moment = "before" | "during" | "after";

/** A way to a PostgreSQL that can be cut at a moment of choice. */
export interface Cut {
  readonly port: number;
  /** The next COMMIT that comes this way cuts its connection; resolves when it has. */
  atCommit(moment: Moment): Promise<void>;
  /** Cuts all that there is, and lets nobody through until it is mended. */
  cutAll(): void;
  mend(): void;
  close(): Promise<void>;
}

const commit = Buffer.from("commit\0");

export const openCut = async (target: number): Promise<Cut> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let armed: { readonly moment: Moment; readonly done: () => void } | undefined;
  let down = false;
  const server = createServer((near) => {
    if (down) return void near.destroy();
    const far = connect({ host: "127.0.0.1", port: target });
    const pair = [near, far] as const;
    pairs.add(pair);
    let swallow = false;
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", end);
    }
    const strike = (): void => {
      armed?.done();
      armed = undefined;
      end();
    };
    near.on("data", (chunk: Buffer) => {
      if (!armed || swallow || !chunk.includes(commit)) return void far.write(chunk);
      if (armed.moment === "before") return strike();
      swallow = true;
      far.write(chunk);
      if (armed.moment === "during") near.off("close", end).destroy();
    });
    far.on("data", (chunk: Buffer) => {
      if (!swallow) return void near.write(chunk);
      if (chunk.includes("COMMIT\0")) strike();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const cutAll = (): void => {
    down = true;
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    atCommit: (moment) => new Promise((done) => (armed = { moment, done })),
    cutAll,
    mend: () => void (down = false),
    async close() {
      cutAll();
      server.close();
      await once(server, "close");
    },
  };
};
