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
import { botToken, freePort } from "../stage/stage.ts";
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
 * Does what the README says, command by command: makes the config, fills in the fields it names,
 * registers, gives the printed lines to the homeserver, and starts the box. Returns the command that
 * starts it.
 */
export const followReadme = async (world: RealWorld): Promise<string> => {
  const { commands, fields } = readmeSteps();
  const { checkout } = world;
  let start: string | undefined;
  for (const command of commands) {
    if (/^npm start -- -c config\.yaml$/.test(command)) {
      start = command;
      await checkout.start(command);
      continue;
    }
    if (/npm (?:ci|install)/.test(command) || command.startsWith("git clone")) continue;
    const said = await checkout.run(command);
    if (/> ?config\.yaml|config\.sample\.yaml config\.yaml/.test(command))
      await fillIn(world, fields);
    if (/run register/.test(command)) await install(world, said);
  }
  assert.ok(start, "the README starts the box with a config");
  return start;
};

/** The keys that the README names get this network's values; the rest is what this scene is about. */
const fillIn = async (world: RealWorld, fields: readonly string[]): Promise<void> => {
  const { checkout, synapse, ngircd, telegram } = world;
  const path = join(checkout.dir, "config.yaml");
  const config = asBody(load(readFileSync(path, "utf8")));
  const values = new Map<string, unknown>([
    ["homeserver.address", synapse.url],
    ["homeserver.domain", synapse.serverName],
    ["networks.irc.server", ngircd.host],
    ["networks.irc.port", ngircd.port],
    ["networks.irc.tls", false],
    ["networks.irc.nick", "bridgebox"],
  ]);
  for (const field of ["homeserver.address", "homeserver.domain", "networks.irc.server"])
    assert.ok(fields.includes(field), `the README names ${field}`);
  for (const field of fields) {
    assert.ok(values.has(field), `${field}, which the README names, has no value here`);
    put(config, field, values.get(field));
  }
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

/** The lines that `register` printed for Synapse go into homeserver.yaml, and Synapse is restarted. */
const install = async ({ synapse }: RealWorld, said: string): Promise<void> => {
  const lines = /^app_service_config_files:\n {2}- .+$/m.exec(said)?.[0];
  assert.ok(lines, `register printed no lines for Synapse:\n${said}`);
  await appendFile(synapse.configFile, `${lines}\n`);
  await synapse.restart();
};
