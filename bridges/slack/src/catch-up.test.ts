import assert from "node:assert/strict";
import { describe } from "node:test";
import { until, type MemoryHost } from "@bridgebox/core/testing";
import { onHub } from "./testing/boxes.ts";
import { listenerFor, textsOf } from "./testing/listening.ts";
import { hostIn, onSlack } from "./testing/on-slack.ts";
import { chatOf } from "./testing/world.ts";
import type { Fixture } from "./testing/world.ts";

const always = { times: Number.MAX_SAFE_INTEGER };
const history = "conversations.history";
const replies = "conversations.replies";

/** A restart, while which something happens, and what fails as it is read. */
const missing = (
  name: string,
  {
    happen,
    fail,
    see,
  }: {
    readonly happen: (fixture: Fixture) => void;
    readonly fail: (fixture: Fixture) => (() => void) | undefined;
    readonly see: (fixture: Fixture, core: MemoryHost) => void;
  },
): void => {
  onSlack(name, async (fixture) => {
    const { server, bob, general } = fixture;
    const before = hostIn(fixture);
    const first = await fixture.goLive(before);
    server.say(bob, general, "before");
    await before.until(() => textsOf(before).length === 1);
    await first.close();
    happen(fixture);
    server.pageSize = 2;
    const core = hostIn(fixture, before);
    const calls = server.calls.length;
    const release = fail(fixture);
    await fixture.goLive(core);
    const asked = () => server.calls.slice(calls).some(({ method }) => method === history);
    await until("the first page is asked for", asked);
    release?.();
    server.say(bob, general, "live");
    await core.until(() => textsOf(core).includes("live"));
    see(fixture, core);
  });
};

/** What is missing, without the looks for changes. */
const gaps = (core: MemoryHost) => core.of("gap").filter(({ only }) => only === undefined);

const speak = ({ server, bob, general }: Fixture): void => {
  for (let number = 1; number <= 6; number += 1) server.say(bob, general, `missed ${number}`);
};

describe("what Slack refuses to tell of what was missed", () => {
  missing("is a gap before what it told", {
    happen: speak,
    fail: ({ server }) => {
      const release = server.hang(history);
      server.fail(history, "invalid_cursor", always);
      return release;
    },
    see: (_, core) => {
      const [gap, ...more] = gaps(core);
      assert(gap?.since !== undefined && gap.to !== undefined && gap.healable);
      const told = core.batches.find(({ events }) => events.some((each) => each === gap));
      const said = told?.events.flatMap((each) => (each.kind === "message" ? [each.id] : []));
      assert.deepEqual([said?.[0], said?.length, more.length], [gap.to, 2, 0]);
    },
  });

  missing("is a gap also where it told nothing", {
    happen: speak,
    fail: ({ server }) => {
      server.fail(history, "invalid_cursor", always);
    },
    see: (_, core) => {
      assert.deepEqual(
        gaps(core).map(({ to, healable }) => [to, healable]),
        [[undefined, true]],
      );
    },
  });

  missing("is told with the huddles among it", {
    happen: (fixture) => {
      fixture.server.huddle(fixture.general, fixture.bob)(true);
      speak(fixture);
    },
    fail: () => undefined,
    see: (_, core) => {
      // What was on its way to the socket before comes as well.
      assert.equal(core.of("call")[0]?.state, "missed");
      assert.deepEqual(gaps(core), []);
    },
  });

  missing("is no gap where the account is not in it any more", {
    happen: speak,
    fail: ({ server }) => {
      server.fail(history, "not_in_channel", always);
    },
    see: (_, core) => assert.deepEqual(gaps(core), []),
  });

  missing("is a gap that cannot be healed in a thread", {
    happen: ({ server, bob, general }) => {
      const root = server.say(bob, general, "root");
      server.say(bob, general, "leaf", { thread: root });
    },
    fail: ({ server }) => {
      server.fail(replies, "invalid_cursor", always);
    },
    see: (_, core) => {
      assert.deepEqual(
        gaps(core).map(({ healable }) => healable),
        [false],
      );
    },
  });

  /** A page of what was missed that leads on to `next`, in the place of Slack's. */
  const pageOf = ({ general }: Fixture, from: number, next: string): string => {
    const messages = general.posts
      .toReversed()
      .slice(from, from + 2)
      .map(({ ts, text }) => ({ type: "message", user: "U0STRANGER1", text, ts }));
    const response_metadata = { next_cursor: next };
    return JSON.stringify({ ok: true, messages, has_more: true, response_metadata });
  };

  missing("is a gap behind pages that lead back to one another, and is logged", {
    happen: speak,
    fail: (fixture) => {
      for (const [from, next] of [
        [0, "a"],
        [2, "b"],
        [0, "a"],
      ] as const)
        fixture.server.answer(history, pageOf(fixture, from, next));
      return undefined;
    },
    see: ({ general }, core) => {
      const [gap, ...more] = gaps(core);
      assert.deepEqual([gap?.to, gap?.healable, more], [general.posts.at(-5)?.ts, true, []]);
      const told = core.batches.find(({ events }) => events.some((each) => each === gap));
      const said = told?.events.flatMap((each) => (each.kind === "message" ? [each.id] : []));
      assert.deepEqual([said?.[0], said?.length], [gap?.to, 4]);
      assert.match(core.log, /warn Not all that was missed in a conversation was fetched/);
      assert.doesNotMatch(core.log, /heard anew/);
    },
  });

  missing("is a gap in threads that have no end", {
    happen: ({ server, bob, general }) => {
      const root = server.say(bob, general, "root");
      for (let at = 0; at < 230; at += 1) server.say(bob, general, `leaf ${at}`, { thread: root });
    },
    fail: () => undefined,
    see: ({ server }, core) => {
      assert.deepEqual(
        gaps(core).map(({ healable }) => healable),
        [false],
      );
      assert.equal(server.calls.filter(({ method }) => method === replies).length, 100);
    },
  });

  onHub("is a gap where reading one conversation fails again and again", async (scene) => {
    const { server, app, bob, general } = scene;
    const kept = await scene.begun(app.botToken);
    server.say(bob, general, "missed");
    server.fail(history, "internal_error", { ...always, status: 500 });
    let tries = 0;
    const pause = (): Promise<void> => {
      tries += 1;
      return Promise.resolve();
    };
    const { core, hub } = scene.box(kept, { pause });
    const listener = listenerFor(scene, app.botToken, [chatOf(general)]);
    await hub.add(listener);
    await until("it is marked as read", () =>
      core.batches.some(({ events }) => events.length === 0),
    );
    assert.deepEqual(
      gaps(core).map(({ chat, healable, to }) => [chat.id, healable, to]),
      [[general.id, true, undefined]],
    );
    assert.equal(tries, 4);
    server.say(bob, general, "live");
    await core.until(() => textsOf(core).includes("live"));
  });
});
