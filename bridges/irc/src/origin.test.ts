import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { BridgeError } from "@bridgebox/core/adapter";
import { MemoryHost, until } from "@bridgebox/core/testing";
import { freePort } from "../../../test/free-port.ts";
import type { IrcServer } from "../../../test/networks/irc/index.ts";
import { openIdent, type Ends } from "./ident.ts";
import { irc } from "./index.ts";
import { configured, lined, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";

const ends: Ends = {
  localAddress: "127.0.0.1",
  localPort: 40_000,
  remoteAddress: "127.0.0.1",
  remotePort: 6667,
};

const opened = async (t: TestContext, patience = 5000) => {
  const port = await freePort();
  const ident = await openIdent({ hostname: "127.0.0.1", port, patience });
  t.after(() => ident.close());
  const ask = async (question: string, localAddress = "127.0.0.1"): Promise<string> => {
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    await once(socket, "connect");
    socket.end(question);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  };
  return { ident, ask, port };
};

test("an IRC server is told whose its connection is, and nobody else", async (t) => {
  const { ident, ask } = await opened(t, 20);
  const over = ident.claim(ends, "ana12345");
  assert.equal(await ask("40000, 6667\r\n"), "40000, 6667 : USERID : UNIX : ana12345\r\n");
  assert.equal(await ask(" 40000 ,6667 \n"), "40000, 6667 : USERID : UNIX : ana12345\r\n");
  assert.equal(await ask("40000, 6668\r\n"), "40000, 6668 : ERROR : NO-USER\r\n");
  const elsewhere = await ask("40000, 6667\r\n", "127.0.0.2");
  assert.equal(elsewhere, "40000, 6667 : ERROR : NO-USER\r\n");
  over();
  assert.equal(await ask("40000, 6667\r\n"), "40000, 6667 : ERROR : NO-USER\r\n");
});

test("of connections with the same ports it is that from the address that was asked", async (t) => {
  const { ident, ask } = await opened(t);
  ident.claim({ ...ends, localAddress: "127.0.0.3" }, "other");
  ident.claim(ends, "this");
  assert.match(await ask("40000, 6667\r\n"), /this\r\n$/);
});

test("what is asked before the connection is known is answered when it is", async (t) => {
  const { ident, ask } = await opened(t);
  const asked = ask("40000, 6667\r\n");
  setImmediate(() => ident.claim({ ...ends, remoteAddress: "::ffff:127.0.0.1" }, "late"));
  assert.match(await asked, /USERID : UNIX : late\r\n$/);
});

test("what is no question ends the connection, or is told to be none", async (t) => {
  const { ask } = await opened(t);
  assert.equal(await ask("0, 6667\r\n"), "0, 6667 : ERROR : INVALID-PORT\r\n");
  assert.equal(await ask("40000, 65536\r\n"), "40000, 65536 : ERROR : INVALID-PORT\r\n");
  assert.equal(await ask("GET / HTTP/1.1\r\n\r\n"), "");
  assert.equal(await ask("1".repeat(5000)), "");
});

test("networks share the port, and the last one gives it up", async (t) => {
  const { ident, ask, port } = await opened(t);
  const second = await openIdent({ hostname: "127.0.0.1", port });
  ident.claim(ends, "shared");
  await second.close();
  assert.match(await ask("40000, 6667\r\n"), /shared/);
});

test("a port that cannot be had is told, with what to do", async (t) => {
  const { port } = await opened(t);
  const server = await serverFor(t);
  const config = configured(server, { ident: { hostname: "127.0.0.1", port } });
  const shared = await irc.open(new MemoryHost().host, config);
  await shared.close();
  const taken = configured(server, { ident: { hostname: "127.0.0.1", port: server.port } });
  await assert.rejects(Promise.resolve(irc.open(new MemoryHost().host, taken)), (error) => {
    assert.ok(error instanceof BridgeError);
    assert.match(error.message, /the ident server cannot listen.*EADDRINUSE.*Check ident/);
    return true;
  });
});

test("a network that is not opened for another reason keeps no port", async (t) => {
  const port = await freePort();
  const server = await serverFor(t);
  const { host } = new MemoryHost();
  const store = { ...host.store, get: () => Promise.reject(new Error("the disk is gone")) };
  const config = configured(server, { ident: { hostname: "127.0.0.1", port } });
  await assert.rejects(Promise.resolve(irc.open({ ...host, store }, config)), /the disk is gone/);
  const socket = connect({ host: "127.0.0.1", port });
  await assert.rejects(once(socket, "connect"), /ECONNREFUSED/);
});

const userOf = (server: IrcServer, nick: string): string | undefined => {
  const client = server.lookup(nick);
  return client && `${nick}!${client.user}@${client.host}`;
};

test("with an ident server everybody has a user name that the IRC server has checked", async (t) => {
  const port = await freePort();
  const server = await serverFor(t, { ident: port });
  const more = { ident: { hostname: "127.0.0.1", port }, channels: [] };
  const relay = await relayOn(t, server, { more });
  await puppetOn(t, relay, { nick: "Alice" });
  await puppetOn(t, relay, { nick: "Alicia" });
  const seen = ["bridge", "Alice", "Alicia"].map((nick) => userOf(server, nick) ?? "");
  assert.match(seen[0] ?? "", /^bridge!bridgebox@/);
  assert.match(seen[1] ?? "", /^Alice!alic[0-9a-z]{5}@/);
  assert.match(seen[2] ?? "", /^Alicia!alic[0-9a-z]{5}@/);
  assert.equal(new Set(seen.map((prefix) => prefix.replace(/^.*!/, ""))).size, 3);
});

test("everybody comes from an address of their own, the relay from that of the machine", async (t) => {
  const server = await serverFor(t);
  const more = { addresses: "127.66.0.0/16", channels: [] };
  const relay = await relayOn(t, server, { more });
  const alice = await puppetOn(t, relay, { nick: "alice" });
  await puppetOn(t, relay, { nick: "bob" });
  assert.match(userOf(server, "bridge") ?? "", /@127\.0\.0\.1$/);
  const [first, second] = ["alice", "bob"].map((nick) => userOf(server, nick)?.split("@")[1]);
  assert.match(first ?? "", /^127\.66\./);
  assert.match(second ?? "", /^127\.66\./);
  assert.notEqual(first, second);
  const states = alice.host.states.length;
  server.dropConnections("alice");
  await until("back", () => alice.host.states.slice(states).some((it) => it.state === "connected"));
  assert.equal(userOf(server, "alice")?.split("@")[1], first, "the same after a break");
  assert.equal(alice.host.states.at(-1)?.state, "connected");
});

test("an address that the machine does not have is told, with what to do", async (t) => {
  const server = await serverFor(t);
  const relay = await relayOn(t, server, { more: { addresses: "192.0.2.0/24", channels: [] } });
  const alice = await puppetOn(t, relay, { nick: "alice" });
  const why = alice.host.states.at(-1)?.why?.message ?? "";
  assert.match(why, /EADDRNOTAVAIL 192\.0\.2\.\d+.*see irc\.md/);
});

test("with WEBIRC the server is told the person's address, and only the server hears the password", async (t) => {
  const server = await serverFor(t, { webirc: "s3cret" });
  const more = { addresses: "2001:db8:7::/48", webirc: "s3cret", channels: [] };
  const relay = await relayOn(t, server, { more });
  await puppetOn(t, relay, { nick: "alice" });
  assert.match(userOf(server, "alice") ?? "", /@2001:db8:7:/);
  assert.match(userOf(server, "bridge") ?? "", /@127\.0\.0\.1$/);
  assert.equal(lined(server, "WEBIRC").length, 1);
  assert.match(lined(server, "WEBIRC")[0] ?? "", /^WEBIRC s3cret bridgebox (\S+) \1$/);
  assert.doesNotMatch(JSON.stringify([relay.host.states, relay.host.events]), /s3cret/);
});
