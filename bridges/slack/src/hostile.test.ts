import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BridgeError, messageId, userId } from "@bridgebox/core/adapter";
import { createAttempt, until } from "@bridgebox/core/testing";
import type { Wire } from "./api/shapes.ts";
import { eventsOf } from "./receive.ts";
import { listenerFor } from "./testing/listening.ts";
import { chatOf, openFixture, orderFor, said, type Fixture, type Live } from "./testing/world.ts";

/** One workspace for all of it. */
let fixture: Fixture;
let live: Live;

const soon = (): AbortSignal => AbortSignal.timeout(5000);

const failure = async (work: Promise<unknown> | undefined): Promise<BridgeError> => {
  const error: unknown = await work?.then(
    () => "it was done",
    (thrown: unknown) => thrown,
  );
  assert(error instanceof BridgeError, String(error));
  return error;
};

const everybody = async (): Promise<void> => {
  for await (const page of live.connection.members?.(chatOf(fixture.general), soon()) ?? [])
    assert(page.length >= 0);
};

describe("a network that is broken, or wants to do harm", () => {
  before(async () => {
    fixture = await openFixture();
    live = await fixture.goLive();
  });
  after(() => fixture.close());

  describe("an answer that is none of Slack's", () => {
    const nothing = [
      "<html>secret</html>",
      '{"ok":false}',
      "[]",
      "{}",
      '{"ok":false,"error":7}',
      "null",
      "",
    ];
    for (const body of nothing)
      test(`says nothing of what became of a message: ${body}`, async () => {
        const order = orderFor(live, { chat: chatOf(fixture.general), content: said("hi") });
        fixture.server.answer("chat.postMessage", body);
        const { code, reached, message } = await failure(
          live.connection.send(order, createAttempt()),
        );
        assert.deepEqual([code, reached], ["network", "unknown"]);
        assert.doesNotMatch(message, /secret|undefined/);
      });

    test("may be called like a part of every object", async () => {
      const order = orderFor(live, { chat: chatOf(fixture.general), content: said("hi") });
      fixture.server.answer("chat.postMessage", '{"ok":false,"error":"constructor"}');
      const error = await failure(live.connection.send(order, createAttempt()));
      assert.deepEqual([error.code, error.scope], ["invalid", "item"]);
      assert.match(error.message, /not sent: Slack refused it \(constructor\)/);
    });

    for (const seconds of [0, 999_999_999])
      test(`asks to wait ${seconds} seconds`, async () => {
        const order = orderFor(live, { chat: chatOf(fixture.general), content: said("hi") });
        fixture.server.limit("chat.postMessage", seconds);
        const { code, retryAfter = 0 } = await failure(
          live.connection.send(order, createAttempt()),
        );
        assert.equal(code, "rate_limit");
        assert(retryAfter >= 1000 && retryAfter <= 3_600_000, `${retryAfter}`);
      });

    const who = userId("U0STRANGER1");
    const calls: readonly (readonly [string, () => Promise<unknown> | undefined, string])[] = [
      [
        "conversations.create",
        () =>
          live.connection.createGroup?.(
            { kind: "channel", name: "a", members: [] },
            createAttempt(),
          ),
        "unknown",
      ],
      [
        "conversations.open",
        () => live.connection.createGroup?.({ kind: "group", members: [who] }, createAttempt()),
        "unknown",
      ],
      ["conversations.open", () => live.connection.startChat?.(who, soon()), "unknown"],
      ["conversations.info", () => live.connection.describe(chatOf(fixture.general), soon()), "no"],
      ["users.info", () => live.connection.user?.(who, soon()), "no"],
      ["auth.test", () => live.connection.probe?.(soon()), "no"],
    ];
    for (const [method, call, reached] of calls)
      for (const answer of [
        '{"ok":true}',
        '{"ok":true,"channel":{"id":"../x"},"user":[],"user_id":"!","team_id":7}',
      ])
        test(`tells nothing of what ${method} was asked for: ${answer}`, async () => {
          fixture.server.answer(method, answer);
          const error = await failure(call());
          assert.deepEqual([error.code, error.reached, error.scope], ["network", reached, "item"]);
          assert.match(error.message, /Slack's answer cannot be read/);
        });

    test("does not make all that was said look deleted, nor everybody gone", async () => {
      const { server, general } = fixture;
      const query = { chat: chatOf(general), direction: "older", limit: 10 } as const;
      server.answer("conversations.history", '{"ok":true}');
      assert.equal((await failure(live.connection.history?.(query, soon()))).code, "network");
      const order = orderFor(live, { chat: chatOf(general), content: said("hi") });
      server.answer("conversations.history", '{"ok":true,"messages":{}}');
      const looked = await failure(live.connection.find?.(order, createAttempt()));
      assert.equal(looked.code, "network");
      server.answer("conversations.members", '{"ok":true}');
      assert.equal((await failure(everybody())).code, "network");
    });

    test("whose pages lead back to one another is given up", async () => {
      for (const next of ["x", "y", "x"]) {
        const page = { ok: true, members: [], response_metadata: { next_cursor: next } };
        fixture.server.answer("conversations.members", JSON.stringify(page));
      }
      assert.match((await failure(everybody())).message, /Slack's answer cannot be read/);
    });

    test("whose pages never end is given up", async () => {
      const page = JSON.stringify({
        ok: true,
        members: [],
        response_metadata: { next_cursor: "x" },
      });
      for (let times = 0; times < 3; times += 1)
        fixture.server.answer("conversations.members", page);
      assert.match((await failure(everybody())).message, /Slack's answer cannot be read/);
    });
  });

  describe("an event that makes no sense", () => {
    const ts = "1700000000.000100";
    const message = { type: "message", user: "U0STRANGER1", text: "hi", ts };
    const events: readonly Wire[] = [
      { type: "message", subtype: "message_deleted", deleted_ts: ts, event_ts: "soon" },
      {
        type: "message",
        subtype: "message_changed",
        message: { ...message, edited: { ts: "now" } },
      },
      { type: "message", subtype: "channel_topic", topic: "x", event_ts: [] },
      { type: "reaction_added", user: "U0STRANGER1", reaction: "tada", event_ts: "1e999" },
      { type: "pin_added", item: { message: { ts } }, event_ts: "-1" },
      { type: "channel_archive", event_ts: {} },
    ];
    for (const event of events)
      test(`has a moment all the same: ${JSON.stringify(event)}`, async () => {
        const { view } = listenerFor(fixture, fixture.app.botToken);
        const item = { ts, channel: fixture.general.id, message: { ts } };
        const told = await eventsOf({ item, channel: fixture.general.id, ...event }, view);
        assert(told.length > 0);
        for (const { at } of told) assert(Number.isSafeInteger(at) && at > 0, `${at}`);
      });

    test("is no end of what is heard", async () => {
      const { server, bob, general } = fixture;
      server.say(bob, general, "before");
      const [payload] = await until(
        "it was sent",
        () => server.feed.sent.length > 0 && server.feed.sent,
      );
      assert(payload);
      const event = {
        type: "message",
        subtype: "message_deleted",
        channel: general.id,
        deleted_ts: ts,
        event_ts: "soon",
      };
      live.core.beforeCommit = ({ events }) =>
        events.every(({ at }) => Number.isSafeInteger(at))
          ? Promise.resolve()
          : Promise.reject(new Error("NOT NULL constraint failed"));
      server.feed.repeat({ ...payload, event_id: "Ev0BROKEN01", event });
      server.say(bob, general, "after");
      await until("what comes after", () => live.core.of("message").length >= 2);
      assert.deepEqual(
        live.core.states.map(({ state }) => state),
        ["connected"],
      );
    });

    test("does not keep the rest of a page of history away", async () => {
      const { server, general } = fixture;
      const messages = [
        {
          ...message,
          ts: "1700000001.000000",
          blocks: [{ type: "rich_text", elements: [{ type: "rich_text_section", elements: "x" }] }],
        },
        { ...message, ts: "1700000002.000000", edited: { ts: "now" }, latest_reply: "x" },
        {
          ...message,
          ts: "1700000003.000000",
          reactions: [{ name: "tada", users: "x" }, { users: [] }],
        },
      ];
      server.answer("conversations.history", JSON.stringify({ ok: true, messages }));
      const page = await live.connection.history?.(
        {
          chat: chatOf(general),
          direction: "older",
          limit: 10,
          from: messageId("1800000000.000000"),
        },
        soon(),
      );
      assert.equal(page?.events.length, 3);
      for (const each of page?.events ?? []) {
        const edited = each.kind === "message" ? (each.edited ?? 0) : 0;
        assert(Number.isSafeInteger(each.at) && Number.isSafeInteger(edited));
      }
    });
  });
});
