import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { everyCap, IrcPerson, IrcServer } from "./index.ts";
import type { SeenLine } from "./index.ts";

const full = everyCap.filter((name) => name !== "echo-message");

async function withServer(
  options: Parameters<typeof IrcServer.listen>[0],
  work: (server: IrcServer) => Promise<void>,
): Promise<void> {
  const server = await IrcServer.listen({ caps: everyCap, ...options });
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

const client = (server: IrcServer, nick: string, caps = full): Promise<IrcPerson> =>
  IrcPerson.connect({ port: server.port, nick, caps });

const is =
  (verb: string) =>
  ({ command }: SeenLine): boolean =>
    command === verb;

describe("what a full server does", () => {
  test("a message of several lines is one to those who can, and lines to the others", () =>
    withServer({}, async (server) => {
      const alice = await client(server, "alice");
      const bob = await client(server, "bob");
      const old = await client(server, "old", ["message-tags"]);
      for (const one of [alice, bob, old]) await one.join("#c");
      alice.raw("BATCH +1 draft/multiline #c");
      alice.raw("@batch=1 PRIVMSG #c :one");
      alice.raw("@batch=1;draft/multiline-concat PRIVMSG #c : more");
      alice.raw("BATCH -1");
      const opening = await bob.until(is("BATCH"));
      assert.deepEqual(opening.params.slice(1), ["draft/multiline", "#c"]);
      assert.equal(opening.tags.get("msgid"), server.said("#c")[0]?.msgid);
      const [first, second] = ["one", " more"].map((text) =>
        old.until(({ params }) => params[1] === text),
      );
      assert.equal((await first)?.tags.get("msgid"), opening.tags.get("msgid"));
      assert.equal((await second)?.tags.get("msgid"), undefined);
      assert.equal(server.said("#c")[0]?.text, "one more");
      assert.deepEqual(server.violations, []);
    }));

  test("history comes in nested batches, between bounds, and knows what was taken back", () =>
    withServer({ historyLimit: 5 }, async (server) => {
      const alice = await client(server, "alice");
      await alice.join("#c");
      for (const text of ["one", "two", "three"]) alice.say("#c", text);
      alice.raw("BATCH +1 draft/multiline #c");
      for (const text of ["four", "five"]) alice.raw(`@batch=1 PRIVMSG #c :${text}`);
      alice.raw("BATCH -1");
      await alice.command("PING x");
      const id = (text: string) => server.said("#c").find((one) => one.text === text)?.msgid;
      const read = async (line: string) => {
        const from = alice.seen.length;
        await alice.command(line);
        const got = alice.seen.slice(from).filter(is("PRIVMSG"));
        return got.map(({ params }) => params[1]);
      };
      assert.deepEqual(await read("CHATHISTORY LATEST #c * 2"), ["three", "four", "five"]);
      assert.deepEqual(await read(`CHATHISTORY BEFORE #c msgid=${id("two")} 5`), ["one"]);
      assert.deepEqual(await read(`CHATHISTORY AFTER #c msgid=${id("one")} 1`), ["two"]);
      await alice.command(`REDACT #c ${id("two")}`);
      const bounds = `msgid=${id("one")} msgid=${id("four\nfive")}`;
      assert.deepEqual(await read(`CHATHISTORY BETWEEN #c ${bounds} 5`), ["three"]);
      assert.deepEqual(server.violations, []);
      await alice.command("CHATHISTORY AFTER #c msgid=x 900");
      await alice.until(is("FAIL"));
      assert.ok(server.violations.some(({ why }) => /limit/.test(why)));
    }));

  test("only an operator speaks under another name, and only under one that no client has", () =>
    withServer({}, async (server) => {
      const alice = await client(server, "alice");
      const bob = await client(server, "bob");
      for (const one of [alice, bob]) await one.join("#c");
      await bob.command("RELAYMSG #c x/m :hi");
      assert.equal((await bob.until(is("FAIL"))).params[1], "PRIVS_NEEDED");
      await alice.command("RELAYMSG #c carol/m :hi");
      const line = await bob.until(({ from }) => from === "carol/m");
      assert.equal(line.tags.get("draft/relaymsg"), "alice");
      await alice.command("RELAYMSG #c bob :hi");
      assert.equal((await alice.until(is("FAIL"))).params[1], "INVALID_NICK");
      assert.equal(server.violations.length, 1);
    }));

  test("what is against the rules of a batch is named", () =>
    withServer({}, async (server) => {
      const alice = await client(server, "alice");
      await alice.join("#c");
      alice.raw("@batch=9 PRIVMSG #c :x");
      alice.raw("BATCH +1 draft/multiline #c");
      alice.raw("@batch=1;+x=y PRIVMSG #d :x");
      alice.raw("BATCH -1");
      alice.raw("BATCH -2");
      await alice.command("PING x");
      assert.equal(server.violations.length, 4, JSON.stringify(server.violations));
    }));
});
