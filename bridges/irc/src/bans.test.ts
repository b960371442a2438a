import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { chatId } from "@bridgebox/core/adapter";
import type { Ban } from "@bridgebox/core/adapter";
import type { IrcOptions } from "../../../test/networks/irc/index.ts";
import { fits, fitsEverybody, fullMask } from "./mask.ts";
import { channel, lined, relayOn, serverFor } from "./testing/fixture.ts";

const signal = () => AbortSignal.timeout(5000);

/** A channel of Alice's with the relay in it, which is an operator there if so said. */
const scene = async (t: TestContext, options: IrcOptions, isOperator = true) => {
  const server = await serverFor(t, options);
  const alice = await server.user("alice");
  await alice.join("#room");
  const { connection } = await relayOn(t, server);
  if (isOperator) await alice.mode("#room", "+o", "bridge");
  const set = (ban: Ban) => Promise.resolve(connection.setBan?.(channel, ban, signal()));
  const masks = async () => (await connection.bans?.(channel, signal())) ?? [];
  return { server, alice, connection, set, masks };
};

describe("lists of masks", () => {
  it("tells every list that a channel has, by whom each mask was set and when", async (t) => {
    const { alice, masks } = await scene(t, { lists: "beIq" });
    await alice.mode("#room", "+b", "*!*@spam.example");
    await alice.mode("#room", "+q", "$~a");
    await alice.mode("#room", "+e", "dora");
    await alice.mode("#room", "+I", "*@home.example");
    const told = await masks();
    assert.deepEqual(
      told.map(({ mask, kind, on, by }) => [mask, kind, on, by]),
      [
        ["*!*@spam.example", undefined, true, "alice"],
        ["$~a", "quiet", true, "alice"],
        ["dora!*@*", "exception", true, "alice"],
        ["*!*@home.example", "invitation", true, "alice"],
      ],
    );
    const ages = told.map(({ at = 0 }) => Date.now() - at);
    assert(
      ages.every((age) => age >= 0 && age < 60_000),
      String(ages),
    );
  });

  it("leaves out what is for operators, and says why it may not change a list", async (t) => {
    const { alice, masks, set } = await scene(t, { lists: "beIq" }, false);
    await alice.mode("#room", "+b", "*!*@spam.example");
    await alice.mode("#room", "+e", "dora");
    assert.deepEqual(
      (await masks()).map(({ mask }) => mask),
      ["*!*@spam.example"],
    );
    for (const kind of [undefined, "exception"] as const)
      await assert.rejects(set({ mask: "eve", on: true, ...(kind && { kind }) }), {
        code: "forbidden",
        message: /eve!\*@\* was not put on the list – .*operator/,
      });
    await assert.rejects(set({ mask: "*!*@spam.example", on: false }), { code: "forbidden" });
  });

  it("puts a mask onto each list and takes it off, once, in the form that the server keeps", async (t) => {
    const { server, alice, set } = await scene(t, { lists: "beIq" });
    for (const [kind, letter] of [
      [undefined, "b"],
      ["quiet", "q"],
      ["exception", "e"],
      ["invitation", "I"],
    ] as const) {
      const ban = { mask: "*@Spam.Example", ...(kind && { kind }) };
      for (const on of [true, true, false, false]) {
        await set({ ...ban, on });
        assert.deepEqual(server.channel("#room")?.list(letter), on ? ["*!*@Spam.Example"] : []);
      }
    }
    assert.equal(lined(server, "MODE #room +b *").length, 1);
    await alice.mode("#room", "+b", "*!*@SPAM.example");
    await set({ mask: "*!*@spam.EXAMPLE", on: false });
    assert.deepEqual(server.channel("#room")?.bans, []);
  });

  it("says so where a server has no such list, or where its list is full", async (t) => {
    const { alice, connection, set, masks } = await scene(t, {});
    const query = { id: chatId("alice") };
    await assert.rejects(Promise.resolve(connection.bans?.(query, signal())), /only channels/);
    await assert.rejects(set({ mask: "eve", on: true, kind: "quiet" }), {
      code: "unsupported",
      message: /keeps no such list/,
    });
    for (let at = 0; at < 100; at += 4) {
      const four = [at, at + 1, at + 2, at + 3].map((one) => `*!*@${one}.example`);
      await alice.mode("#room", "+bbbb", ...four);
    }
    assert.equal((await masks()).length, 100);
    await assert.rejects(set({ mask: "eve", on: true }), { message: /list of bans is full/ });
  });

  it("bans nobody by a mask that fits everybody, is none, or would be more than one", async (t) => {
    const { server, alice, set } = await scene(t, { lists: "beIq" });
    const everybody = [
      "*",
      "*!*@*",
      "*@*",
      "?*!*@*",
      "*!*@*.*",
      "$a:*",
      "m:*!*@*",
      "~quiet:~account:*",
    ];
    for (const mask of [...everybody, "", " ", "a b", "eve,*!*@*", "eve\r\nQUIT", ":eve"])
      await assert.rejects(set({ mask, on: true }), { code: "invalid" }, JSON.stringify(mask));
    await assert.rejects(set({ mask: "*!*@*", on: true, kind: "quiet" }), { code: "invalid" });
    for (const mask of ["*@127.0.0.1", "*!*@127.*", "BRIDGE", "?ridge!*@*"])
      await assert.rejects(set({ mask, on: true }), { message: /it fits yourself/ }, mask);
    assert.deepEqual(lined(server, "MODE #room +b *"), []);
    assert.deepEqual(lined(server, "QUIT"), []);
    await set({ mask: "eve!*@127.*", on: true });
    await set({ mask: "eve!*@127.*", on: false });
    await alice.mode("#room", "+b", "*!*@*");
    await set({ mask: "*!*@*", on: false });
    assert.deepEqual(server.channel("#room")?.bans, []);
  });

  it("fits a mask as servers do, in no time that a mask can stretch", () => {
    for (const [mask, does] of [
      ["*", true],
      ["a*c!*@*", true],
      ["abc!u@h", true],
      ["a?c!*@?", true],
      ["*b*c*u*h", true],
      ["abc!u@h?", false],
      ["abc", false],
      ["*x*", false],
      ["", false],
    ] as const)
      assert.equal(fits(mask, "abc!u@h"), does, mask);
    assert.equal(fits(`${"*a".repeat(90)}b`, "a".repeat(200)), false);
  });

  it("completes a mask as servers do, and leaves what is more than one as it is", () => {
    for (const [typed, whole, all] of [
      ["eve", "eve!*@*", false],
      ["eve!~e", "eve!~e@*", false],
      ["*@host", "*!*@host", false],
      ["*!*@2001:db8::*", "*!*@2001:db8::*", false],
      ["m:*!*@2001:db8::*", "m:*!*@2001:db8::*", false],
      ["$~a", "$~a", false],
      ["!R:*", "!R:*", true],
    ] as const) {
      assert.equal(fullMask(typed), whole);
      assert.equal(fitsEverybody(whole), all, whole);
    }
  });
});
