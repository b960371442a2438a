import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import type { Attempt, Found, Order, Speaker } from "@bridgebox/core/adapter";
import { firstPart } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import type { IrcOptions } from "../../../test/networks/irc/index.ts";
import { everyCap } from "../../../test/networks/irc/index.ts";
import type { Joined } from "./testing/fixture.ts";
import { channel, relayOn, serverFor } from "./testing/fixture.ts";

const hour = 3_600_000;
const bob: Speaker = { as: "relay", handle: "@bob:x", name: "Bob" };
const noKeys = { caps: everyCap, tagDeny: "*" } as const;

async function scene(t: TestContext, options: IrcOptions) {
  const server = await serverFor(t, options);
  const alice = await server.user("alice");
  await alice.join("#room");
  return { server, alice, relay: await relayOn(t, server) };
}

interface How {
  readonly speaker?: Speaker;
  readonly tone?: "normal" | "action";
}

function drafts({ connection }: Joined, lines: string, how: How = {}) {
  const { speaker = { as: "self" }, tone = "normal" } = how;
  const text = lines
    .split("\n")
    .map((line) => ({ t: "para", of: [{ t: "text", text: line }] }) as const);
  const content = { parts: [{ id: firstPart, kind: "text", text, tone } as const] };
  return connection.plan?.({ chat: channel, speaker, content, at: 0 }) ?? [];
}

function ordered(relay: Joined, lines: string, how: How = {}): Order {
  const [draft, ...more] = drafts(relay, lines, how);
  assert.ok(draft);
  assert.deepEqual(more, []);
  return { chat: channel, draft, speaker: how.speaker ?? { as: "self" } };
}

async function found({ connection }: Joined, order: Order, attempt: Attempt): Promise<Found> {
  const result = await connection.find?.(order, attempt);
  assert.ok(result);
  return result;
}

/** The same attempt as if it had begun then. */
const begun = (attempt: Attempt, firstAt: number): Attempt => ({ ...attempt, firstAt });

describe("whether an attempt arrived", () => {
  it("is known also where the server gives no ids", async (t) => {
    const caps = ["batch", "draft/chathistory", "server-time", "echo-message", "labeled-response"];
    const { relay } = await scene(t, { caps });
    const order = ordered(relay, "hello");
    const attempt = createAttempt();
    const result = await relay.connection.send(order, attempt);
    const looked = await found(relay, order, attempt);
    assert.ok(looked.state === "sent" && result.state === "sent");
    assert.deepEqual([looked.sent.id, result.sent.id], [attempt.key, attempt.key]);
  });

  it("is told by the words as they went over the wire", async (t) => {
    const { server, relay } = await scene(t, noKeys);
    const check = async (order: Order) => {
      const attempt = createAttempt();
      await relay.connection.send(order, attempt);
      const looked = await found(relay, order, attempt);
      assert.ok(looked.state === "sent", server.said("#room").at(-1)?.text);
      assert.equal(looked.sent.id, `=${server.said("#room").at(-1)?.msgid}`);
    };
    await check(ordered(relay, "hello", { speaker: bob }));
    await check(ordered(relay, "waves", { speaker: bob, tone: "action" }));
    await check(ordered(relay, "waves", { tone: "action" }));
    await check(ordered(relay, "two\nlines"));
    server.mode("#room", "+o", "bridge");
    const native = () => relay.host.of("chat").at(-1)?.info.features?.relay.text === "native";
    await relay.host.until(native);
    await check(ordered(relay, "hello again", { speaker: bob }));
    await check(ordered(relay, "waves again", { speaker: bob, tone: "action" }));
    assert.equal(server.said("#room").at(-1)?.nick, "Bob/m");
  });

  it("is known under any name: the client was called otherwise when it spoke", async (t) => {
    const { server, relay } = await scene(t, { caps: everyCap });
    const order = ordered(relay, "hello");
    const attempt = createAttempt();
    await relay.connection.send(order, attempt);
    const renamed = await relayOn(t, server, { more: { nick: "Guest4711" } });
    assert.equal((await found(renamed, order, attempt)).state, "sent");
  });

  it("is not decided by the same words of another time, or of none", async (t) => {
    const { relay } = await scene(t, noKeys);
    const order = ordered(relay, "ok");
    const attempt = createAttempt();
    const now = Date.now();
    await relay.connection.send(order, attempt);
    for (const [later, state] of [
      [0, "sent"],
      [20_000, "unknown"],
      [hour, "absent"],
    ] as const) {
      assert.equal((await found(relay, order, begun(attempt, now + later))).state, state);
    }
    const other = ordered(relay, "something else");
    assert.equal((await found(relay, other, begun(attempt, now + hour))).state, "absent");
    const caps = everyCap.filter((name) => name !== "server-time");
    const timeless = await scene(t, { caps, tagDeny: "*" });
    await timeless.relay.connection.send(order, attempt);
    assert.equal((await found(timeless.relay, order, attempt)).state, "unknown");
    assert.equal((await found(timeless.relay, other, attempt)).state, "unknown");
  });

  for (const ahead of [-hour, hour]) {
    it(`is known where the server's clock is an hour ${ahead < 0 ? "behind" : "ahead"}`, async (t) => {
      for (const options of [{ caps: everyCap }, noKeys]) {
        const { relay } = await scene(t, { ...options, ahead });
        const order = ordered(relay, "hello");
        const attempt = createAttempt();
        await relay.connection.send(order, attempt);
        assert.equal((await found(relay, order, attempt)).state, "sent");
        const other = ordered(relay, "something else");
        assert.equal((await found(relay, other, createAttempt())).state, "unknown");
        const later = begun(createAttempt(), Date.now() + 2 * 60_000);
        assert.equal((await found(relay, other, later)).state, "absent");
      }
    });
  }
});

