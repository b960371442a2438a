import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { loadConfig } from "@bridgebox/core/config";
import {
  buildDoublePuppet,
  buildRegistration,
  readRegistration,
  writeRegistration,
} from "@bridgebox/registration";
import type { Registration } from "@bridgebox/registration";
import { discord } from "@bridgebox/discord";
import { irc } from "@bridgebox/irc";
import { slack } from "@bridgebox/slack";
import { telegram } from "@bridgebox/telegram";
import { freePort } from "../free-port.ts";
import { DiscordServer } from "../networks/discord/index.ts";
import { IrcServer } from "../networks/irc/index.ts";
import { SlackServer } from "../networks/slack/index.ts";
import { TelegramServer } from "../networks/telegram/index.ts";
import { MatrixUser } from "../sandbox/client.ts";
import { SandboxHomeserver } from "../sandbox/homeserver/index.ts";
import { BoxChild } from "./box-child.ts";

/** What of the world a story needs. */
export interface StageOptions {
  readonly irc?: boolean;
  readonly slack?: boolean;
  readonly telegram?: boolean;
  readonly discord?: boolean;
  /** Rooms that the config binds: `[{ room, chats }]`. */
  readonly rooms?: readonly { readonly room: string; readonly chats: readonly string[] }[];
  /** Capabilities of the IRC server: none, if not given. */
  readonly ircCaps?: readonly string[];
  /** Merged over the IRC section of the config. */
  readonly ircConfig?: Readonly<Record<string, unknown>>;
  /** Merged over the Telegram section. */
  readonly telegramConfig?: Readonly<Record<string, unknown>>;
  /** Merged over the Slack section. */
  readonly slackConfig?: Readonly<Record<string, unknown>>;
  /** Merged over the Discord section. */
  readonly discordConfig?: Readonly<Record<string, unknown>>;
  /** The box has the second registration; the homeserver knows it, or not yet. */
  readonly doublePuppet?: "known" | "unknown";
  /** The box's own address is what other networks get links to. */
  readonly isPublic?: boolean;
  /** Merged over the top level. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The largest file that the homeserver takes, in bytes. */
  readonly maxUploadBytes?: number;
}

/** A homeserver, networks, people, and the real box between them. */
export interface Stage {
  readonly homeserver: SandboxHomeserver;
  readonly irc: IrcServer;
  readonly slack: SlackServer;
  /** The app that every stage's config declares. */
  readonly slackApp: ReturnType<SlackServer["addApp"]>;
  readonly telegram: TelegramServer;
  readonly discord: DiscordServer;
  readonly box: BoxChild;
  readonly dir: string;
  readonly domain: string;
  readonly statusToken: string;
  readonly boxUrl: string;
  /** The secret of the second registration, where there is one. */
  readonly puppetToken: string | undefined;
  person(name: string): MatrixUser;
  /** The homeserver learns of the second registration. */
  registerPuppets(): void;
  /** @throws AssertionError where anything said to one of the servers was against its network's rules. */
  close(): Promise<void>;
}

/** The Telegram bot that every stage's config declares. */
export const botToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
const statusToken = "stage-status-token-0123456789";

