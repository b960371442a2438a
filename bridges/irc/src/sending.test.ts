import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attempt, Draft } from "@bridgebox/core/adapter";
import { firstPart } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import type { Joined } from "./testing/fixture.ts";
import { channel, messages, relayOn, serverFor } from "./testing/fixture.ts";

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

const speaker = { as: "self" } as const;

const planned = ({ connection }: Joined, lines: string): readonly Draft[] => {
  const of = lines.split("\n").map((text) => ({ t: "para", of: [{ t: "text", text }] }) as const);
  const part = { id: firstPart, kind: "text", text: of } as const;
  return connection.plan?.({ chat: channel, speaker, content: { parts: [part] }, at: 0 }) ?? [];
};

/** The next attempt of one, with what that has noted. */
const again = (attempt: Attempt, noted?: (data: unknown) => void): Attempt => {
  const next = createAttempt(attempt);
  return {
    ...next,
    get notes() {
      return next.notes;
    },
    note: async (data) => {
      await next.note(data);
      noted?.(data);
    },
  };
};

describe("a message of several lines that was planned for a server that takes it as one", () => {
  it("goes on after the lines that are done, and tells no line twice", async (t) => {
    const server = await serverFor(t, {
      caps: ["batch", "draft/multiline", "echo-message", "labeled-response", "message-tags"],
    });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const [draft, ...more] = planned(relay, "one\ntwo\nthree");
    assert.ok(draft);
    assert.deepEqual(more, []);
    server.withdraw("draft/multiline");
    await relay.host.until(() => planned(relay, "one\ntwo").length === 2);
    const order = { chat: channel, draft, speaker };
    const first = again(createAttempt(), () => server.mode("#room", "+m"));
    await assert.rejects(relay.connection.send(order, first), { code: "forbidden", reached: "no" });
    server.mode("#room", "-m");
    server.offer("draft/multiline");
    await relay.host.until(() => planned(relay, "one\ntwo").length === 1);
    const result = await relay.connection.send(order, again(first));
    assert.ok(result.state === "sent");
    const said = server.said("#room");
    assert.deepEqual(
      said.map(({ text }) => text),
      ["one", "two", "three"],
    );
    const { id, aliases = [] } = result.sent;
    assert.deepEqual(
      [id, ...aliases],
      said.map(({ msgid }) => `=${msgid}`),
    );
  });
});
