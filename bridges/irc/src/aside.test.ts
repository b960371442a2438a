import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asides } from "./aside.ts";
import { namesBy } from "./ids.ts";
import { everyCap } from "../../../test/networks/irc/index.ts";
import { lined, messages, puppetOn, relayOn, serverFor, textOf } from "./testing/fixture.ts";

describe("a private message to the relay client", () => {
  it("is answered once, by a notice that says what can be done", async (t) => {
    for (const caps of [[], everyCap]) {
      const server = await serverFor(t, { caps });
      const alice = await server.user("alice");
      await alice.join("#room");
      const { host, say } = await relayOn(t, server);
      for (const text of ["hello", "anybody there?"]) alice.say("bridge", text);
      alice.action("bridge", "waves");
      const { params, from } = await alice.until(({ command }) => command === "NOTICE");
      assert.deepEqual([from, params[0]], ["bridge", "alice"]);
      assert.match(params[1] ?? "", /bridge.*channel/);
      alice.say("#room", "marker");
      await host.until(() => messages(host).find((event) => textOf(event).includes("marker")));
      await say("end");
      assert.equal(lined(server, "NOTICE").length, 1);
      assert.equal(messages(host).length, 1);
    }
  });

  it("is not answered where that could begin a talk of machines", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const carol = await puppetOn(t, relay, { nick: "carol" });
    const services = await server.user("NickServ");
    alice.notice("bridge", "I am away");
    services.say("bridge", "This nickname is registered");
    alice.say("carol", "hello");
    alice.say("bridge", "\x01VERSION\x01");
    await carol.host.until(() => messages(carol.host)[0]);
    await alice.until(({ params }) => /VERSION bridgebox/.test(params[1] ?? ""));
    await services.command("PING x");
    await relay.say("end");
    const notices = server.lines.filter(
      ({ nick, line }) => nick !== "alice" && /NOTICE/.test(line),
    );
    assert.deepEqual(
      notices.map(({ line }) => line),
      ["NOTICE alice :\x01VERSION bridgebox\x01"],
    );
  });

  it("is answered again after an hour, and no two at once", () => {
    let now = 1_000_000_000;
    const names = namesBy("ascii");
    const told: string[] = [];
    const answer = asides(() => now);
    const ask = (nick: string) =>
      answer({ submit: (_rank, line) => told.push(line.split(" ")[1] ?? "") > 0 }, nick, names);
    for (const nick of ["alice", "bob", "ALICE"]) ask(nick);
    assert.deepEqual(told, ["alice"]);
    now += 2_000;
    for (const nick of ["alice", "bob"]) ask(nick);
    assert.deepEqual(told, ["alice", "bob"]);
    now += 3_600_000;
    ask("Alice");
    assert.deepEqual(told, ["alice", "bob", "Alice"]);
    for (let at = 0; at < 5000; at += 1) {
      now += 2_000;
      ask(`nick${at}`);
    }
    assert.equal(told.length, 5003);
  });
});
