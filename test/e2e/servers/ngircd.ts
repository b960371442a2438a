import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fromDebian } from "./debian.ts";

const binary = "/usr/sbin/ngircd";

/** A running ngIRCd. */
export interface Ngircd {
  readonly host: string;
  readonly port: number;
  /** Ends it as an administrator would: everyone gets an ERROR. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Ends it if it runs, and starts it on the same port. */
  restart(): Promise<void>;
}

/** How to start one: `dir` takes its configuration and must exist or be creatable. */
export interface NgircdOptions {
  readonly dir: string;
  readonly port?: number;
  readonly maxNick?: number;
  readonly password?: string;
}

/** Why there can be no ngIRCd here, or undefined once there is one; installs it from Debian where it may. */
export const whyNoNgircd = fromDebian({ name: "ngIRCd", packages: ["ngircd"], path: binary });

/** The configuration: loopback only, no lookups, and no flood penalty, which would make every measurement one of it. */
function config(port: number, options: NgircdOptions): string {
  const { maxNick = 31, password } = options;
  return `[Global]
Name = ng.test
AdminInfo1 = test
Info = test
Listen = 127.0.0.1
Ports = ${port}
MotdPhrase = hi
Network = NgTest
${password === undefined ? "" : `Password = ${password}\n`}[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = ${maxNick}
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
CloakHost =
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function launch(file: string, port: number): Promise<ChildProcess> {
  const child = spawn(binary, ["-n", "-f", file], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  }
  const deadline = Date.now() + 10_000;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`ngIRCd did not start on port ${port} - it said: ${said}`);
    }
    await sleep(10);
  }
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

/** Starts ngIRCd in the foreground; resolves once it accepts connections. The caller ends it. */
export async function startNgircd(options: NgircdOptions): Promise<Ngircd> {
  const port = options.port ?? (await freePort());
  await mkdir(options.dir, { recursive: true });
  const file = join(options.dir, "ngircd.conf");
  await writeFile(file, config(port, options), { mode: 0o600 });
  let child = await launch(file, port);
  return {
    host: "127.0.0.1",
    port,
    stop: () => end(child, "SIGTERM"),
    kill: () => end(child, "SIGKILL"),
    async restart() {
      await end(child, "SIGTERM");
      child = await launch(file, port);
    },
  };
}
