import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { Judge } from "../../networks/irc/judge/judge.ts";
import { LineCutter, fromWire } from "../../networks/irc/line.ts";

/** A way to an IRC server, on which each of its lines is judged. */
export interface Judged {
  readonly host: string;
  readonly port: number;
  /** What the judge has against the server, each as its reason and the line. */
  readonly faults: readonly string[];
  /** Lines of the server that went through. */
  readonly count: () => number;
  close(): Promise<void>;
}

/** Lets clients through to the server at that port, and judges what it says to each. */
export async function judged(target: number): Promise<Judged> {
  const host = "127.0.0.1";
  const faults: string[] = [];
  const sockets = new Set<Socket>();
  let lines = 0;
  const server = createServer((near) => {
    const far = connect({ host, port: target });
    const judge = new Judge((raw, why) => faults.push(`${why}: ${fromWire(raw)}`));
    const [asked, said] = [new LineCutter(), new LineCutter()];
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk: Buffer) => {
      for (const { raw } of asked.push(chunk)) judge.asked(raw);
      far.write(chunk);
    });
    far.on("data", (chunk: Buffer) => {
      for (const { raw, faults: ends } of said.push(chunk)) {
        lines += 1;
        for (const why of ends) faults.push(`${why}: ${fromWire(raw)}`);
        judge.said(raw);
      }
      near.write(chunk);
    });
  }).listen(0, host);
  await once(server, "listening");
  return {
    host,
    port: (server.address() as AddressInfo).port,
    faults,
    count: () => lines,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
