import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { BridgeError } from "@bridgebox/core/adapter";

/** Both ends of a connection of ours. */
export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Tells servers which user name a connection of ours belongs to (RFC 1413). */
export interface Ident {
  /** From now until what is returned is called. */
  claim(ends: Ends, username: string): () => void;
  close(): Promise<void>;
}

export interface IdentPlace {
  /** Every address, if absent. */
  readonly hostname?: string;
  readonly port: number;
  /** A server asks the moment it accepts, perhaps before we know that it did: so long we look; milliseconds. */
  readonly patience?: number;
}

const patience = 2000;
/** Whoever says nothing for so long is hung up on; milliseconds. */
const silence = 10_000;
/** At once; servers ask once per connection. */
const mostAsking = 500;
/** RFC 1413 bounds a line at 1,000; a question has two numbers. */
const longest = 100;

interface Claim extends Ends {
  readonly username: string;
}

/** `::ffff:192.0.2.1` is 192.0.2.1 on a socket that takes both. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

class Identd {
  readonly #claims = new Set<Claim>();
  readonly #waiting = new Set<() => void>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #patience: number;

  constructor(howLong: number) {
    this.#patience = howLong;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = mostAsking;
  }

  async listen({ hostname, port }: IdentPlace): Promise<void> {
    this.#server.listen({ ...(hostname === undefined ? {} : { host: hostname }), port });
    await once(this.#server, "listening");
  }

  claim(claim: Claim): () => void {
    this.#claims.add(claim);
    for (const look of this.#waiting) look();
    return () => this.#claims.delete(claim);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.setTimeout(silence, () => socket.destroy());
    let asked = "";
    const hear = (chunk: Buffer): void => {
      asked += chunk.toString("latin1");
      const end = asked.indexOf("\n");
      if (end === -1 && asked.length <= longest) return;
      socket.off("data", hear);
      socket.resume();
      void this.#answer(socket, asked.slice(0, end === -1 ? longest : end).trim());
    };
    socket.on("data", hear);
  }

  async #answer(socket: Socket, asked: string): Promise<void> {
    const [, local = "", remote = ""] = /^(\d{1,5})\s*,\s*(\d{1,5})$/.exec(asked) ?? [];
    const ports = { local: Number(local), remote: Number(remote) };
    const isPort = (port: number): boolean => port > 0 && port < 65_536;
    if (local === "") return void socket.destroy();
    const pair = `${local}, ${remote}`;
    if (!isPort(ports.local) || !isPort(ports.remote))
      return void socket.end(`${pair} : ERROR : INVALID-PORT\r\n`);
    const username = await this.#found(socket, ports);
    const says = username === undefined ? "ERROR : NO-USER" : `USERID : UNIX : ${username}`;
    socket.end(`${pair} : ${says}\r\n`);
  }

  /** Only the other end of a connection is told whose it is. */
  async #found(
    { localAddress = "", remoteAddress = "" }: Socket,
    { local, remote }: { readonly local: number; readonly remote: number },
  ): Promise<string | undefined> {
    const look = (): Claim | undefined => {
      const all = [...this.#claims].filter(
        (claim) =>
          claim.localPort === local &&
          claim.remotePort === remote &&
          plain(claim.remoteAddress) === plain(remoteAddress),
      );
      return all.find((claim) => plain(claim.localAddress) === plain(localAddress)) ?? all[0];
    };
    const known = look();
    if (known !== undefined) return known.username;
    const { promise, resolve } = Promise.withResolvers<Claim | undefined>();
    const again = (): void => {
      const claim = look();
      if (claim !== undefined) resolve(claim);
    };
    this.#waiting.add(again);
    const timer = setTimeout(() => resolve(undefined), this.#patience);
    const late = await promise;
    clearTimeout(timer);
    this.#waiting.delete(again);
    return late?.username;
  }
}

interface Served {
  readonly identd: Promise<Identd>;
  users: number;
}

/** One port serves all networks of a process. */
const served = new Map<string, Served>();

const opened = async (place: IdentPlace): Promise<Identd> => {
  const identd = new Identd(place.patience ?? patience);
  await identd.listen(place);
  return identd;
};

/** @throws BridgeError `invalid` where the port cannot be had. */
export async function openIdent(place: IdentPlace): Promise<Ident> {
  const where = `${place.hostname ?? ""} ${place.port}`;
  const one = served.get(where) ?? { identd: opened(place), users: 0 };
  served.set(where, one);
  one.users += 1;
  try {
    const identd = await one.identd;
    return {
      claim: (ends, username) => identd.claim({ ...ends, username }),
      close: async () => {
        one.users -= 1;
        if (one.users > 0) return;
        served.delete(where);
        await identd.close();
      },
    };
  } catch (cause) {
    if (served.get(where) === one) served.delete(where);
    throw notOpened(place, cause);
  }
}

const notOpened = ({ hostname, port }: IdentPlace, cause: unknown): BridgeError => {
  const why = cause instanceof Error ? cause.message : String(cause);
  const advice = /EACCES/.test(why)
    ? "Ports below 1024 are for root: take another, such as 1113, and have the system pass port 113 on to it."
    : "Check ident in the config, and what else has that port.";
  return new BridgeError(
    "invalid",
    `IRC was not started – the ident server cannot listen on ${hostname ?? "any address"}, port ${port} (${why}). ${advice}`,
    { reached: "no", scope: "network", cause },
  );
};
