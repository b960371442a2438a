import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MessageId, Speaker } from "@bridgebox/core/adapter";
import { firstPart, messageId } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import { ircLineParser } from "irc-framework";
import { everyCap } from "../../../test/networks/irc/index.ts";
import { Batches } from "./api/batches.ts";
import { command, labelled, tagged } from "./api/line.ts";
import { relayNick, relayPrefix } from "./relay-name.ts";
import type { Joined } from "./testing/fixture.ts";
import { channel, lined, messages, relayOn, serverFor } from "./testing/fixture.ts";

const full = { caps: everyCap } as const;
const self: Speaker = { as: "self" };
const signal = () => AbortSignal.timeout(3000);

/** What would end a tag, its section, the line or the parameter, or name another. */
const hostile = [
  "\r\nQUIT :x",
  "\nQUIT",
  "\0",
  ";+draft/reply=x",
  " PRIVMSG #other :x",
  "=",
  "\\",
  "\\:",
  ":",
  ",",
  "\u2028",
  "\x01",
  "\u202e",
  "@label=x",
  "x".repeat(5000),
];

async function say({ connection }: Joined, replyTo: MessageId, words = "x", by = self) {
  const content = {
    parts: [
      {
        id: firstPart,
        kind: "text" as const,
        text: [{ t: "para" as const, of: [{ t: "text" as const, text: words }] }],
      },
    ],
    replyTo: { id: replyTo, excerpt: "y" },
  };
  for (const draft of connection.plan?.({ chat: channel, speaker: by, content, at: 0 }) ?? []) {
    await connection
      .send({ chat: channel, draft, speaker: by }, createAttempt())
      .catch((error: unknown) => assert.ok(error instanceof Error && "reached" in error));
  }
}

describe("tags", () => {
  it("escape each value, and refuse what is too long or oddly named", () => {
    const line = command.tagmsg("#a");
    assert.equal(tagged(line, { "+a": "b;c d\\e\r\n\0" }), "@+a=b\\:c\\sd\\\\e\\r\\n TAGMSG #a");
    assert.equal(labelled(line, "k", { "+a": "" }), "@label=k;+a TAGMSG #a");
    assert.throws(() => tagged(line, { "+a": "x".repeat(5000) }), { code: "invalid" });
    for (const name of ["a b", "a;b", "a=b", "", "a\r"]) {
      assert.throws(() => tagged(line, { [name]: "x" }), { code: "invalid" });
    }
  });

  it("of reactions and replies are one tag each, whatever stands in them", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    alice.say("#room", "target");
    const { id } = await relay.host.until(() => messages(relay.host)[0]);
    for (const sign of hostile) {
      for (const about of [id, messageId(`=${sign}`), messageId(sign)]) {
        await relay.connection
          .react?.(channel, { id: about, emoji: `👍${sign}`, on: true }, self, signal())
          .catch((error: unknown) => assert.ok(error instanceof Error && "reached" in error));
        await relay.connection
          .remove?.(channel, messageId(`=${sign}`), self, signal())
          .catch((error: unknown) => assert.ok(error instanceof Error && "reached" in error));
        await say(relay, about);
      }
    }
    assert.deepEqual(lined(server, "QUIT"), []);
    assert.ok(server.lookup("bridge"));
    const odd = server.lines
      .filter(({ nick }) => nick === "bridge")
      .filter(({ line }) => /^(?:@\S+ )?(?:PRIVMSG|TAGMSG|REDACT) (?!#room(?: |$))/.test(line));
    assert.deepEqual(odd, []);
    const names = new Set(
      server.said("#room").flatMap(({ nick, tags }) => (nick === "bridge" ? [...tags.keys()] : [])),
    );
    const ours = ["+bridgebox/key", "+draft/react", "+draft/reply", "+reply"];
    assert.deepEqual([...names].toSorted(), ours);
  });

  it("of others are read as text: short, without controls, and never as another's id", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    const long = "y".repeat(3000);
    for (const value of ["a\\sb\\rc", "\\u202e", long, "", "%00", "<b>", "@room"]) {
      alice.raw(`@+draft/react=${value};+draft/reply=some-id TAGMSG #room`);
      alice.raw(`@+draft/react=👍;+draft/reply=${value} TAGMSG #room`);
      alice.raw(`@+draft/reply=${value} PRIVMSG #room :said`);
      alice.raw(`@+typing=${value} TAGMSG #room`);
      alice.raw(`@msgid=${value};time=1999-01-01T00:00:00Z;account=root PRIVMSG #room :forged`);
    }
    alice.say("#room", "marker");
    await host.until(() => JSON.stringify(messages(host)).includes("marker"));
    for (const { set, id } of host.of("reactions")) {
      for (const { emoji } of set) assert.match(emoji, /^[^\p{Cc}\u202e]{1,64}$/u);
      assert.match(id, /^=\S{1,128}$/);
    }
    const ids = new Set(server.said("#room").map(({ msgid }) => `=${msgid}`));
    for (const { id, at, content } of messages(host)) {
      assert.ok(ids.has(id), "an id is the server's own");
      assert.ok(at > Date.now() - 60_000, "and so is the time");
      assert.match(content.replyTo?.id ?? "=x", /^=\S{1,128}$/);
    }
    assert.deepEqual(host.of("user"), []);
  });

  it("that only a server may set do not make a message ours", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    alice.raw("@draft/relaymsg=bridge;+bridgebox/key=x PRIVMSG #room :heard");
    await host.until(() => messages(host)[0]);
    assert.equal(messages(host)[0]?.sender, "alice");
  });
});

