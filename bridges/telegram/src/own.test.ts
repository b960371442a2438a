import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Connection, ListedChat, RemoteEvent } from "@bridgebox/core/adapter";
import { until } from "@bridgebox/core/testing";
import { openFixture, privateChat } from "./testing/world.ts";
import type { Fixture } from "./testing/world.ts";
import type { Live } from "./testing/login.ts";

describe("what only one account sees of a chat", () => {
  let world: Fixture;
  let live: Live;
  before(async () => {
    world = await openFixture();
    const { server, alice, bob } = world;
    server.say(bob, alice, "hi");
    live = await world.goLive(alice);
  });
  after(() => world.close());

  const signal = new AbortController().signal;

  test("is set over there: silence, a mark, the top, the archive, each by itself", async () => {
    const { alice, bob } = world;
    const chat = privateChat(alice, bob);
    const own: NonNullable<Connection["own"]> = (...told) => {
      return live.connection.own?.(...told) ?? assert.fail("it can do that");
    };
    const view = () => alice.views.get(bob);
    await own(chat, { muted: "ever" }, signal);
    await own(chat, { unread: true }, signal);
    await own(chat, { tagged: { tag: "favourite", on: true } }, signal);
    const set = { muteUntil: 2_147_483_647, unread: true, pinned: true, archived: false };
    assert.deepEqual(view(), set);
    await own(chat, { muted: null, unread: false }, signal);
    await own(chat, { tagged: { tag: "favourite", on: false } }, signal);
    await own(chat, { tagged: { tag: "low", on: true } }, signal);
    assert.deepEqual(view(), { muteUntil: 0, unread: false, pinned: false, archived: true });
    await own(chat, { tagged: { tag: "archive", on: false } }, signal);
    assert.equal(view()?.archived, false);
  });

  test("is told when it changes, and stands in the list of chats", async () => {
    const { server, alice, bob } = world;
    const told = (fits: (event: RemoteEvent) => boolean): Promise<unknown> =>
      until("it is told", () => live.core.events.some(fits));
    server.people.see(alice, bob, { pinned: true });
    await told((event) => event.kind === "tag" && event.tag === "favourite" && event.on);
    server.people.see(alice, bob, { archived: true, unread: true });
    await told((event) => event.kind === "tag" && event.tag === "archive" && event.on);
    await told((event) => event.kind === "unread" && event.marked);
    const listed: ListedChat[] = [];
    for await (const page of live.connection.chats?.(signal) ?? []) listed.push(...page);
    const { own } = listed.find(({ ref }) => ref.id === `user:${bob.id}`) ?? {};
    assert.deepEqual(own, { muted: null, unread: true, tags: ["archive"] });
  });
});
