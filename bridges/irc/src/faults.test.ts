import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, loginId, userId } from "@bridgebox/core/adapter";
import { createAttempt, MemoryHost, nothingKept } from "@bridgebox/core/testing";
import { selfSigned } from "../../../test/networks/irc/index.ts";
import { irc } from "./index.ts";
import { configured, messages, puppetOn, relayOn, serverFor, textOf } from "./testing/fixture.ts";
import { more } from "./testing/outage.ts";

describe("the connection", () => {
  it("comes back when the server does, and is in its channel again", async (t) => {
    const server = await serverFor(t);
    const { host, say } = await relayOn(t, server);
    await server.stop();
    const { why } = await host.until(() =>
      host.states.find(({ state, why: cause }) => state === "reconnecting" && cause !== undefined),
    );
    assert.match(why?.message ?? "", /No connection to IRC/);
    await server.start();
    await host.until(() =>
      host.states.filter(({ state }) => state === "connected").length === 2 ? true : undefined,
    );
    await say("back");
    assert.ok(server.channel("#room")?.members.has("bridge"));
  });

  it("leaves a message that hangs in doubt, not lost", async (t) => {
    const server = await serverFor(t);
    const { send } = await relayOn(t, server);
    server.hang(true);
    const stop = new AbortController();
    const sending = send("hangs", createAttempt(undefined, stop.signal));
    setImmediate(() => stop.abort());
    await assert.rejects(sending, { code: "doubtful", reached: "unknown" });
    server.hang(false);
  });

  it("is back in the channel after a restart of the process, without a wait before the first attempt", async (t) => {
    const server = await serverFor(t);
    const kept = nothingKept();
    const first = await relayOn(t, server, { kept });
    await first.connection.close();
    const { host } = await relayOn(t, server, { kept });
    assert.ok(server.channel("#room")?.members.has("bridge"));
    assert.deepEqual(
      host.states.map(({ state }) => state),
      ["connected"],
      "what was never connected is not connected again",
    );
  });

  it("is made though the store fails for a moment before it", async (t) => {
    const server = await serverFor(t);
    const host = new MemoryHost();
    const network = await irc.open(host.host, configured(server, more));
    t.after(() => network.close());
    const [login] = network.standing ?? [];
    assert.ok(login);
    const session = host.session();
    let failures = 1;
    const get: typeof session.store.get = (key) => {
      failures -= 1;
      return failures < 0 ? session.store.get(key) : Promise.reject(new Error("the disk is busy"));
    };
    await network.connect(login, { ...session, store: { ...session.store, get } });
    await host.reached("connected");
  });

  it("stops reading while the box is behind, and loses nothing", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    host.beforeCommit = () => gate;
    const count = 6000;
    for (let n = 0; n < count; n++) alice.say("#room", `line ${n}`);
    await server.until(({ lines }) => lines.some(({ line }) => line.endsWith(`line ${count - 1}`)));
    assert.equal(messages(host).length, 0);
    release();
    await host.until(() => (messages(host).length === count ? true : undefined));
    for (const [n, event] of messages(host).entries()) {
      if (n % 500 === 0) assert.match(textOf(event), new RegExp(`line ${n}"`));
    }
    assert.ok(host.batches.length < 200, `${host.batches.length} commits`);
  });

  it("is made again where the store could not be read before it", async (t) => {
    const server = await serverFor(t);
    const { network } = await relayOn(t, server);
    const host = new MemoryHost();
    const session = host.session();
    let isAway = false;
    const store = {
      ...session.store,
      get: (key: string) => {
        if (!isAway) return session.store.get(key);
        isAway = false;
        return Promise.reject(new Error("The database is away."));
      },
    };
    const account = { nick: "carol" };
    const login = {
      id: loginId("net:carol"),
      user: userId("carol"),
      account,
      role: "user",
    } as const;
    const connection = await network.connect(login, { ...session, store });
    t.after(() => connection.close());
    isAway = true;
    server.dropConnections("carol");
    await host.reached("connected", 2);
    assert.ok(!isAway);
  });

  it("is dropped when the box cannot store, and caught up with a gap", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    host.beforeCommit = () => Promise.reject(new Error("disk full"));
    alice.say("#room", "lost to us");
    const { why } = await host.until(() =>
      host.states.find(({ why: cause }) => cause?.code === "full"),
    );
    assert.match(why?.message ?? "", /could not store/);
    host.beforeCommit = async () => {};
    await host.until(() => host.events.find(({ kind }) => kind === "gap"));
  });
});

