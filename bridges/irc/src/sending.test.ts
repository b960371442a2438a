import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAttempt } from "@bridgebox/core/testing";
import { messages, relayOn, serverFor } from "./testing/fixture.ts";

describe("sending", () => {
  it("is done when the server has read the line, with echoes and without", async (t) => {
    for (const caps of [[], ["echo-message", "labeled-response", "message-tags", "server-time"]]) {
      const server = await serverFor(t, { caps });
      const alice = await server.user("alice");
      await alice.join("#room");
      const { host, say, connection } = await relayOn(t, server);
      for (let n = 0; n < 20; n++) await say(`line ${n}`);
      await alice.until(({ params }) => params[1] === "line 19");
      assert.deepEqual(messages(host), []);
      await alice.mode("#room", "+m");
      await assert.rejects(say("unheard"), { code: "forbidden", reached: "no" });
      assert.match((await say("unheard").catch(String)) ?? "", /Cannot send to channel/);
      await connection.close();
    }
  });

  it("is in doubt when the connection breaks after the line, and not before", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { say, host } = await relayOn(t, server);
    await say("settled");
    server.swallow(1);
    await assert.rejects(say("swallowed"), { code: "doubtful", reached: "unknown" });
    await alice.until(({ params }) => params[1] === "swallowed");
    await assert.rejects(say("not written"), { code: "network", reached: "no", scope: "login" });
    await host.until(() =>
      host.states.filter(({ state }) => state === "connected").length === 2 ? true : undefined,
    );
    await say("again");
  });

  it("is taken back from the flood queue when its time is up", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { send } = await relayOn(t, server, {
      more: { flood: { lines: 4, per_seconds: 60 }, channels: [] },
    });
    const stop = new AbortController();
    const queued = ["1", "2"].map((text) => send(text, createAttempt(undefined, stop.signal)));
    const outcomes = Promise.allSettled(queued);
    await alice.until(({ params }) => params[1] === "1");
    stop.abort();
    const reached = (await outcomes).map((outcome) =>
      outcome.status === "rejected" ? (outcome.reason as { reached: unknown }).reached : "sent",
    );
    assert.equal(reached[1], "no");
  });

  it("keeps 30 lines under the server's flood limit, with PONG first", async (t) => {
    const server = await serverFor(t, { flood: { lines: 14, perMs: 1000, onExcess: "kill" } });
    const alice = await server.user("alice");
    await alice.join("#room");
    const { send } = await relayOn(t, server, { more: { flood: { lines: 5, per_seconds: 1 } } });
    const all = Promise.allSettled(Array.from({ length: 30 }, (_, n) => send(`line ${n}`)));
    await alice.until(({ params }) => params[1] === "line 2");
    const token = server.ping("bridge");
    const before = server.lines.length;
    await server.until(() => server.lines.some(({ line }) => line.includes(`PONG :${token}`)));
    const since = server.lines.slice(before).filter(({ nick }) => nick === "bridge");
    assert.ok(since.findIndex(({ line }) => line.includes("PONG")) <= 1);
    await server.close();
    await all;
  });

  it("splits by the real prefix, so that the server cuts nothing", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { say } = await relayOn(t, server);
    const text = "äöü€ ".repeat(400).trim();
    await say("warm");
    await say(text);
    await say("end");
    await alice.until(({ params }) => params[1] === "end");
    const heard = alice.seen.filter(({ command }) => command === "PRIVMSG");
    assert.equal(
      heard
        .slice(1, -1)
        .map(({ params }) => params[1])
        .join(" "),
      text,
    );
    for (const { raw } of heard) assert.ok(Buffer.byteLength(raw) <= 510);
    assert.ok(heard.slice(1, -2).every(({ raw }) => Buffer.byteLength(raw) > 490));
  });
});
