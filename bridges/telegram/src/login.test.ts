import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BridgeError, type NewLogin } from "@bridgebox/core/adapter";
import { TelegramServer, type Account } from "../../../test/networks/telegram/index.ts";
import type { TelegramAccount } from "./config.ts";
import { telegram } from "./index.ts";
import { answering, connect } from "./testing/login.ts";
import { openFixture, openServer, type Fixture } from "./testing/world.ts";

let world: Fixture;
let server: TelegramServer;
let carol: Account;
let dave: Account;
const soon = () => AbortSignal.timeout(8000);

before(async () => {
  server = await openServer(false, [4]);
  world = await openFixture(server);
  carol = server.addUser({ phone: "15559001", username: "carol", firstName: "Carol", dc: 4 });
  dave = server.addUser({ username: "dave9", firstName: "Dave", dc: 4, password: "secret" });
});

after(async () => {
  await world.close();
  await server.close();
});

const run = async (
  name: string,
  ui: ReturnType<typeof answering>,
  signal = soon(),
): Promise<NewLogin<TelegramAccount>> => {
  const flow = telegram.logins[name];
  assert.ok(flow);
  const [login] = await flow.run(ui, { config: world.config, signal });
  assert.ok(login);
  return login;
};

test("a code is scanned by another device of the account", async () => {
  const links: string[] = [];
  const login = await run(
    "qr",
    answering({}, [], (link) => {
      links.push(link);
      server.people.scan(world.alice, link);
    }),
  );
  assert.deepEqual([login.name, login.role], ["Alice", "user"]);
  assert.equal(links.length, 1);
  assert.match(links[0] ?? "", /^tg:\/\/login\?token=[\w-]+$/);
});

test("a code that runs out is followed by another one, and the password is asked for", async () => {
  server.tokenLifetime = 1;
  const links: string[] = [];
  const said: string[] = [];
  const login = await run(
    "qr",
    answering({ password: ["wrong", "hunter2"] }, said, (link) => {
      links.push(link);
      if (links.length > 1) server.people.scan(world.bob, link);
    }),
  );
  server.tokenLifetime = 30;
  assert.equal(login.name, "Bob");
  assert.equal(new Set(links).size, 2);
  assert.match(said.join(" "), /two-step verification.*password is wrong/);
});

test("an account of another data centre logs in there by code, by password and by number", async () => {
  const scan = (who: Account) =>
    answering({ password: "secret" }, [], (link) => server.people.scan(who, link));
  const asked = answering({ phone: "+15559001", code: () => server.code("15559001") });
  const logins = [
    await run("qr", scan(carol)),
    await run("qr", scan(dave)),
    await run("phone", asked),
  ];
  assert.deepEqual(
    logins.map(({ name }) => name),
    ["Carol", "Dave", "Carol"],
  );
  const [login] = logins;
  assert.ok(login);
  const live = await connect(telegram, { config: world.config, login });
  await live.core.reached("connected");
  server.say(world.bob, carol, "hello over there");
  await live.core.until(() => live.core.of("message").length === 1);
  await live.close();
});

test("who gives up before the scan is not logged in", async () => {
  const stop = new AbortController();
  const given = run(
    "qr",
    answering({}, [], () =>
      stop.abort(new BridgeError("cancelled", "You gave up.", { reached: "no", scope: "item" })),
    ),
    stop.signal,
  );
  await assert.rejects(given, /gave up/);
});