describe("a message that went out line by line and broke off", () => {
  /** A draft of several lines for a server that has since stopped taking them as one. */
  async function divided(t: TestContext, lines: string) {
    const all = await scene(t, { caps: everyCap });
    const { server, relay } = all;
    const order = ordered(relay, lines);
    server.withdraw("draft/multiline");
    await relay.host.until(() => drafts(relay, lines).length > 1);
    return { ...all, order };
  }

  /** An attempt whose line after the `nth` note arrives and is never confirmed. */
  const striking = (nth: number, strike: () => void): Attempt => {
    const attempt = begun(createAttempt(), Date.now() + hour);
    let notes = 0;
    return {
      ...attempt,
      get notes() {
        return attempt.notes;
      },
      note: async (data) => {
        await attempt.note(data);
        if (++notes === nth) strike();
      },
    };
  };

  it("goes on after the line that arrived last, confirmed or not", async (t) => {
    const { server, relay, order } = await divided(t, "one\ntwo\none\nthree");
    const attempt = striking(1, () => server.swallow(1));
    await assert.rejects(relay.connection.send(order, attempt), { reached: "unknown" });
    await relay.host.reached("connected", 2);
    await relay.connection.join?.(channel, attempt.signal);
    assert.deepEqual(await found(relay, order, attempt), { state: "absent" });
    const result = await relay.connection.send(order, createAttempt(attempt));
    assert.ok(result.state === "sent");
    const said = server.said("#room");
    assert.deepEqual(
      said.map(({ text }) => text),
      ["one", "two", "one", "three"],
    );
    assert.deepEqual(
      [result.sent.id, ...(result.sent.aliases ?? [])],
      said.map(({ msgid }) => `=${msgid}`),
    );
  });

  it("is there if its last line is", async (t) => {
    const { server, relay, order } = await divided(t, "one\ntwo");
    const attempt = striking(1, () => server.swallow(1));
    await assert.rejects(relay.connection.send(order, attempt), { reached: "unknown" });
    await relay.host.reached("connected", 2);
    await relay.connection.join?.(channel, attempt.signal);
    const looked = await found(relay, order, attempt);
    assert.ok(looked.state === "sent");
    assert.deepEqual(
      [looked.sent.id, ...(looked.sent.aliases ?? [])],
      server.said("#room").map(({ msgid }) => `=${msgid}`),
    );
  });
});