/** A server that answers registration with what a test says. */
async function hostile(t: TestContext, answer: (line: string, socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let rest = "";
    socket.on("data", (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) answer(line, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { host: "127.0.0.1", port: address.port } as const;
}

const welcome = [
  ":s 001 bridge :hi",
  ":s 005 bridge CHANTYPES CASEMAPPING=ascii PREFIX=(ov)@+ :are supported",
  ":s 005 bridge CASEMAPPING=ascii :are supported",
  ":s 422 bridge :none",
];

describe("a hostile server", () => {
  it("cannot bring the client down with malformed lines", async (t) => {
    const server = await hostile(t, (line, socket) => {
      if (line.startsWith("USER")) for (const text of welcome) socket.write(`${text}\r\n`);
      if (!line.startsWith("JOIN")) return;
      const junk = [
        "PRIVMSG",
        ":a!b@c PRIVMSG",
        "MODE",
        ":x",
        "@",
        "@a",
        ":",
        "353",
        "366",
        "NICK",
        "KICK #room",
        "CAP",
        "BATCH",
        "JOIN",
        "QUIT",
        "005",
        "001",
        "PING",
        "PONG",
        ":a!b@c NICK",
        "TOPIC",
        "324",
        "ERR",
        "constructor x",
        "__proto__ x",
        "@time=zz;a :a!b@c PRIVMSG #room :\x01",
        "PRIVMSG #room :\x01\x01",
      ];
      for (const text of junk) socket.write(`${text}\r\n`);
      socket.write(Buffer.from([0xff, 0xfe, 0x20, 0xc3, 13, 10, 10, 13, 10]));
      socket.write(
        ":bridge!u@h JOIN #room\r\n:s 353 bridge = #room :@bridge al\r\n:s 366 bridge #room :end\r\n",
      );
      socket.write(
        Buffer.concat([Buffer.from(":al!u@h PRIVMSG #room :caf"), Buffer.from([0xe9, 13, 10])]),
      );
    });
    const { host } = await relayOn(t, server);
    const event = await host.until(() => messages(host)[0]);
    assert.match(textOf(event), /café/);
    assert.equal(host.states.at(-1)?.state, "connected");
  });

  it("that hides the key of a channel does not take it from whoever knows it", async (t) => {
    const server = await hostile(t, (line, socket) => {
      if (line.startsWith("USER")) for (const text of welcome) socket.write(`${text}\r\n`);
      if (!line.startsWith("JOIN")) return;
      for (const text of [
        ":bridge!u@h JOIN #room",
        ":s 353 bridge = #room :bridge al",
        ":s 366 bridge #room :end",
        ":al!u@h MODE #room +k sesame",
        ":s 324 bridge #room +kn",
        ":s 324 bridge #room +kn *",
        ":al!u@h PRIVMSG #room :heard",
      ])
        socket.write(`${text}\r\n`);
    });
    const { host } = await relayOn(t, server);
    await host.until(() => messages(host)[0]);
    assert.deepEqual(host.kept.store.get("channel_keys"), { "#room": "sesame" });
  });

  const refusals: readonly (readonly [string, string, RegExp, string])[] = [
    ["a ban", "ERROR :Closing Link: K-lined (spam)", /K-lined \(spam\)/, "banned"],
    ["a ban by numeric", ":s 465 * :You are banned", /banned/, "banned"],
    [
      "a wrong password",
      ":s 464 * :Password incorrect",
      /password is wrong\. Correct password in the config\.$/,
      "auth",
    ],
    [
      "a bad nick",
      ":s 432 * bridge :Erroneous nickname",
      /does not take the nick .* Put another nick into the config\.$/,
      "invalid",
    ],
  ];
  for (const [name, answer, sentence, code] of refusals) {
    it(`tells a person about ${name}`, async (t) => {
      const server = await hostile(t, (line, socket) => {
        if (line.startsWith("USER")) socket.end(`${answer}\r\n`);
      });
      const { host } = await relayOn(t, server, { more: { channels: [], password: "hunter2 x" } });
      const { why } = await host.until(() =>
        host.states.find(({ state }) => state === "needs-login"),
      );
      assert.ok(why instanceof BridgeError);
      assert.equal(why.code, code);
      assert.match(why.message, sentence);
      assert.doesNotMatch(`${why.message}${host.log}`, /hunter2/);
    });
  }

  it("sends a person to the admin where the server's password is wrong, for they have no config", async (t) => {
    const server = await hostile(t, (line, socket) => {
      if (line.startsWith("USER")) socket.end(":s 464 * :Password incorrect\r\n");
    });
    const relay = await relayOn(t, server, { more: { channels: [] } });
    const { host } = await puppetOn(t, relay, { nick: "carol" });
    const { why } = await host.until(() =>
      host.states.find(({ state }) => state === "needs-login"),
    );
    assert.match(
      why?.message ?? "",
      /password is wrong\. Ask the admin of this box to correct it in the config, then log in again\.$/,
    );
  });

  it("cannot fill the memory with a line without end", async (t) => {
    const server = await hostile(t, (line, socket) => {
      if (line.startsWith("USER")) socket.write("x".repeat(100_000));
    });
    const { host } = await relayOn(t, server, { more: { channels: [] } });
    const { why } = await host.until(() =>
      host.states.find(({ why: cause }) => cause !== undefined),
    );
    assert.match(why?.message ?? "", /line without end/);
  });
});

describe("TLS", () => {
  it("is made with a certificate that is trusted, and with no other", async (t) => {
    const tls = await selfSigned();
    const server = await serverFor(t, { tls });
    const { host } = await relayOn(t, server, { more: { tls: true, channels: [] } });
    const { why } = await host.until(() =>
      host.states.find(({ why: cause }) => cause !== undefined),
    );
    assert.match(why?.message ?? "", /certificate.*Check tls, tls_ca/);
    await relayOn(t, server, { more: { tls: true, tls_insecure: true } });
    const dir = await mkdtemp(join(tmpdir(), "irc-"));
    t.after(() => rm(dir, { recursive: true }));
    const file = join(dir, "ca.pem");
    await writeFile(file, tls.cert);
    const trusting = await relayOn(t, server, { more: { tls: true, tls_ca: file } });
    await trusting.say("in private");
  });
});
