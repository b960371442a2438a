import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Content, RichText } from "@bridgebox/core/adapter";
import { chatId, firstPart, userId } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import {
  channel,
  configured,
  lined,
  messages,
  puppetOn,
  relayOn,
  serverFor,
} from "./testing/fixture.ts";
import { irc } from "./index.ts";

const hostile = [
  "\r",
  "\n",
  "\r\n",
  "\0",
  "\u2028",
  "\u2029",
  "\x01",
  "\x1b",
  ":",
  " ",
  ",",
  "\u202e",
  "@everyone",
  "<b>",
];

const para = (text: string): RichText => [{ t: "para", of: [{ t: "text", text }] }];

const signal = () => AbortSignal.timeout(2000);

describe("CVE-2022-29166, CVE-2025-27146: what a person writes", () => {
  it("is never a command of its own, wherever it stands", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { connection } = await relayOn(t, server);
    const evil = hostile.map((sign) => `x${sign}QUIT :x`);
    const contents = evil.flatMap((text): readonly Content[] => [
      { parts: [{ id: firstPart, kind: "text", text: para(text) }] },
      { parts: [{ id: firstPart, kind: "text", text: para(text), tone: "action" }] },
      { parts: [{ id: firstPart, kind: "text", text: para(text), tone: "notice" }] },
      { parts: [{ id: firstPart, kind: "text", text: [{ t: "pre", text }] }] },
      {
        parts: [{ id: firstPart, kind: "text", text: para("x") }],
        replyTo: { senderName: text, excerpt: text },
      },
      {
        parts: [
          {
            id: firstPart,
            kind: "media",
            as: "file",
            media: { locator: 1, name: text },
            caption: para(text),
          },
        ],
      },
      {
        parts: [
          {
            id: firstPart,
            kind: "poll",
            question: text,
            options: [{ id: text, text }],
            max: 1,
            hidden: false,
          },
        ],
      },
      { parts: [{ id: firstPart, kind: "unsupported", what: text, text: para(text), link: text }] },
    ]);
    const speaker = { as: "self" } as const;
    for (const content of contents) {
      for (const draft of connection.plan?.({ chat: channel, speaker, content, at: 0 }) ?? []) {
        await connection.send({ chat: channel, draft, speaker }, createAttempt());
      }
    }
    assert.deepEqual(lined(server, "QUIT"), []);
    assert.ok(server.lookup("bridge"));
    const ctcp = alice.seen.filter(({ params: [, text = ""] }) => {
      return text.includes("\x01") && !text.startsWith("\x01ACTION ");
    });
    assert.deepEqual(ctcp, []);
  });

  it("is never one in a draft from a store that somebody edited", async (t) => {
    const server = await serverFor(t);
    const { connection } = await relayOn(t, server);
    const speaker = { as: "self" } as const;
    for (const body of [
      { as: "say", text: "x\r\nQUIT" },
      { as: "action", text: "x\x01\r\nQUIT" },
      { as: "raw", text: "QUIT" },
      { as: "say", text: 1 },
      "QUIT",
      null,
    ]) {
      const draft = { part: firstPart, body, plain: "" };
      await assert.rejects(connection.send({ chat: channel, draft, speaker }, createAttempt()), {
        reached: "no",
      });
    }
    assert.deepEqual(lined(server, "QUIT"), []);
  });
});

