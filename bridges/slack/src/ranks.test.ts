import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemoryHost } from "@bridgebox/core/testing";
import { until } from "@bridgebox/core/testing";
import type { Call } from "./api/web.ts";
import { Ranks } from "./ranks.ts";
import { textsOf } from "./testing/listening.ts";
import { hostIn, onSlack } from "./testing/on-slack.ts";
import { chatOf } from "./testing/world.ts";
import type { Fixture } from "./testing/world.ts";

/** As what people were told of, in order; what an account is itself is told apart. */
const told = (core: MemoryHost, { app }: Fixture) =>
  core
    .of("members")
    .flatMap(({ chat, list }) => list.map(({ user, role }) => [chat.id, user, role]))
    .filter(([, user]) => user !== app.bot.id);

describe("owners and admins of the workspace", () => {
  onSlack(
    "have their level where they are listed, where they speak, and when it changes",
    async (fixture) => {
      const { server, ana, bob, app, general } = fixture;
      const other = server.addChannel("other", [bob, app.bot]);
      const secret = server.addChannel("secret", [bob], "private");
      ana.rank = "owner";
      const core = hostIn(fixture);
      core.chats.push(chatOf(other), chatOf(secret));
      const live = await fixture.goLive(core);
      const listed: unknown[] = [];
      for await (const page of live.connection.members?.(
        chatOf(general),
        AbortSignal.timeout(5000),
      ) ?? [])
        listed.push(...page.map(({ user, role }) => [user, role]));
      assert.deepEqual(
        new Map(listed as [string, string][]),
        new Map([
          [bob.id, "member"],
          [ana.id, "owner"],
          [app.bot.id, "member"],
        ] as const),
      );
      for (const user of [ana, bob, ana]) server.say(user, general, "hello");
      server.say(bob, server.direct(app.bot, bob), "in private");
      await core.until(() => core.of("message").length === 4);
      assert.deepEqual(told(core, fixture), [
        [general.id, ana.id, "owner"],
        [general.id, bob.id, "member"],
      ]);
      server.changeUser(bob, { rank: "admin" });
      await core.until(() => told(core, fixture).length === 4);
      assert.deepEqual(told(core, fixture).slice(2), [
        [general.id, bob.id, "admin"],
        [other.id, bob.id, "admin"],
      ]);
      server.changeUser(bob, { displayName: "Bobby" });
      server.fail("users.conversations", "missing_scope");
      server.changeUser(bob, { rank: "member" });
      const left = "warn Somebody's level was not changed in their channels";
      await core.until(() => core.log.includes(left));
      server.say(bob, general, "no more");
      await core.until(() => told(core, fixture).length === 5);
      assert.deepEqual(told(core, fixture)[4], [general.id, bob.id, "member"]);
    },
  );

  onSlack(
    "are looked for in so many people only, and what is not known is not told",
    async (fixture) => {
      const { server, ana, bob, general } = fixture;
      ana.rank = "admin";
      server.pageSize = 1;
      for (let at = 0; at < 60; at += 1) server.addUser(`one of many ${at}`);
      const late = server.addUser("late", {});
      late.rank = "owner";
      const lists = () => server.calls.filter(({ method }) => method === "users.list").length;
      const core = hostIn(fixture);
      await fixture.goLive(core);
      await until("they are looked through", () => lists() === 50);
      await until("it is known who ana is", () => {
        server.say(ana, general, "hello");
        return told(core, fixture).length === 1;
      });
      for (const user of [bob, late]) server.say(user, general, `I am ${user.name}`);
      await core.until(() => textsOf(core).includes("I am late"));
      assert.deepEqual(told(core, fixture), [[general.id, ana.id, "admin"]]);
      assert.equal(lists(), 50);
    },
  );

  it("are looked for by the next one where the first who asked goes", async () => {
    const ranks = new Ranks();
    const going = new AbortController();
    const waits: Call = async (_method, _args, { signal }) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(signal.reason));
      return promise;
    };
    const answers: Call = async () => ({ ok: true, members: [{ id: "U0000001", is_owner: true }] });
    const first = ranks.list(waits, going.signal);
    const second = ranks.list(answers, AbortSignal.timeout(5000));
    going.abort();
    await assert.rejects(first);
    await second;
    assert.equal(ranks.of("U0000001"), "owner");
  });
});