describe("a relayed name", () => {
  const names = [
    "bob",
    "Bob the <Builder>",
    "alice!~a@host",
    "#channel",
    "a,b",
    ":x",
    "x\r\nQUIT :y",
    "\0",
    "\u202eevil",
    "a/b/m",
    "*",
    "123",
    "-x",
    "",
    " ",
    "漢字",
    "x".repeat(500),
    "👩‍👩‍👧‍👦",
    "$&@%+~",
  ];

  it("is one word that no client can have, and one that closes no brackets", () => {
    for (const name of names) {
      const nick = relayNick(name, { separator: "/", mark: "m" });
      assert.match(nick, /^[^\s!+%@&#$:'"?*,./\p{Cc}\u202e]+\/m$/u, JSON.stringify(name));
      assert.doesNotMatch(nick, /^[\d-]/);
      assert.ok(nick.length <= 64);
      const prefix = relayPrefix(name);
      assert.match(prefix, /^<[^<>\p{Cc}]+> $/u, JSON.stringify(name));
    }
  });

  it("stays one parameter on the wire", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    await alice.mode("#room", "+o", "bridge");
    const native = () => relay.host.of("chat").at(-1)?.info.features?.relay.text === "native";
    await relay.host.until(native);
    for (const name of names) {
      for (const sign of hostile) {
        await say(relay, messageId("made"), `hi${sign}`, { as: "relay", handle: "@x", name });
      }
    }
    assert.deepEqual(lined(server, "QUIT"), []);
    const relayed = server.said("#room").filter(({ nick }) => nick !== "bridge");
    assert.ok(relayed.length >= names.length * (hostile.length - 1));
    assert.ok(relayed.every(({ nick }) => nick.endsWith("/m")));
    assert.ok(relayed.every(({ text }) => !text.includes("\x01")));
  });
});

describe("a server that goes wrong", () => {
  const line = (text: string) => ircLineParser(text);

  it("opens batches inside of batches without end: it is refused", () => {
    const batches = new Batches();
    batches.push(line("BATCH +0 chathistory #a"));
    assert.throws(() => {
      for (let at = 1; at < 100; at += 1) {
        batches.push(line(`@batch=${at - 1} BATCH +${at} chathistory #a`));
      }
    }, /batches/);
  });

  it("never ends one: it is refused before it fills the memory", () => {
    const batches = new Batches();
    batches.push(line("BATCH +0 chathistory #a"));
    const one = line("@batch=0 :a!b@c PRIVMSG #a :x");
    assert.throws(() => {
      for (let at = 0; at < 200_000; at += 1) batches.push(one);
    }, /no end/);
  });

  it("ends what is not open and names what is not there: nothing happens", () => {
    const batches = new Batches();
    assert.equal(batches.push(line("BATCH -9")), undefined);
    assert.equal(batches.push(line("BATCH")), undefined);
    assert.equal(batches.push(line("@batch=none :a!b@c PRIVMSG #a :x"))?.as, "line");
    batches.push(line("BATCH +__proto__ draft/multiline #a"));
    assert.equal(batches.push(line("BATCH -__proto__"))?.as, "batch");
  });
});
