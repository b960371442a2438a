import assert from "node:assert/strict";
import { chatId, loginId, type ChatRef, type NewLogin } from "@bridgebox/core/adapter";
import { until, type MemoryHost } from "@bridgebox/core/testing";
import { TelegramServer, type Account } from "../../../../test/networks/telegram/index.ts";
import type { TelegramAccount, TelegramConfig } from "../config.ts";
import { telegram } from "../index.ts";
import { answering, connect, type Live } from "./login.ts";

/** A Telegram with three accounts, and logins that end with it. */
export interface Fixture {
  readonly server: TelegramServer;
  readonly alice: Account;
  readonly bob: Account;
  readonly bot: Account;
  readonly config: TelegramConfig;
  readonly logIn: (account: Account) => Promise<NewLogin<TelegramAccount>>;
  /** A login that is connected; with `core`, the same one after a restart. */
  readonly goLive: (account: Account, core?: MemoryHost) => Promise<Live>;
  close(): Promise<void>;
}

/** The private chat of a login with somebody. */
export const privateChat = (me: Account, other: Account): ChatRef => ({
  id: chatId(`user:${other.id}`),
  receiver: loginId(`tg:${me.id}`),
});

/** A basic group as a login sees it. */
export const groupChat = (me: Account, group: { readonly id: number }): ChatRef => ({
  id: chatId(`chat:${group.id}`),
  receiver: loginId(`tg:${me.id}`),
});

/** A supergroup, which is the same for everybody. */
export const channelChat = (channel: { readonly id: number }): ChatRef => ({
  id: chatId(`channel:${channel.id}`),
});

/** A Telegram whose differences come in slices. */
export const openServer = (
  shortUpdates = false,
  centres: readonly number[] = [],
): Promise<TelegramServer> => TelegramServer.listen({ sliceSize: 4, shortUpdates, centres });

let worlds = 0;

/** People of its own, on a Telegram of its own or on one that several tests share. */
export const openFixture = async (shared?: TelegramServer): Promise<Fixture> => {
  const server = shared ?? (await openServer());
  worlds += 1;
  const phone = `1555${worlds}000`;
  const alice = server.addUser({
    phone: `${phone}1`,
    username: `alice${worlds}`,
    firstName: "Alice",
  });
  const bob = server.addUser({
    phone: `${phone}2`,
    username: `bobby${worlds}`,
    firstName: "Bob",
    password: "hunter2",
  });
  const token = `${phone}:AAAA`;
  const bot = server.addUser({ username: `bridge${worlds}bot`, firstName: "Bridge", token });
  const open: Live[] = [];
  const known = new Map<Account, NewLogin<TelegramAccount>>();
  const parsed = telegram.config.parse({
    api_id: server.apiId,
    api_hash: server.apiHash,
    server: {
      host: "127.0.0.1",
      port: server.port,
      public_key: server.publicKeyPem,
      dc: server.dcId,
    },
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const config = parsed.value;

  const logIn = async (account: Account): Promise<NewLogin<TelegramAccount>> => {
    const ui = answering({
      phone: `+${account.phone}`,
      code: () => server.code(account.phone ?? ""),
      password: account.password ?? "",
      token: account.token ?? "",
    });
    const flow = account.bot ? telegram.logins["bot"] : telegram.logins["phone"];
    assert.ok(flow);
    const [login] = await flow.run(ui, { config, signal: AbortSignal.timeout(10_000) });
    assert.ok(login);
    return login;
  };

  return {
    server,
    alice,
    bob,
    bot,
    config,
    logIn,
    goLive: async (account, core) => {
      const login = known.get(account) ?? (await logIn(account));
      known.set(account, login);
      const live = await connect(telegram, { config, login, ...(core ? { core } : {}) });
      open.push(live);
      await until("connecting", () => live.core.states.at(-1)?.state === "connected");
      return live;
    },
    close: async () => {
      await Promise.all(open.map((live) => live.close()));
      if (shared === undefined) await server.close();
      assert.deepEqual(server.unhandled, []);
      assert.deepEqual(server.faults, []);
    },
  };
};
