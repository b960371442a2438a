import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Finding } from "@bridgebox/core/adapter";
import type { IrcOptions } from "../../../test/networks/irc/index.ts";
import { check } from "./check.ts";
import { configured, serverFor } from "./testing/fixture.ts";

const patience = (): AbortSignal => AbortSignal.timeout(10_000);

const look = async (
  t: TestContext,
  options: IrcOptions,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Finding | undefined> => {
  const server = await serverFor(t, options);
  const [found] = await check(configured(server, more), patience());
  return found;
};

test("a server that takes the bridge, its password and its account", async (t) => {
  const server = await serverFor(t, { password: "open", accounts: { box: "right" } });
  const more = { password: "open", sasl: { account: "box", password: "right" } };
  const [found] = await check(configured(server, more), patience());
  assert.equal(found?.state, "ok", found?.says);
  assert.match(found?.says ?? "", /takes the bridge, and the account box is right\.$/);
});

test("the bridge's own nick is left to the box", async (t) => {
  const server = await serverFor(t);
  assert.equal((await check(configured(server), patience()))[0]?.state, "ok");
  const nicks = server.lines.filter(({ line }) => line.startsWith("NICK"));
  assert.equal(nicks.length, 1);
  assert.match(nicks[0]?.line ?? "", /^NICK :?brid\d{4}$/);
});

test("a wrong password, a wrong account and no server are told with what to do", async (t) => {
  const password = await look(t, { password: "open" }, { password: "hunter2" });
  assert.equal(password?.state, "failed");
  assert.match(password?.fix ?? "", /Correct password in the config/);
  const sasl = { account: "box", password: "hunter2" };
  const account = await look(t, { accounts: { box: "right" } }, { sasl });
  assert.match(account?.says ?? "", /account or its password is wrong/);
  assert.match(account?.fix ?? "", /^Correct sasl/);
  const server = await serverFor(t);
  const config = configured(server);
  await server.close();
  const [absent] = await check(config, patience());
  assert.match(absent?.says ?? "", /nothing listens there \(ECONNREFUSED\)/);
  assert.match(absent?.fix ?? "", /^Check server, port and tls/);
  assert.doesNotMatch(JSON.stringify([password, account, absent]), /hunter2/);
});

test("a server that speaks no TLS where TLS is asked for is told so, and which port is usual", async (t) => {
  const greets = createServer((socket) => {
    socket.on("error", () => undefined).end(":irc.test NOTICE * :*** Looking up your hostname\r\n");
  }).listen(0, "127.0.0.1");
  t.after(() => greets.close());
  await once(greets, "listening");
  const address = greets.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const server = await serverFor(t);
  const [bare] = await check({ ...configured(server), port: port ?? 0, tls: true }, patience());
  assert.match(bare?.says ?? "", /the server speaks no TLS there/);
  assert.match(bare?.fix ?? "", /^Check port and tls: 6697 is usual with TLS, 6667 without/);
});
