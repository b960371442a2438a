import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { nearest } from "./adapter/index.ts";
import type { Log } from "./adapter/index.ts";
import { checkConfig, loadConfig, sampleConfig, wrongFlag } from "./config/index.ts";
import type { BoxConfig, ConfigSource } from "./config/index.ts";
import type { AnyAdapter } from "./engine/index.ts";
import { createLog } from "./observe/log.ts";
import type { BoxLog } from "./observe/log.ts";
import type { Running } from "./run.ts";
import { surviveUnhandled } from "./observe/unhandled.ts";

/** The only place that loads adapters by name, and only the configured ones: their libraries are heavy. */
const adapters = {
  irc: async (): Promise<AnyAdapter> => (await import("@bridgebox/irc")).irc,
  slack: async (): Promise<AnyAdapter> => (await import("@bridgebox/slack")).slack,
  telegram: async (): Promise<AnyAdapter> => (await import("@bridgebox/telegram")).telegram,
  discord: async (): Promise<AnyAdapter> => (await import("@bridgebox/discord")).discord,
} as const;

const help = `bridgebox – one box, every bridge

  npm start                              the sandbox: everything in one page, nothing leaves this computer
  npm start -- -c config.yaml            runs the box
  npm start -s -- -e > config.yaml       prints a config to start from
  npm start -- -c config.yaml --check    says what is wrong in a config
  npm run register -- -c config.yaml     writes the registration and prints the lines for your homeserver
  npm run register -- -c config.yaml --double-puppet
                                         the same for the second one, by which people speak as themselves
  npm run init                           asks what it has to know, and writes config and registration
  npm run doctor -- -c config.yaml       looks at everything that has to be right, and says how to mend it
  npm run backup -- -c config.yaml PLACE copies the database, also while the box runs
  npm run restore -- -c config.yaml FILE puts such a copy in its place

  -c, --config FILE         the config
  -r, --registration FILE   the registration, instead of the one that the config names
  -g, --generate            writes the registration, as "register" does
  -e, --example             prints the sample config
      --double-puppet       with "register": the registration over the people of the homeserver
      --check               checks the config and exits
      --forget-logins       after the loss of the box key: forgets what it had sealed and exits
  -n, --no-update           taken, and nothing to heed: the config is never written to
  -v, --version    -h, --help

init, doctor, backup and restore say more themselves: npm run init -- --help.

Exit codes: 0 well, 1 wrong use, 10 config unreadable, 11 config wrong, 12 config not written,
20 registration unreadable or not writable, 21 registration wrong, 30 the box could not start, 40 doctor found something,
50 not copied or not restored, 64 Node too old, 130 interrupted.`;

const say = (line: string): void => console.log(line);
const complain = (line: string): void => console.error(line);

/** Everything the command line may say. Resolves when the box or the sandbox is running, or it is done. */
export const main = async (argv: readonly string[]): Promise<void> => {
  const [first, ...rest] = argv;
  if (first === "init") return init(rest);
  if (first === "doctor") return doctor(rest);
  if (first === "backup" || first === "restore") return backup(first, rest);
  const parsed = parse(argv);
  if (parsed === undefined) return;
  const { values, positionals } = parsed;
  const [command = "start"] = positionals;
  if (command !== "start" && command !== "register") {
    complain(`Nothing was done: there is no command ${command}.${meant(command)}\n\n${help}`);
    process.exitCode = 1;
    return;
  }
  if (values.help) return say(help);
  if (values.version) return say(version());
  if (values.example) return say(sampleConfig(await allAdapters()));
  const path = values.config ?? process.env["BRIDGEBOX_CONFIG"];
  const other = values.check || values.generate || values["forget-logins"];
  if (command === "start" && path === undefined && !other) return sandbox();
  if (path === undefined) {
    complain(`Nothing was done: say which config, as in "npm run register -- -c config.yaml".`);
    process.exitCode = 1;
    return;
  }
  const source: ConfigSource = { path, env: process.env, adapters, foreign };
  if (values.check) {
    process.exitCode = await checkConfig(source, say);
    return;
  }
  if (command === "register" && values["forget-logins"]) {
    complain("Nothing was done: --forget-logins is a run of its own, without register.");
    process.exitCode = 1;
    return;
  }
  const loaded = await loadConfig(source);
  if (!loaded.ok) {
    for (const problem of loaded.problems) complain(problem);
    process.exitCode = loaded.why === "unreadable" ? 10 : 11;
    return;
  }
  const registration = values.registration ?? loaded.config.registration;
  if (values["double-puppet"])
    return registerPuppets(command, { file: path, config: loaded.config, beside: registration });
  if (command === "register" || values.generate) return register(path, loaded.config, registration);
  if (values["forget-logins"]) return forget(loaded.config);
  await start({ ...source, path }, loaded.config, registration);
};

