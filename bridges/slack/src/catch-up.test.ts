import assert from "node:assert/strict";
import { describe } from "node:test";
import { until, type MemoryHost } from "@bridgebox/core/testing";
import { textsOf } from "./testing/listening.ts";
import { hostIn, onSlack } from "./testing/on-slack.ts";
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
});
