import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below those that systems give to whoever asks for any (32,768 and more on Linux): nobody is given one of these meanwhile. */
const [first, last] = [10_000, 30_000];
const tries = 100;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/**
 * A port of the loopback on which nobody listens, for a process that is started later, or is away for a while and
 * comes back on it.
 */
export const freePort = async (): Promise<number> => {
  for (let at = 0; at < tries; at += 1) {
    const port = randomInt(first, last);
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${tries} ports from ${first} to ${last} was free`);
};