const commandNames = ["start", "register", "init", "doctor", "backup", "restore"];

const meant = (command: string): string => {
  const close = nearest(command, commandNames);
  if (close === undefined) return "";
  return commandNames.includes(command) ? ` Put ${command} first.` : ` Did you mean ${close}?`;
};

const init = async (argv: readonly string[]): Promise<void> => {
  const { runInit } = await import("./init/index.ts");
  const path = process.env["BRIDGEBOX_CONFIG"];
  process.exitCode = await runInit({
    argv,
    source: { path, env: process.env, adapters, foreign },
    input: process.stdin,
    output: process.stdout,
    say,
    complain,
  });
};

/** An interrupted look closes what it opened, and is over. */
const doctor = async (argv: readonly string[]): Promise<void> => {
  const { runDoctor } = await import("./doctor/index.ts");
  const path = process.env["BRIDGEBOX_CONFIG"];
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  const source = { path, env: process.env, adapters, foreign };
  process.exitCode = await runDoctor({ argv, source, say, complain, signal: stop.signal });
};

const backup = async (command: "backup" | "restore", argv: readonly string[]): Promise<void> => {
  const { runBackup } = await import("./backup/index.ts");
  const path = process.env["BRIDGEBOX_CONFIG"];
  const source = { path, env: process.env, adapters, foreign };
  const now = new Date();
  process.exitCode = await runBackup({ command, argv, source, now, say, complain });
};

/** Read by the tests' failpoints and by this file, not by the config. */
const foreign = ["BRIDGEBOX_CONFIG", "BRIDGEBOX_FAILPOINT"];

const options = {
  config: { type: "string", short: "c" },
  registration: { type: "string", short: "r" },
  generate: { type: "boolean", short: "g" },
  example: { type: "boolean", short: "e" },
  "double-puppet": { type: "boolean" },
  check: { type: "boolean" },
  "no-update": { type: "boolean", short: "n" },
  "forget-logins": { type: "boolean" },
  version: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
} as const;

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options,
    });
  } catch (error) {
    complain(`Nothing was done: ${wrongFlag(error, Object.keys(options))}\n\n${help}`);
    process.exitCode = 1;
    return undefined;
  }
};

const version = (): string => {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const read: unknown = JSON.parse(file);
  const found = typeof read === "object" && read !== null && "version" in read ? read.version : "";
  return String(found);
};

const allAdapters = (): Promise<AnyAdapter[]> =>
  Promise.all(Object.values(adapters).map((load) => load()));

const register = async (file: string, config: BoxConfig, path: string): Promise<void> => {
  const { registerCommand, runRegister } = await import("@bridgebox/registration");
  process.exitCode = runRegister({ config, path, making: registerCommand(file), print: say });
};

/** Beside the first one, unless the config names another place. */
const registerPuppets = async (
  command: string,
  {
    file,
    config,
    beside,
  }: { readonly file: string; readonly config: BoxConfig; readonly beside: string },
): Promise<void> => {
  if (command !== "register") {
    complain(`Nothing was done: --double-puppet belongs to "register".`);
    process.exitCode = 1;
    return;
  }
  const { registerCommand, runDoublePuppet } = await import("@bridgebox/registration");
  const { registration } = config.doublePuppet;
  const path = registration ?? join(dirname(config.registration), "doublepuppet.yaml");
  const named = registration !== undefined;
  const making = registerCommand(file, " --double-puppet");
  process.exitCode = runDoublePuppet({ config, path, beside, named, making, print: say });
};

