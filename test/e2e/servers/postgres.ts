import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../free-port.ts";
import { fromDebian } from "./debian.ts";

const run = promisify(execFile);
/** Every release of Debian has one major version, in a folder of its number. */
const binaries = "/usr/lib/postgresql/*/bin/initdb";
const user = "bridgebox";
const password = "pa-55-word-of-a-test";
const startsWithin = 20_000;

/** A PostgreSQL of the tests' own, in a folder that is gone when it is closed. */
export interface Postgres {
  readonly port: number;
  /** With the password, and without a query. */
  readonly uri: string;
  readonly password: string;
  /** The database of that name, made if it is not there. */
  database(name: string): Promise<string>;
  /** Lets connections be encrypted from now on; resolves with the file of its certificate. */
  encrypt(): Promise<string>;
  /** A folder in that one which is the server's own. */
  folder(dir: string): Promise<string>;
  /** Runs SQL as its superuser and gives what it prints, values only. */
  sql(statement: string, database?: string): Promise<string>;
  /** Ends it as an administrator would: everybody is cut off, and what is open is undone. */
  stop(): Promise<void>;
  /** Ends it as a crash would: it has to recover at the next start. */
  crash(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Why there can be no PostgreSQL here, or undefined once there is one; installs it from Debian where it may. */
export const whyNoPostgres = fromDebian({
  name: "PostgreSQL",
  packages: ["postgresql"],
  path: binaries,
});

const binary = (name: string): string => {
  const [found] = globSync(binaries).toSorted().toReversed();
  if (found === undefined) throw new Error("PostgreSQL is not installed");
  return join(dirname(found), name);
};

/** The server refuses to run as root; the user that Debian makes for it will do. */
const identity = async (): Promise<{ readonly uid?: number; readonly gid?: number }> => {
  if (process.getuid?.() !== 0) return {};
  const numbers = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, "postgres"])));
  const [uid, gid] = numbers.map(({ stdout }) => Number(stdout));
  return uid === undefined || gid === undefined ? {} : { uid, gid };
};

/** Makes a cluster and starts it on a free port of the loopback; what is committed is synced to disk. */
export const startPostgres = async (): Promise<Postgres> => {
  const dir = await mkdtemp(join(tmpdir(), "bridgebox-postgres-"));
  const as = await identity();
  const port = await freePort();
  const secret = join(dir, "password");
  await chmod(dir, 0o711);
  await writeFile(secret, `${password}\n`, { mode: 0o600 });
  const own = async (path: string): Promise<void> => {
    if (as.uid !== undefined && as.gid !== undefined) await chown(path, as.uid, as.gid);
  };
  for (const path of [dir, secret]) await own(path);
  const folder = async (inside: string): Promise<string> => {
    const path = join(inside, "data");
    await mkdir(path, { mode: 0o700 });
    await own(path);
    return path;
  };
  const data = await folder(dir);
  const access = [`--username=${user}`, "--auth=scram-sha-256", `--pwfile=${secret}`];
  const kind = ["--encoding=UTF8", "--locale=C", "--no-sync", "-D", data];
  await run(binary("initdb"), [...access, ...kind], { ...as, cwd: dir });
  const settings = ["fsync=on", "shared_buffers=32MB", "max_connections=40", "log_checkpoints=off"];
  const args = ["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", dir];
  const flags = [...args, ...settings.flatMap((setting) => ["-c", setting])];
  const uriOf = (name: string): string =>
    `postgres://${user}:${password}@127.0.0.1:${port}/${name}`;
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = await launch(flags, { ...as, cwd: dir });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };
  const sql = async (statement: string, name = "postgres"): Promise<string> => {
    const { stdout } = await run("psql", ["-XAtq", "-d", uriOf(name), "-c", statement]);
    return stdout.trim();
  };
  await start();
  return {
    port,
    uri: uriOf("postgres"),
    password,
    folder,
    async encrypt() {
      const [key, certificate] = [join(dir, "server.key"), join(dir, "server.crt")];
      const name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
      const kind = [
        "-x509",
        "-nodes",
        "-days",
        "2",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
      ];
      await run("openssl", ["req", ...kind, ...name, "-keyout", key, "-out", certificate]);
      await chmod(key, 0o600);
      await own(key);
      await own(certificate);
      for (const [setting, value] of Object.entries({
        ssl_key_file: key,
        ssl_cert_file: certificate,
        ssl: "on",
      }))
        await sql(`alter system set ${setting} = '${value}'`);
      await sql("select pg_reload_conf()");
      while ((await sql("show ssl")) !== "on");
      return certificate;
    },
    sql,
    start,
    async database(name) {
      if ((await sql(`select 1 from pg_database where datname = '${name}'`)) === "")
        await sql(`create database ${name}`);
      return uriOf(name);
    },
    stop: () => end("SIGINT"),
    crash: () => end("SIGQUIT"),
    async close() {
      await end("SIGINT");
      await rm(dir, { recursive: true, force: true });
    },
  };
};

interface Spawning {
  readonly cwd: string;
  readonly uid?: number;
  readonly gid?: number;
}

const launch = async (flags: readonly string[], how: Spawning): Promise<ChildProcess> => {
  const child = spawn(binary("postgres"), flags, { ...how, stdio: ["ignore", "ignore", "pipe"] });
  const endWithUs = (): void => void child.kill("SIGQUIT");
  process.once("exit", endWithUs);
  child.once("exit", () => process.off("exit", endWithUs));
  let said = "";
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(said)), startsWithin);
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      if (said.includes("ready to accept connections")) {
        clearTimeout(late);
        resolve();
      }
    });
    child.once("exit", () => {
      clearTimeout(late);
      reject(new Error(said));
    });
  }).catch((cause: unknown) => {
    child.kill("SIGQUIT");
    throw new Error(`PostgreSQL did not start: ${said}`, { cause });
  });
  return child;
};
