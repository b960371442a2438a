import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dump, load } from "js-yaml";
import { IrcPerson } from "../networks/irc/index.ts";
import { TelegramServer } from "../networks/telegram/index.ts";
import { asBody, MatrixUser } from "../sandbox/client.ts";
import { freePort } from "../free-port.ts";
import { botToken } from "../stage/stage.ts";
import { Checkout } from "./checkout.ts";
import { readmeSteps } from "./readme-steps.ts";
import { startNgircd, whyNoNgircd } from "./servers/ngircd.ts";
import type { Listening } from "./servers/child.ts";
import { startSynapse, whyNoSynapse } from "./servers/synapse.ts";
import type { Synapse } from "./servers/synapse.ts";

/** Real servers, a Telegram of our own, and a checkout in which the box runs. */
export interface RealWorld {
  readonly synapse: Synapse;
  readonly ngircd: Listening;
  readonly telegram: TelegramServer;
  readonly checkout: Checkout;
  readonly domain: string;
  person(name: string): Promise<MatrixUser>;
  irc(nick: string): Promise<IrcPerson>;
  close(): Promise<void>;
}

/** Why the real servers cannot be had here; with CI=true that is a failure. */
export const whyNoRealWorld = async (): Promise<string | undefined> => {
  const reasons = [await whyNoSynapse(), await whyNoNgircd()].filter((why) => why !== undefined);
  if (reasons.length === 0) return undefined;
  if (process.env["CI"] === "true") throw new Error(reasons.join("\n"));
  return reasons.join("; ");
};

/** The room that the config binds to a channel and a group. */
export const boundAlias = "lobby";

/** Starts the servers; the box is not even configured. */
export const openRealWorld = async (): Promise<RealWorld> => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-e2e-"));
  const [synapse, ngircd, telegram] = await Promise.all([
    startSynapse({ dir: join(dir, "synapse") }),
    startNgircd({ dir: join(dir, "ngircd") }),
    TelegramServer.listen({}),
  ]);
  const checkout = new Checkout(join(dir, "bridgebox"));
  const people: IrcPerson[] = [];
  return {
    synapse,
    ngircd,
    telegram,
    checkout,
    domain: synapse.serverName,
    person: async (name) =>
      new MatrixUser({ url: synapse.url, ...(await synapse.registerUser(name)) }),
    irc: async (nick) => {
      const person = await IrcPerson.connect({ port: ngircd.port, nick });
      people.push(person);
      return person;
    },
    close: async () => {
      await checkout.end("SIGTERM");
      await Promise.all(people.filter((one) => !one.gone).map((one) => one.quit()));
      await Promise.all([synapse.stop(), ngircd.stop(), telegram.close()]);
      keepLog(checkout.log);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** The log of the last run stays, for whoever looks for the reason of a failure. */
const keepLog = (log: string): void => {
  const kept = fileURLToPath(new URL("../../.cache/e2e", import.meta.url));
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, "box.log"), log);
};

/**
 * Does what the README says, command by command: answers the questions it names and takes Enter for the
 * others, gives the printed lines to the homeserver, starts the box and lets the doctor look. Returns the
 * command that starts it.
 */
export const followReadme = async (world: RealWorld): Promise<string> => {
  const { commands, fields } = readmeSteps();
  assert.ok(commands.length <= 10, `the README has ${commands.length} commands`);
  assert.ok(fields.length <= 3, `the README has people fill in ${fields.join(", ")}`);
  const { checkout } = world;
  let start: string | undefined;
  for (const command of commands) {
    if (/^npm start -- -c config\.yaml$/.test(command)) {
      start = command;
      await checkout.start(command);
    } else if (/run init/.test(command)) {
      const said = await answerAll(world, command, fields);
      await addScene(world);
      // What an admin does after every change of the config.
      await checkout.run("npm run register -- -c config.yaml");
      await assert.rejects(
        checkout.run(doctor),
        /failed +as_token: .* has not read .*\n +→ Put the lines/,
      );
      await giveLines(world.synapse, said);
      // The box is not running yet: the doctor takes the homeserver's ping itself.
      const seen = await checkout.run(`${doctor} --homeserver-config ${world.synapse.configFile}`);
      for (const check of ["as_token", "ping", "media", "homeserver config", "telegram: server"])
        assert.match(seen, new RegExp(`^ok +${check}: `, "m"));
    } else if (!/npm (?:ci|install)/.test(command) && !command.startsWith("git clone")) {
      await checkout.run(command);
    }
  }
  assert.ok(start, "the README starts the box with a config");
  return start;
};

const doctor = "npm run doctor -- -c config.yaml";

const answerAll = async (
  { checkout, synapse, ngircd }: RealWorld,
  command: string,
  fields: readonly string[],
): Promise<string> => {
  const values = new Map([
    ["homeserver.address", synapse.url],
    ["homeserver.domain", synapse.serverName],
    ["networks.irc.server", ngircd.host],
  ]);
  const asked = new Set<string>();
  const said = await checkout.run(command, (key) => {
    asked.add(key);
    return fields.includes(key) ? (values.get(key) ?? "") : "";
  });
  for (const field of fields)
    assert.ok(asked.has(field) && values.has(field), `${field}, which the README names, is asked`);
  return said;
};

/** What this scene is about, beside what the README fills in. */
const addScene = async (world: RealWorld): Promise<void> => {
  const { checkout, ngircd, telegram } = world;
  const path = join(checkout.dir, "config.yaml");
  const config = asBody(load(readFileSync(path, "utf8")));
  const port = await freePort();
  put(config, "networks.irc.port", ngircd.port);
  put(config, "networks.irc.tls", false);
  put(config, "networks.irc.flood", "off");
  put(config, "networks.telegram", telegramSection(telegram));
  put(config, "appservice.port", port);
  put(config, "appservice.address", `http://127.0.0.1:${port}`);
  put(config, "logging.level", "debug");
  put(config, "rooms", [
    { room: `#${boundAlias}:${world.domain}`, chats: ["irc #lobby", "telegram thelobby"] },
  ]);
  writeFileSync(path, dump(config), { mode: 0o600 });
};

const telegramSection = (telegram: TelegramServer): object => ({
  type: "telegram",
  api_id: telegram.apiId,
  api_hash: telegram.apiHash,
  bots: [botToken],
  server: {
    host: "127.0.0.1",
    port: telegram.port,
    public_key: telegram.publicKeyPem,
    dc: telegram.dcId,
  },
});

const put = (config: Record<string, unknown>, field: string, value: unknown): void => {
  const [first = "", ...rest] = field.split(".");
  if (rest.length === 0) {
    config[first] = value;
    return;
  }
  const inner = asBody(config[first]);
  put(inner, rest.join("."), value);
  config[first] = inner;
};

/** The lines that `init` printed for Synapse go into homeserver.yaml, and Synapse is restarted. */
export const giveLines = async (synapse: Synapse, said: string): Promise<void> => {
  const lines = /^app_service_config_files:\n {2}- .+$/m.exec(said)?.[0];
  assert.ok(lines, `init printed no lines for Synapse:\n${said}`);
  await appendFile(synapse.configFile, `${lines}\n`);
  await synapse.restart();
};