/** Builds the world and leaves the box unstarted, so that a story can set the scene first. */
export const openStage = async (options: StageOptions): Promise<Stage> => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-stage-"));
  const homeserver = await SandboxHomeserver.listen({
    serverName: "sandbox.test",
    ...(options.maxUploadBytes === undefined ? {} : { maxUploadBytes: options.maxUploadBytes }),
  });
  const ircServer = await IrcServer.listen({ network: "TestNet", caps: options.ircCaps ?? [] });
  const telegramServer = await TelegramServer.listen({});
  const slackServer = await SlackServer.listen();
  const slackApp = slackServer.addApp();
  const discordServer = await DiscordServer.listen();
  const port = await freePort();
  const boxUrl = `http://127.0.0.1:${port}`;
  const config = {
    homeserver: { address: homeserver.url, domain: homeserver.serverName },
    appservice: {
      address: boxUrl,
      ...(options.isPublic ? { public_address: boxUrl } : {}),
      port,
      admin_token: statusToken,
    },
    registration: join(dir, "registration.yaml"),
    ...(options.doublePuppet === undefined
      ? {}
      : { double_puppet: { registration: join(dir, "doublepuppet.yaml") } }),
    database: { path: join(dir, "box.db"), key_file: join(dir, "box.key") },
    permissions: { "*": "relay", [homeserver.serverName]: "user", "@admin:sandbox.test": "admin" },
    networks: {
      ...(options.irc === false ? {} : { irc: ircSection(ircServer, options.ircConfig) }),
      ...(options.slack
        ? { slack: { ...slackSection(slackServer, slackApp), ...options.slackConfig } }
        : {}),
      ...(options.telegram
        ? { telegram: { ...telegramSection(telegramServer), ...options.telegramConfig } }
        : {}),
      ...(options.discord
        ? { discord: { ...discordSection(discordServer), ...options.discordConfig } }
        : {}),
    },
    rooms: options.rooms ?? [],
    logging: { level: "debug", format: "json" },
    ...options.config,
  };
  writeFileSync(join(dir, "config.yaml"), dump(config), { mode: 0o600 });
  await register(dir, homeserver);
  const puppets =
    options.doublePuppet === undefined ? undefined : puppetsIn(dir, homeserver.serverName);
  const registerPuppets = (): void => {
    if (puppets) homeserver.addAppservice(known(puppets));
  };
  if (options.doublePuppet === "known") registerPuppets();
  const box = new BoxChild(dir);
  const wrong = (): readonly unknown[] => [
    ...ircServer.violations,
    ...slackServer.violations,
    ...telegramServer.unhandled,
    ...telegramServer.faults,
    ...discordServer.violations,
  ];
  return {
    homeserver,
    irc: ircServer,
    slack: slackServer,
    slackApp,
    telegram: telegramServer,
    discord: discordServer,
    box,
    dir,
    domain: homeserver.serverName,
    statusToken,
    puppetToken: puppets?.as_token,
    registerPuppets,
    boxUrl,
    person: (name) => new MatrixUser({ url: homeserver.url, ...homeserver.addUser(name) }),
    close: async () => {
      await box.stop();
      await homeserver.close();
      await ircServer.close();
      await slackServer.close();
      await telegramServer.close();
      await discordServer.close();
      rmSync(dir, { recursive: true, force: true });
      assert.deepEqual(wrong(), [], "said to a network against its rules");
    },
  };
};

const ircSection = (
  server: IrcServer,
  more: Readonly<Record<string, unknown>> | undefined,
): object => ({
  type: "irc",
  server: "127.0.0.1",
  port: server.port,
  tls: false,
  nick: "bridgebox",
  flood: "off",
  ...more,
});

const slackSection = (server: SlackServer, { app, botToken }: Stage["slackApp"]): object => ({
  type: "slack",
  bot_token: botToken.text,
  app_token: app.appToken,
  client_id: app.clientId,
  client_secret: app.clientSecret,
  api_url: server.apiUrl,
});

const telegramSection = (server: TelegramServer): object => ({
  type: "telegram",
  api_id: 12345,
  api_hash: "0123456789abcdef0123456789abcdef00",
  bots: [botToken],
  server: {
    host: "127.0.0.1",
    port: server.port,
    public_key: server.publicKeyPem,
    dc: server.dcId,
  },
});

const discordSection = (server: DiscordServer): object => ({
  type: "discord",
  token: server.token,
  server: { api: server.api, media: [new URL(server.base).host] },
});

/** What an admin does with `npm run register`, and gives to the homeserver. */
const register = async (dir: string, homeserver: SandboxHomeserver): Promise<void> => {
  const loaded = await loadConfig({
    path: join(dir, "config.yaml"),
    env: {},
    adapters: {
      irc: () => Promise.resolve(irc),
      slack: () => Promise.resolve(slack),
      telegram: () => Promise.resolve(telegram),
      discord: () => Promise.resolve(discord),
    },
  });
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  const path = join(dir, "registration.yaml");
  writeRegistration(path, buildRegistration(loaded.config));
  const registration = load(readFileSync(path, "utf8"));
  homeserver.addAppservice(known(registration));
};

/** What `npm run register -- --double-puppet` writes. */
const puppetsIn = (dir: string, domain: string): Registration => {
  const path = join(dir, "doublepuppet.yaml");
  const appservice = { id: "bridgebox", address: "", bot: { username: "bridgebox" } };
  const plan = { homeserver: { domain }, appservice, networks: [] };
  writeRegistration(path, buildDoublePuppet(plan));
  const read = readRegistration(path);
  if (!read.ok) throw new Error(read.problem);
  return read.registration;
};

type Known = Parameters<SandboxHomeserver["addAppservice"]>[0];

const known = (registration: unknown): Known => registration as Known;