const forget = async ({ database, logging }: BoxConfig): Promise<void> => {
  const { forgetLogins } = await import("./store/index.ts");
  try {
    const forgot = await forgetLogins(
      database,
      createLog({ ...logging, write: (line) => void process.stderr.write(line) }),
    );
    say(
      forgot
        ? "What the lost box key had sealed is forgotten. Start the box: everybody who had a login logs in again."
        : "Nothing was forgotten: the box key is there and fits the store.",
    );
  } catch (error) {
    complain(`Nothing was forgotten: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 30;
  }
};

const start = async (
  source: ConfigSource & { readonly path: string },
  config: BoxConfig,
  path: string,
): Promise<void> => {
  const {
    buildDoublePuppet,
    buildRegistration,
    diffRegistration,
    readRegistration,
    registerCommand,
  } = await import("@bridgebox/registration");
  const making = registerCommand(source.path);
  const makingPuppets = registerCommand(source.path, " --double-puppet");
  const read = readRegistration(path, making);
  if (!read.ok) {
    complain(read.problem);
    process.exitCode = read.why === "bad" ? 21 : 20;
    return;
  }
  const { registration } = read;
  const second = config.doublePuppet.registration;
  const puppets = second === undefined ? undefined : readRegistration(second, makingPuppets);
  if (puppets && !puppets.ok) {
    complain(puppets.problem);
    process.exitCode = puppets.why === "bad" ? 21 : 20;
    return;
  }
  const stale = diffRegistration(registration, buildRegistration(config, registration));
  const log = createLog({
    ...config.logging,
    write: (line) => void process.stdout.write(line),
  });
  surviveUnhandled(log);
  if (stale.length > 0)
    log.warn(`The registration is not what the config asks for: run \`${making}\``, { path });
  if (
    puppets &&
    diffRegistration(puppets.registration, buildDoublePuppet(config, puppets.registration)).length
  )
    log.warn(`The second registration is not what the config asks for: run \`${makingPuppets}\``, {
      path: second,
    });
  const wanted = new Set(config.networks.filter(({ enabled }) => enabled).map(({ type }) => type));
  const loaded = new Map<string, AnyAdapter>();
  for (const [type, load] of Object.entries(adapters))
    if (wanted.has(type)) loaded.set(type, await load());
  let running: Running | undefined;
  let asked = false;
  process.on("SIGHUP", () => {
    asked = running === undefined;
    if (running) void reload(source, running, log);
  });
  const { runBox } = await import("./run.ts");
  const { createFailpoints } = await import("./testing/failpoints.ts");
  const failpoints = createFailpoints(process.env["BRIDGEBOX_FAILPOINT"]);
  try {
    const box = await runBox({
      version: version(),
      config,
      registration,
      ...(puppets ? { puppetToken: puppets.registration.as_token } : {}),
      adapters: loaded,
      log,
      failpoint: (name) => failpoints.hit(name),
    });
    running = box;
    if (asked) void reload(source, box, log);
    untilStopped(log, () => box.stop());
  } catch (error) {
    complain(`The box did not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(30);
  }
};

/** Reads the config anew and takes what can change in a running box. A config with a mistake changes nothing. */
const reload = async (source: ConfigSource, box: Running, log: BoxLog): Promise<void> => {
  const loaded = await loadConfig(source).catch((error: unknown) => ({
    ok: false as const,
    problems: [String(error)],
  }));
  if (!loaded.ok) {
    const { problems } = loaded;
    log.error("The config was not read anew: it is wrong, and the box goes on as it was", {
      problems,
    });
    return;
  }
  const { config, taken, left } = box.reload(loaded.config);
  log.setLevel(config.logging.level);
  log.info("The config was read anew", { taken });
  if (left.length > 0)
    log.warn("Some of what changed in the config holds only after a restart", { keys: left });
};

const sandbox = async (): Promise<void> => {
  const { startSandbox } = await import("@bridgebox/test/sandbox");
  const stop = new AbortController();
  const running = await startSandbox({ print: say, signal: stop.signal }).catch(
    (error: unknown) => {
      complain(
        `The sandbox did not start: ${error instanceof Error ? error.message : String(error)}`,
      );
      process.exit(30);
    },
  );
  untilStopped(undefined, async () => {
    stop.abort();
    await running.close();
  });
};

/** Ends cleanly at the first signal, at once at the second. */
const untilStopped = (log: Log | undefined, stop: () => Promise<void>): void => {
  let stopping = false;
  const end = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    log?.info("Stopping");
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        complain(`It did not stop cleanly: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
};
