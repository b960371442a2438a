import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { IrcPerson, IrcServer, fold, selfSigned } from "./index.ts";
import { LineCutter, parseLine } from "./line.ts";
import { matchesMask } from "./names.ts";
import { formatModes, parseModes } from "./modes.ts";
import { connectFramework } from "./framework-edge.ts";
import type { IrcOptions } from "./settings.ts";

async function withServer(
  options: IrcOptions,
  body: (server: IrcServer) => Promise<void>,
): Promise<void> {
  const server = await IrcServer.listen(options);
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

/** A client that is judged, unlike the server's own people. */
const client = (server: IrcServer, nick: string, caps: string[] = []): Promise<IrcPerson> =>
  IrcPerson.connect({ port: server.port, nick, caps });

const has = (command: string) => (line: { command: string }) => line.command === command;

describe("grammar", () => {
  test("takes a line apart, tags unescaped", () => {
    const { line, faults } = parseLine("@a=x\\sy\\:;+b :n!u@h privmsg #c ::) hi");
    assert.deepEqual(faults, []);
    assert.deepEqual(
      [...(line?.tags ?? [])],
      [
        ["a", "x y;"],
        ["+b", ""],
      ],
    );
    assert.equal(line?.source, "n!u@h");
    assert.equal(line?.command, "PRIVMSG");
    assert.deepEqual(line?.params, ["#c", ":) hi"]);
  });

  test("names what is wrong", () => {
    assert.deepEqual(parseLine("MODE #c  +o").faults, ["empty parameter (two spaces)"]);
    assert.deepEqual(parseLine("JOIN #c ").faults, ["space at the end"]);
    assert.deepEqual(parseLine("PRIVMSG #c :a\0b").faults, ["NUL"]);
    assert.deepEqual(parseLine(": x").faults, ["empty source"]);
    assert.equal(parseLine("12 x").line, undefined);
  });

  test("a bare CR or LF ends a line and is a fault", () => {
    const lines = new LineCutter().push(Buffer.from("a\rb\r\nc\nd"));
    assert.deepEqual(lines, [
      { raw: "a", faults: ["bare CR"] },
      { raw: "b", faults: [] },
      { raw: "c", faults: ["bare LF"] },
    ]);
  });

  test("names compare by RFC 1459, bytes of UTF-8 as they are", () => {
    assert.equal(fold("#ViC[im]\\^"), "#vic{im}|~");
    assert.equal(fold("Ä"), "Ä");
    assert.ok(matchesMask("b{d!*@*", "B[D!u@h"));
    assert.ok(!matchesMask("a?!*@*", "a!u@h"));
  });

  test("each mode letter takes its own parameter", () => {
    const plain = { perLine: 4, lists: "b" };
    const { changes, faults } = parseModes("+o-v+k", ["a", "b", "key"], plain);
    assert.deepEqual(faults, []);
    assert.equal(formatModes(changes), "+o-v+k a b key");
    assert.equal(formatModes(parseModes("+lov", ["5", "a", "b"], plain).changes), "+lov 5 a b");
    assert.equal(parseModes("+o", [], plain).faults.length, 1);
    assert.equal(parseModes("+i", ["x"], plain).faults.length, 1);
  });
});

describe("a channel's life", () => {
  test("join, talk, topic, nick, kick, part, quit", () =>
    withServer({}, async (server) => {
      const alice = await server.user("alice");
      const bob = await server.user("bob");
      await alice.join("#Tea");
      await bob.join("#tea");
      assert.equal(server.channel("#TEA")?.members.get("alice"), "@");
      alice.say("#tea", "grüße");
      assert.equal(
        (await bob.until(has("PRIVMSG"))).raw,
        ":alice!~alice@127.0.0.1 PRIVMSG #Tea :grüße",
      );
      await assert.rejects(bob.topic("#tea", "no"), / 482 /);
      await alice.topic("#tea", "leaves");
      await assert.rejects(bob.nick("Alice"), / 433 /);
      await assert.rejects(bob.nick("9x"), / 432 /);
      await bob.nick("rob");
      assert.equal((await alice.until(has("NICK"))).params[0], "rob");
      await alice.kick("#tea", "rob", "out");
      assert.deepEqual((await bob.until(has("KICK"))).params, ["#Tea", "rob", "out"]);
      await assert.rejects(bob.command("PRIVMSG #tea :x"), / 404 /);
      await assert.rejects(bob.command("PRIVMSG nobody :x"), / 401 /);
      await assert.rejects(bob.command("PRIVMSG #none :x"), / 403 /);
      await assert.rejects(bob.command("PRIVMSG #tea"), / 412 /);
      await assert.rejects(bob.command("PRIVMSG"), / 411 /);
      await bob.join("#tea");
      assert.equal(bob.seen.findLast(has("332"))?.params[2], "leaves");
      await bob.quit("gone");
      assert.equal((await alice.until(has("QUIT"))).params[0], "Quit: gone");
      assert.ok(bob.seen.some(has("ERROR")));
      await alice.command("JOIN 0");
      assert.deepEqual(server.channels, []);
    }));

  test("modes, bans, keys, invitations", () =>
    withServer({}, async (server) => {
      const alice = await server.user("alice");
      const bob = await server.user("bob");
      await alice.join("#c");
      await alice.mode("#c", "+kil", "key", "2");
      await assert.rejects(bob.join("#c"), / 473 /);
      await alice.mode("#c", "-i");
      await assert.rejects(bob.join("#c", "wrong"), / 475 /);
      await bob.join("#c", "key");
      await alice.mode("#c", "+o-o+v", "bob", "bob", "bob");
      assert.equal((await bob.until(has("MODE"))).params.join(" "), "#c +o-o+v bob bob bob");
      assert.equal(server.channel("#c")?.members.get("bob"), "+");
      server.mode("#c", "+q", "alice");
      assert.equal(server.channel("#c")?.members.get("alice"), "~@");
      await alice.mode("#c", "+bm", "bob");
      assert.deepEqual(server.channel("#c")?.bans, ["bob!*@*"]);
      await alice.command("MODE #c b");
      assert.equal(alice.seen.findLast(has("367"))?.params[2], "bob!*@*");
      await bob.part("#c");
      await assert.rejects(bob.join("#c", "key"), / 474 /);
      await alice.command("INVITE bob #c");
      await bob.join("#c");
      await assert.rejects(bob.command("PRIVMSG #c :x"), / 404 /);
      await alice.command("MODE #c");
      assert.equal(alice.seen.findLast(has("324"))?.params.join(" "), "alice #c +mntkl key 2");
      await alice.command("WHOIS bob");
      assert.ok(alice.seen.some(({ command, params }) => command === "319" && params[2] === "#c"));
      await alice.command("LIST");
      assert.ok(alice.seen.some(({ command, params }) => command === "322" && params[2] === "2"));
    }));
});

describe("judging clients", () => {
  test("records what the protocol forbids, and runs what was injected", () =>
    withServer({}, async (server) => {
      const mallory = await client(server, "mallory");
      await mallory.join("#c");
      assert.equal(server.violations.length, 0);
      mallory.raw("PRIVMSG #c two words");
      mallory.raw("FROB x");
      mallory.raw("USER a b");
      mallory.raw("@label=1 PING x");
      mallory.raw(`PRIVMSG #c :${"x".repeat(600)}`);
      mallory.raw(":other PING x");
      mallory.raw("PRIVMSG #c :a\rQUIT :x");
      await server.until(() => server.lookup("mallory") === undefined);
      assert.deepEqual(
        server.violations.map(({ why }) => why),
        [
          "3 parameters, 2 at most",
          "unknown command FROB",
          "2 parameters, 4 at least",
          "tags without a capability for them",
          "line over 512 bytes",
          "a source not its own",
          "bare CR",
        ],
      );
      assert.equal(server.violations.at(0)?.nick, "mallory");
    }));

  test("relayed lines lose what is beyond 512 bytes with the prefix", () =>
    withServer({}, async (server) => {
      const alice = await server.user("alice");
      const bob = await server.user("bob");
      alice.say("bob", "x".repeat(497));
      const { raw } = await bob.until(has("PRIVMSG"));
      assert.equal(raw.length, 510);
      assert.deepEqual(server.violations, []);
    }));

  test("an excess of lines in the window is a flood, people excepted", () =>
    withServer({ flood: { lines: 10, perMs: 60_000, onExcess: "kill" } }, async (server) => {
      const bob = await server.user("bob");
      const eager = await client(server, "eager");
      for (let at = 0; at < 20; at++) {
        eager.say("bob", `${at}`);
        bob.raw(`PING ${at}`);
      }
      assert.equal((await eager.until(has("ERROR"))).params[0], "Excess Flood");
      await bob.command("PING still-here");
      assert.equal(bob.seen.filter(has("PRIVMSG")).length, 8);
    }));
});

describe("getting in", () => {
  test("server password, TLS, SASL in pieces of 400", async () => {
    const tls = await selfSigned();
    const accounts = { ann: `p w ${"ä".repeat(300)}` };
    await withServer({ tls, accounts, password: "open sesame" }, async (server) => {
      const ann = await server.user("ann", { account: "ann" });
      assert.equal(server.lookup("ANN")?.account, "ann");
      assert.ok(server.lines.filter(({ line }) => line.startsWith("AUTHENTICATE")).length >= 3);
      const at = { port: server.port, secure: true, nick: "eve" };
      await assert.rejects(IrcPerson.connect(at), / 464 /);
      const login = { account: "ann", password: "no" };
      await assert.rejects(
        IrcPerson.connect({ ...at, password: "open sesame", caps: ["sasl"], login }),
        / 904 /,
      );
      assert.ok(!ann.gone);
    });
  });

  test("an unknown capability is refused at the start", async () => {
    await assert.rejects(IrcServer.listen({ caps: ["draft/x"] }), /cannot offer "draft\/x"/);
  });
});

describe("capabilities", () => {
  const caps = [
    "multi-prefix",
    "server-time",
    "message-tags",
    "echo-message",
    "labeled-response",
    "account-tag",
    "extended-join",
    "away-notify",
  ];

  test("each gives what it says, only to those who asked", () =>
    withServer({ caps, accounts: { ann: "x" } }, async (server) => {
      const plain = await client(server, "plain");
      await plain.join("#c");
      const full = await client(server, "full", [...caps, "batch"]);
      await full.join("#c");
      const ann = await server.user("ann", { account: "ann" });
      await ann.join("#c");
      const isAnn = ({ command, from }: { command: string; from: string }): boolean =>
        command === "JOIN" && from === "ann";
      assert.deepEqual((await full.until(isAnn)).params, ["#c", "ann", "ann"]);
      assert.deepEqual((await plain.until(isAnn)).params, ["#c"]);
      ann.raw("@+react=x;drop=y PRIVMSG #c :hi");
      const tagged = await full.until(has("PRIVMSG"));
      assert.deepEqual([...tagged.tags.keys()], ["time", "account", "msgid", "+react"]);
      assert.equal((await plain.until(has("PRIVMSG"))).tags.size, 0);
      full.raw("@label=L1 PRIVMSG #c :mine");
      const echo = await full.until(({ tags }) => tags.get("label") === "L1");
      assert.deepEqual([echo.command, echo.params[1]], ["PRIVMSG", "mine"]);
      full.raw("@label=L2 PONG x");
      assert.equal((await full.until(({ tags }) => tags.get("label") === "L2")).command, "ACK");
      full.raw("@label=L3 NAMES #c");
      const batch = await full.until(({ tags }) => tags.get("label") === "L3");
      assert.deepEqual([batch.command, batch.params[1]], ["BATCH", "labeled-response"]);
      server.mode("#c", "+v", "plain");
      await full.command("NAMES #c");
      assert.match(full.seen.findLast(has("353"))?.params[3] ?? "", /@\+plain/);
      await ann.command("AWAY :tea");
      assert.equal((await full.until(has("AWAY"))).params[0], "tea");
      await plain.command("PING x");
      assert.ok(!plain.seen.some(has("AWAY")));
      assert.deepEqual(server.violations, []);
    }));
});

describe("faults", () => {
  test("stop refuses, start returns on the same port; a drop is seen by the others", () =>
    withServer({}, async (server) => {
      const alice = await server.user("alice");
      const bot = await client(server, "bot");
      await alice.join("#c");
      await bot.join("#c");
      server.dropConnections();
      assert.equal((await alice.until(has("QUIT"))).params[0], "Connection reset by peer");
      const { port } = server;
      await server.stop();
      await assert.rejects(client(server, "bot"), /ECONNREFUSED/);
      await server.start();
      assert.equal(server.port, port);
      await client(server, "bot");
      assert.deepEqual(server.channels, []);
    }));

  test("stop ends a TLS handshake that never comes", async () => {
    const server = await IrcServer.listen({ tls: await selfSigned() });
    const silent = connect({ host: server.host, port: server.port });
    silent.on("error", () => undefined);
    await once(silent, "connect");
    const closed = once(silent, "close");
    await server.close();
    await closed;
  });

  test("a flood limit can come and go", () =>
    withServer({}, async (server) => {
      const bot = await client(server, "bot");
      server.limit({ lines: 1, perMs: 60_000, onExcess: "kill" });
      bot.raw("PING 1");
      await bot.until(has("PONG"));
      server.limit(undefined);
      await bot.command("PING 2");
      server.limit({ lines: 1, perMs: 60_000, onExcess: "kill" });
      bot.raw("PING 3\r\nPING 4");
      await bot.until(has("ERROR"));
    }));

  test("a hanging server answers nothing and then everything", () =>
    withServer({}, async (server) => {
      const bot = await client(server, "bot");
      server.hang(true);
      const answer = bot.command("PING x");
      await assert.rejects(bot.until(has("PONG"), 30), /did not happen within 30 ms/);
      server.hang(false);
      await answer;
    }));

  test("delayed answers come late and in order", () =>
    withServer({}, async (server) => {
      const bot = await client(server, "bot");
      server.delay(40);
      const from = Date.now();
      bot.raw("PING a");
      const first = await bot.until(has("PONG"));
      assert.ok(first.at - from >= 38, `${first.at - from} ms`);
      bot.raw("PING b");
      await server.until(() => server.lines.at(-1)?.line === "PING b");
      server.delay(0);
      await bot.command("PING c");
      const pongs = bot.seen.filter(has("PONG")).map(({ params }) => params[1]);
      assert.deepEqual(pongs.slice(0, 3), ["a", "b", "c"]);
    }));

  test("swallowed messages arrive, unconfirmed", () =>
    withServer({}, async (server) => {
      const alice = await server.user("alice");
      const bot = await client(server, "bot");
      server.swallow(2);
      bot.say("alice", "one");
      bot.say("alice", "two");
      bot.say("alice", "three");
      bot.raw("PING after");
      await server.until(() => server.lookup("bot") === undefined);
      await alice.command("PING x");
      const texts = alice.seen.filter(has("PRIVMSG")).map(({ params }) => params[1]);
      assert.deepEqual(texts, ["one", "two"]);
      assert.ok(!bot.seen.some(has("PONG")));
    }));

  test("the server's PING is answered and the answer seen", () =>
    withServer({}, async (server) => {
      await server.user("alice");
      const token = server.ping("alice");
      await server.until(() => server.lines.some(({ line }) => line === `PONG :${token}`));
    }));
});

describe("a real client library", () => {
  test("irc-framework registers with SASL, joins, speaks and hears without one violation", () =>
    withServer(
      { caps: ["server-time", "multi-prefix"], accounts: { bot: "p w" } },
      async (server) => {
        const alice = await server.user("alice");
        await alice.join("#c");
        const login = { account: "bot", password: "p w" };
        const bot = await connectFramework({ port: server.port, nick: "bot", account: login });
        try {
          bot.join("#c");
          await alice.until(({ command, from }) => command === "JOIN" && from === "bot");
          assert.equal(server.lookup("bot")?.account, "bot");
          bot.say("#c", "hello");
          assert.equal((await alice.until(has("PRIVMSG"))).params[1], "hello");
          const heard = bot.nextMessage();
          alice.say("#c", "hello yourself");
          assert.deepEqual(await heard, { nick: "alice", target: "#c", message: "hello yourself" });
          await server.until(() => server.lookup("bot")?.caps.includes("server-time") === true);
          assert.deepEqual(server.violations, []);
        } finally {
          bot.quit();
        }
        await server.until(() => server.lookup("bot") === undefined);
      },
    ));
});