describe("CVE-2023-38690, CVE-2023-39203, CVE-2024-52505: a channel or nick that a person types", () => {
  it("is one name or refused, at every door", async (t) => {
    const server = await serverFor(t);
    const { connection } = await relayOn(t, server);
    const before = server.lines.length;
    const bad = [
      "#mine,#victim",
      "#victim key",
      "#a\nPRIVMSG NickServ :x",
      "#a\r",
      "#a\0",
      "#a\u2028",
      "#a\tb",
      "0",
      "",
    ];
    for (const name of bad) {
      const chat = { id: chatId(name) };
      await assert.rejects(Promise.resolve(connection.join?.(chat, signal())), { code: "invalid" });
      await assert.rejects(Promise.resolve(connection.resolve?.(`${name} x`, signal())), {
        code: "invalid",
      });
    }
    for (const nick of ["a b", "a,b", ":a", "a\r\nQUIT", "a\0", "*"]) {
      await assert.rejects(Promise.resolve(connection.resolve?.(nick, signal())), {
        code: "invalid",
      });
    }
    assert.equal(
      server.lines.slice(before).filter(({ line }) => !/^(MODE|PONG)/.test(line)).length,
      0,
    );
  });

  it("is the same id in every spelling", async (t) => {
    const server = await serverFor(t);
    await server.user("alice");
    const { connection } = await relayOn(t, server);
    const id = async (name: string) => (await connection.resolve?.(name, signal()))?.chat?.id;
    assert.equal(await id("#VICTIM"), await id("#victim"));
    const user = async (name: string) => (await connection.resolve?.(name, signal()))?.user;
    assert.equal(await user("ALICE"), "alice");
    assert.equal(await user("nobody"), undefined);
  });
});

describe("CVE-2025-27146: names, reasons and passwords", () => {
  it("of the config are refused before anything is sent", async (t) => {
    const server = await serverFor(t);
    for (const sign of ["\r", "\n", "\0"]) {
      for (const key of ["nick", "username", "realname", "password", "server"]) {
        const value = { ...configured(server), [key]: `x${sign}QUIT` };
        assert.equal(irc.config.parse(value).ok, false, key);
      }
    }
    for (const value of ["a b", ":a", "a,b", ""]) {
      assert.equal(irc.config.parse({ ...configured(server), nick: value }).ok, false);
      assert.equal(irc.config.parse({ ...configured(server), username: value }).ok, false);
    }
    const both = { ...configured(server), channels: ["#a,#b"] };
    assert.equal(irc.config.parse(both).ok, false);
  });

  it("of an account never get past the line, whatever the store says", async (t) => {
    const server = await serverFor(t, { accounts: { a: "b" } });
    const relay = await relayOn(t, server);
    const before = server.lines.length;
    for (const sign of ["\r\nQUIT", "\0", " b", ",b"]) {
      await puppetOn(t, relay, { nick: `carol${sign}` });
    }
    for (const sign of ["\r\nQUIT", "\0"]) {
      await puppetOn(t, relay, { nick: "carol", sasl: { account: `a${sign}`, password: "b" } });
      await puppetOn(t, relay, { nick: "carol", sasl: { account: "a", password: `b${sign}` } });
    }
    assert.deepEqual(
      server.lines.slice(before).filter(({ line }) => /QUIT|USER|carol/.test(line)),
      [],
    );
  });

  it("of kick, part and topic stay on their line", async (t) => {
    const server = await serverFor(t);
    const bob = await server.user("bob");
    const { connection } = await relayOn(t, server);
    for (const sign of hostile) {
      const text = `x${sign}QUIT :x`;
      await bob.join("#room");
      await connection.setInfo?.(channel, { topic: text }, signal());
      const member = { user: userId("bob"), state: "leave", reason: text } as const;
      await connection.setMember?.(channel, member, signal());
      await connection.leave?.(channel, text, signal());
      await connection.join?.(channel, signal());
    }
    assert.deepEqual(lined(server, "QUIT"), []);
    for (const nick of ["bob x", "bob,alice", ":bob", "bob\r\nQUIT"]) {
      const member = { user: userId(nick), state: "leave" } as const;
      await assert.rejects(Promise.resolve(connection.setMember?.(channel, member, signal())), {
        reached: "no",
      });
    }
  });
});

describe("who reads", () => {
  it("is never a channel that nobody asked for", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    alice.say("@#room", "for operators");
    alice.say("#room", "for all");
    await host.until(() => messages(host)[0]);
    assert.equal(messages(host).length, 1);
  });
});
