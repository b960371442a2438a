import assert from "node:assert/strict";
import { test } from "node:test";
import { messageId } from "@bridgebox/core/adapter";
import type { StateEvent } from "@bridgebox/core/adapter";
import { MemoryHost, until } from "@bridgebox/core/testing";
import { chatOf, openFixture } from "./testing/world.ts";
import type { Fixture, Live } from "./testing/world.ts";

const soon = () => AbortSignal.timeout(5000);

type Mark = Extract<StateEvent, { kind: "read" | "unread" }>;

const isMark = (event: { readonly kind: string }): event is Mark =>
  event.kind === "read" || event.kind === "unread";

/** What was told of marks, in order: up to where was read, or whether it is unread. */
const told = ({ core }: Live): readonly (string | boolean)[] =>
  core.events
    .filter((event) => isMark(event))
    .map((event) => (event.kind === "read" ? event.upTo : event.marked));

/** What the account does in Slack itself. */
const markBy = async ({ server, ana, general }: Fixture, ts: string): Promise<void> => {
  const { text } = server.addToken("user", ana);
  const answer = await fetch(`${server.apiUrl.replace(/\/$/, "")}/conversations.mark`, {
    method: "POST",
    headers: { authorization: `Bearer ${text}` },
    body: new URLSearchParams({ channel: general.id, ts }),
  });
  assert.match(await answer.text(), /"ok":true/);
};

test("a mark that goes back is unread until all is read again, also after a restart", async () => {
  const fixture = await openFixture();
  try {
    const { server, ana, bob, general } = fixture;
    const posts = ["one", "two", "three"].map((text) => server.say(bob, general, text).ts);
    const [one = "", two = "", three = ""] = posts;
    const token = server.addToken("session", ana);
    const chat = chatOf(general);
    const mark = async (live: Live, ts: string, count: number) => {
      await markBy(fixture, ts);
      await until("the mark", () => told(live).length >= count);
    };
    const first = await fixture.alone(token);
    await mark(first, three, 1);
    await mark(first, one, 2);
    assert.deepEqual(told(first), [three, true]);
    await first.close();
    const second = await fixture.alone(token, new MemoryHost(first.core.kept));
    await second.connection.markRead?.(chat, messageId(one), soon());
    await mark(second, two, 1);
    await second.connection.markRead?.(chat, messageId(one), soon());
    assert.equal(general.read.get(ana), two, "what is read is not marked again");
    await second.connection.markRead?.(chat, messageId(three), soon());
    await until("all is read", () => told(second).length >= 3);
    assert.deepEqual(told(second), [true, three, false], "in part is not all");
  } finally {
    await fixture.close();
  }
});

test("what was read on Slack since is not given back", async () => {
  const fixture = await openFixture();
  try {
    const { server, ana, bob, general } = fixture;
    const chat = chatOf(general);
    const live = await fixture.alone(server.addToken("session", ana));
    const read = () => general.read.get(ana);
    const posts = ["one", "two", "three"].map((text) => server.say(bob, general, text).ts);
    const [one = "", two = "", three = ""] = posts;
    await live.connection.own?.(chat, { unread: true }, soon());
    assert.equal(read(), two);
    const four = server.say(bob, general, "four");
    await markBy(fixture, four.ts);
    await until("the mark", () => told(live).at(-1) === four.ts);
    await live.connection.own?.(chat, { unread: false }, soon());
    assert.equal(read(), four.ts, "what was marked as unread is read long since");
    for (const ts of [one, three]) await live.connection.markRead?.(chat, messageId(ts), soon());
    assert.equal(read(), four.ts, "a receipt that comes late");
  } finally {
    await fixture.close();
  }
});

test("what is marked as unread on Matrix is so on Slack, and nothing else of it can be set", async () => {
  const fixture = await openFixture();
  try {
    const { server, ana, bob, general } = fixture;
    const chat = chatOf(general);
    const live = await fixture.alone(server.addToken("session", ana));
    const read = () => general.read.get(ana);
    await live.connection.own?.(chat, { unread: true }, soon());
    assert.equal(read(), undefined, "there is nothing to be read");
    const one = server.say(bob, general, "one");
    await live.connection.own?.(chat, { unread: true }, soon());
    assert.ok((read() ?? one.ts) < one.ts);
    const two = server.say(bob, general, "two");
    await live.connection.own?.(chat, { unread: false }, soon());
    assert.equal(read(), one.ts, "what was said since was read by nobody");
    await live.connection.own?.(chat, { unread: false }, soon());
    assert.equal(read(), one.ts);
    await live.connection.markRead?.(chat, messageId(two.ts), soon());
    await live.connection.own?.(chat, { unread: true }, soon());
    assert.equal(read(), one.ts);
    await live.connection.own?.(chat, { unread: false }, soon());
    assert.equal(read(), two.ts);
    for (const change of [{ muted: "ever" }, { tagged: { tag: "favourite", on: true } }] as const)
      await assert.rejects(async () => live.connection.own?.(chat, change, soon()), {
        code: "unsupported",
        message: /Slack lets nobody mute or star one from outside/,
      });
  } finally {
    await fixture.close();
  }
});
