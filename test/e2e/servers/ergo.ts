import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { dump, load } from "js-yaml";
import type { Listening } from "./child.ts";
import { freePort } from "../../free-port.ts";
import { listening } from "./child.ts";
import { unpacked } from "./unpacked.ts";

const run = promisify(execFile);
/** Debian's package `ergo` is a program of chemists; the IRC server has another name there. */
const ergochat = {
  name: "Ergo",
  package: "ergochat",
  suite: "trixie",
  path: "usr/bin/ergochat",
} as const;

/** Why there can be no Ergo here, or undefined once there is one. */
export async function whyNoErgo(): Promise<string | undefined> {
  const found = await unpacked(ergochat);
  return "why" in found ? found.why : undefined;
}

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Its own default with what a test changes laid over it; `null` takes a key away. */
function over(base: unknown, changes: Tree): Tree {
  const merged: Tree = isTree(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete merged[key];
    else merged[key] = isTree(value) ? over(merged[key], value) : value;
  }
  return merged;
}

/** Loopback only, no limits that would make each measurement one of them, deletions allowed. */
const changes = (dir: string, port: number): Tree => ({
  server: {
    motd: "",
    "check-ident": false,
    "lookup-hostnames": false,
    "ip-limits": { count: false, throttle: false },
  },
  datastore: { path: join(dir, "ircd.db") },
  languages: { enabled: false },
  fakelag: { enabled: false },
  accounts: {
    registration: { throttling: { enabled: false } },
    "advertise-scram": true,
    "bcrypt-cost": 4,
    "login-throttling": { enabled: false },
  },
  history: { enabled: true, retention: { "allow-individual-delete": true } },
  opers: null,
  "oper-classes": null,
  logging: [{ method: "stderr", type: "*", level: "warn" }],
  port,
});

/** Where it listens instead of at a port of its own choice without TLS. */
export interface ErgoPlace {
  readonly port: number;
  /** In PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
}

/** Starts Ergo; resolves once it accepts connections. The caller ends it. */
export async function startErgo(dir: string, place?: ErgoPlace): Promise<Listening> {
  const found = await unpacked(ergochat);
  if ("why" in found) throw new Error(found.why);
  const binary = join(found.root, ergochat.path);
  await mkdir(dir, { recursive: true });
  const { stdout } = await run(binary, ["defaultconfig"], { maxBuffer: 1 << 24 });
  const port = place?.port ?? (await freePort());
  const { port: _port, ...wanted } = changes(dir, port);
  const config = over(load(stdout), wanted);
  const server = isTree(config["server"]) ? config["server"] : {};
  const tls = place && (await secured(dir, place.tls));
  config["server"] = { ...server, listeners: { [`127.0.0.1:${port}`]: tls ?? null } };
  const file = join(dir, "ircd.yaml");
  await writeFile(file, dump(config), { mode: 0o600 });
  await run(binary, ["initdb", "--conf", file, "--quiet"], { cwd: dir });
  return listening({ name: "Ergo", binary, args: ["run", "--conf", file], cwd: dir, port });
}

async function secured(dir: string, { key, cert }: ErgoPlace["tls"]): Promise<Tree> {
  const names = { key: join(dir, "key.pem"), cert: join(dir, "cert.pem") };
  await writeFile(names.key, key, { mode: 0o600 });
  await writeFile(names.cert, cert);
  return { tls: names };
}
