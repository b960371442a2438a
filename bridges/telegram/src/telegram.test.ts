import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chatId, loginId, messageId, type ChatRef } from "@bridgebox/core/adapter";
import { TelegramServer, type Account } from "../../../test/networks/telegram/index.ts";
import { telegram } from "./index.ts";
import type { TelegramConfig } from "./config.ts";
import { answering, attempt, connect, ordersFor, outgoing, until, type Live } from "./testing.ts";

let server: TelegramServer;
let alice: Account;
let bob: Account;
let bot: Account;
const open: Live[] = [];

const config = (): TelegramConfig => {
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
  return parsed.value;
};

const logIn = async (account: Account) => {
  const ui = answering({
    phone: `+${account.phone}`,
    code: () => server.code(account.phone ?? ""),
    password: account.password ?? "",
    token: account.token ?? "",
  });
  const flow = account.bot ? telegram.logins["bot"] : telegram.logins["phone"];
  assert.ok(flow);
  const [login] = await flow.run(ui, { config: config(), signal: AbortSignal.timeout(10_000) });
  assert.ok(login);
  return login;
};

const goLive = async (account: Account): Promise<Live> => {
  const live = await connect(telegram, { config: config(), login: await logIn(account) });
  open.push(live);
  await until(() => live.core.states.at(-1)?.[0] === "connected", "connecting");
  return live;
};

const privateChat = (me: Account, other: Account): ChatRef => ({
  id: chatId(`user:${other.id}`),
  receiver: loginId(`tg:${me.id}`),
});

const channelRef = (channel: { readonly id: number }): ChatRef => ({
  id: chatId(`channel:${channel.id}`),
});

before(async () => {
  server = await TelegramServer.listen();
  alice = server.addUser({ phone: "15550001", username: "alice", firstName: "Alice" });
  bob = server.addUser({
    phone: "15550002",
    username: "bobby",
    firstName: "Bob",
    password: "hunter2",
  });
  bot = server.addUser({ username: "bridgebot", firstName: "Bridge", token: "111222:AAAA" });
});

after(async () => {
  await Promise.all(open.map((live) => live.close()));
  await server.close();
  assert.deepEqual(server.unhandled, []);
  assert.deepEqual(server.faults, []);
});

test("a person and a bot see and say things in a supergroup", async () => {
  const group = server.addSupergroup("Lounge", [alice, bob, bot]);
  const me = await goLive(alice);
  const robot = await goLive(bot);
  server.say(bob, group, "hello");
  for (const { core } of [me, robot]) {
    const [event] = await until(
      () => core.of("message").length > 0 && core.of("message"),
      "hearing it",
    );
    assert.equal(event?.sender, String(bob.id));
    assert.deepEqual(event?.chat, channelRef(group));
  }
  const [order] = ordersFor(robot.connection, outgoing(channelRef(group), "from the bot"));
  assert.ok(order);
  const tried = attempt();
  const result = await robot.connection.send(order, tried);
  assert.equal(result.state, "sent");
  assert.equal(server.messages(group).at(-1)?.text, "from the bot");
  const echo = await until(() =>
    robot.core.of("message").find((each) => each.confirms === tried.key),
  );
  assert.equal(result.state === "sent" && result.sent.id, echo.id);
  await until(() => me.core.of("message").some((each) => each.id === echo.id));
});

void messageId;
void privateChat;
