import { spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../free-port.ts";

const VERSION = "1.163.2";
const CACHE = join(import.meta.dirname, "..", "..", "..", ".cache");
const SHARED_SECRET = "registration-secret-of-a-test";
const READY_WITHIN_MS = 60_000;

/** Where a Synapse is to live, and which registration files it reads. */
export type SynapseOptions = {
  readonly dir: string;
  readonly registrations?: readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly serverName?: string | undefined;
  /** More lines for homeserver.yaml, as `key: JSON`. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
};

/** A running Synapse. */
export type Synapse = {
  readonly url: string;
  readonly port: number;
  readonly serverName: string;
  /** The homeserver.yaml; it ends with a newline, so lines may be appended to it. */
  readonly configFile: string;
  readonly registerUser: (
    name: string,
    admin?: boolean,
  ) => Promise<{ userId: string; accessToken: string }>;
  /** SIGTERM, and waits for the end. */
  readonly stop: () => Promise<void>;
  /** SIGKILL, and waits for the end. */
  readonly kill: () => Promise<void>;
  /** Starts it again, ending it first when it still runs; the configuration is read anew. */
  readonly restart: () => Promise<void>;
};

/** Why Synapse cannot be had on this machine; undefined when it can. With CI=true that is an error. */
export async function whyNoSynapse(): Promise<string | undefined> {
  try {
    await installSynapse();
    return undefined;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const reason = `Synapse ${VERSION} is not installed and could not be fetched from PyPI - ${detail}`;
    if (process.env["CI"] === "true") throw new Error(reason, { cause });
    return reason;
  }
}

let installing: Promise<string> | undefined;

/** Makes (once) a virtual environment with the pinned Synapse and gives the path of its Python. */
export async function installSynapse(): Promise<string> {
  installing ??= install();
  return await installing;
}

async function install(): Promise<string> {
  const version = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
  const python = (await run("python3", ["-c", version])).trim();
  const home = join(CACHE, `synapse-${python}-${VERSION}`);
  const executable = join(home, "bin", "python");
  if (await exists(executable)) return executable;
  const making = `${home}.${process.pid}`;
  try {
    await mkdir(CACHE, { recursive: true });
    await run("python3", ["-m", "venv", making]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(join(making, "bin", "python"), [...pip, `matrix-synapse==${VERSION}`]);
    await rename(making, home).catch(async (error: unknown) => {
      if (!(await exists(executable))) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return executable;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(300_000),
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors.trim().slice(-500)}`);
  return output;
}

/** Starts a Synapse on SQLite in a folder, without rate limits, and waits until it answers. */
export async function startSynapse(options: SynapseOptions): Promise<Synapse> {
  const python = await installSynapse();
  const { dir, serverName = "synapse.test" } = options;
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const configFile = join(dir, "homeserver.yaml");
  await mkdir(dir, { recursive: true });
  await writeConfig(configFile, { ...options, serverName, port });
  let child = await launch({ python, configFile, url, dir });
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "exit");
    child.kill(signal);
    await closed;
  };
  return {
    url,
    port,
    serverName,
    configFile,
    registerUser: (name, admin = false) => registerUser(url, { name, admin }),
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    restart: async () => {
      await end("SIGTERM");
      child = await launch({ python, configFile, url, dir });
    },
  };
}

type Running = { python: string; configFile: string; url: string; dir: string };

async function launch({ python, configFile, url, dir }: Running): Promise<ChildProcess> {
  const log = await open(join(dir, "synapse.out"), "a");
  const args = ["-m", "synapse.app.homeserver", "-c", configFile];
  const child = spawn(python, args, { cwd: dir, stdio: ["ignore", log.fd, log.fd] });
  await log.close();
  const lost = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.off("exit", endWithUs));
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const isUp = await fetch(`${url}/_matrix/client/versions`).then(
      (reply) => reply.ok,
      () => false,
    );
    if (lost()) throw new Error(`Synapse ended while starting: ${await tail(dir)}`);
    if (isUp) return child;
    if (Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`Synapse did not answer within ${READY_WITHIN_MS} ms: ${await tail(dir)}`);
    }
    await delay(50);
  }
}

async function tail(dir: string): Promise<string> {
  return (await readFile(join(dir, "synapse.out"), "utf8").catch(() => "")).slice(-2000);
}

async function writeConfig(
  configFile: string,
  options: SynapseOptions & { serverName: string; port: number },
): Promise<void> {
  const { dir } = options;
  const key = randomBytes(32).toString("base64").replaceAll("=", "");
  await writeFile(join(dir, "signing.key"), `ed25519 a_test ${key}\n`);
  await writeFile(join(dir, "log.yaml"), logConfig(join(dir, "synapse.log")));
  const config: Record<string, unknown> = {
    server_name: options.serverName,
    public_baseurl: `http://127.0.0.1:${options.port}`,
    report_stats: false,
    signing_key_path: join(dir, "signing.key"),
    media_store_path: join(dir, "media"),
    log_config: join(dir, "log.yaml"),
    registration_shared_secret: SHARED_SECRET,
    macaroon_secret_key: "macaroon-secret-of-a-test",
    form_secret: "form-secret-of-a-test",
    trusted_key_servers: [],
    enable_registration: true,
    enable_registration_without_verification: true,
    bcrypt_rounds: 4,
    database: { name: "sqlite3", args: { database: join(dir, "homeserver.db") } },
    listeners: [listener(options.port)],
    ...(options.registrations ? { app_service_config_files: options.registrations } : {}),
    experimental_features: {
      msc2409_to_device_messages_enabled: true,
      msc3202_transaction_extensions: true,
      msc4190_enabled: true,
    },
    ...noRateLimits(),
    ...options.config,
  };
  const lines = Object.entries(config).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}\n`,
  );
  await writeFile(configFile, lines.join(""));
}

function listener(port: number): unknown {
  const resources = [{ names: ["client"], compress: false }];
  return { port, bind_addresses: ["127.0.0.1"], type: "http", tls: false, resources };
}

function noRateLimits(): Record<string, unknown> {
  const free = { per_second: 1_000_000, burst_count: 1_000_000 };
  return {
    rc_message: free,
    rc_registration: free,
    rc_login: { address: free, account: free, failed_attempts: free },
    rc_joins: { local: free, remote: free },
    rc_joins_per_room: free,
    rc_invites: { per_room: free, per_user: free, per_issuer: free },
    rc_admin_redaction: free,
    rc_room_creation: free,
    rc_media_create: free,
    rc_presence: { per_user: free },
  };
}

function logConfig(filename: string): string {
  const config = {
    version: 1,
    formatters: { plain: { format: "%(asctime)s %(levelname)s %(name)s %(message)s" } },
    handlers: { file: { class: "logging.FileHandler", formatter: "plain", filename } },
    root: { level: "WARNING", handlers: ["file"] },
    disable_existing_loggers: false,
  };
  return `${JSON.stringify(config)}\n`;
}

/** Makes an account through Synapse's shared-secret registration. */
async function registerUser(
  url: string,
  user: { name: string; admin: boolean },
): Promise<{ userId: string; accessToken: string }> {
  const endpoint = `${url}/_synapse/admin/v1/register`;
  const offered: unknown = await (await fetch(endpoint)).json();
  const nonce = field(offered, "nonce");
  const password = randomBytes(9).toString("base64url");
  const fields = [nonce, user.name, password, user.admin ? "admin" : "notadmin"];
  const mac = createHmac("sha1", SHARED_SECRET).update(fields.join("\0")).digest("hex");
  const body = JSON.stringify({ nonce, username: user.name, password, admin: user.admin, mac });
  const headers = { "content-type": "application/json" };
  const reply = await fetch(endpoint, { method: "POST", headers, body });
  const made: unknown = await reply.json();
  return { userId: field(made, "user_id"), accessToken: field(made, "access_token") };
}

function field(value: unknown, name: string): string {
  const found: unknown =
    typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof found !== "string")
    throw new Error(`Synapse gave no ${name}: ${JSON.stringify(value)}`);
  return found;
}
