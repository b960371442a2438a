import assert from "node:assert/strict";
import { chatId, loginId } from "@bridgebox/core/adapter";
import type { ChatRef, Connection, MediaRef, MediaStream, Session } from "@bridgebox/core/adapter";
import { MemoryHost, until } from "@bridgebox/core/testing";
import type { Kept } from "@bridgebox/core/testing";
import { DiscordServer } from "../../../../test/networks/discord/index.ts";
import type { Channel, Guild, User } from "../../../../test/networks/discord/index.ts";
import type { DiscordAccount } from "../config.ts";
import { discord } from "../index.ts";

/** The config of a box whose Discord is that server. */
export const configFor = (server: DiscordServer) => ({
  server: { api: server.api, media: [new URL(server.base).host] },
});

/** A bot that is connected, in front of a host in memory. */
export interface Live {
  readonly host: MemoryHost;
  readonly connection: Connection;
  close(): Promise<void>;
}

/** A Discord with a guild of two people and the bot. */
export interface Fixture {
  readonly server: DiscordServer;
  readonly guild: Guild;
  readonly channel: Channel;
  readonly bob: User;
  readonly carol: User;
  readonly chat: ChatRef;
  /** What the core holds of files, by their locators. */
  readonly files: Map<string, Uint8Array>;
  /** Those of them that were opened, and neither read to the end nor let go of. */
  readonly reading: Set<string>;
  /** Connects the bot of the config; `kept` is what a life before left behind, `chats` what the core has more. */
  readonly live: (kept?: Kept, chats?: readonly ChatRef[]) => Promise<Live>;
  close(): Promise<void>;
}

export const chatFor = (channel: Channel): ChatRef => ({ id: chatId(channel.id) });

export const openFixture = async (more: object = {}): Promise<Fixture> => {
  const server = await DiscordServer.listen();
  const bob = server.addUser({ username: "bob", global_name: "Bob" });
  const carol = server.addUser({ username: "carol", global_name: "Carol" });
  const owner = server.addUser({ username: "owner" });
  const guild = server.addGuild("The club", [owner, bob, carol]);
  const channel = server.addChannel(guild, { name: "lounge" });
  const files: Fixture["files"] = new Map();
  const reading: Fixture["reading"] = new Set();
  const lives: Live[] = [];
  const parsed = discord.config.parse({ ...configFor(server), token: server.token, ...more });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const config = parsed.value;
  return {
    server,
    guild,
    channel,
    bob,
    carol,
    chat: chatFor(channel),
    files,
    reading,
    live: async (kept, chats = []) => {
      const host = new MemoryHost(kept);
      host.chats.push(chatFor(channel), ...chats);
      const network = await discord.open(host.host, config);
      const [login] = network.standing ?? [];
      assert.ok(login);
      const connection = await network.connect(
        login,
        withFiles(host.session(), { files, reading }),
      );
      const close = async (): Promise<void> => {
        await connection.close();
        host.stop();
        await network.close();
      };
      const live = { host, connection, close };
      lives.push(live);
      return live;
    },
    close: async () => {
      await Promise.all(lives.map((live) => live.close()));
      await server.close();
      assert.deepEqual(server.violations, []);
    },
  };
};

const withFiles = (
  session: Session<DiscordAccount>,
  { files, reading }: Pick<Fixture, "files" | "reading">,
): Session<DiscordAccount> => ({
  ...session,
  media: {
    ...session.media,
    open: async ({ locator }: MediaRef): Promise<MediaStream> => {
      const name = typeof locator === "string" ? locator : "";
      const file = files.get(name);
      assert.ok(file, "there is no such file");
      reading.add(name);
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            controller.enqueue(file);
            controller.close();
            reading.delete(name);
          },
          cancel: () => void reading.delete(name),
        },
        { highWaterMark: 0 },
      );
      return { body, size: file.length };
    },
  },
});

/** Resolves as soon as the bot is connected. */
export const connected = (live: Live): Promise<unknown> =>
  until("the bot connects", () => live.host.states.at(-1)?.state === "connected");

export const botLogin = (server: DiscordServer) => loginId(`bot:${server.bot.id}`);
