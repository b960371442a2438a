import assert from "node:assert/strict";
import { describe } from "node:test";
import { BridgeError, messageId, type ChatRef, type MessageId } from "@bridgebox/core/adapter";
import { onSlack } from "./testing/on-slack.ts";
import { chatOf } from "./testing/world.ts";
import type { Live } from "./testing/world.ts";

describe("history", () => {
  onSlack("is read in both directions to its end, and threads by their root", async (fixture) => {
    const { server, bob, general } = fixture;
    const live = await fixture.goLive();
    const posts = Array.from({ length: 12 }, (_, index) => server.say(bob, general, `m${index}`));
    const [root] = posts;
    assert(root);
    server.say(bob, general, "leaf", { thread: root });
    const { connection } = live;
    const read = async (
      direction: "older" | "newer",
      thread = false,
    ): Promise<readonly string[]> => {
      const pages: string[][] = [];
      let page: string | undefined;
      do {
        const got = await connection.history?.(
          {
            chat: chatOf(general),
            direction,
            limit: 5,
            ...(thread ? { thread: messageId(root.ts) } : {}),
            ...(page === undefined ? {} : { page }),
          },
          AbortSignal.timeout(5000),
        );
        assert(got);
        pages.push(got.events.map((event) => event.key));
        page = got.page;
      } while (page !== undefined);
      return (direction === "older" ? pages.toReversed() : pages).flat();
    };
    const all = posts.map(({ ts }) => ts);
    assert.deepEqual(await read("older"), all);
    assert.deepEqual(await read("newer"), all);
    const thread = await read("newer", true);
    assert.deepEqual(thread, [root.ts, general.posts.at(-1)?.ts]);
  });

  onSlack(
    "tells what was deleted and edited, in the conversation and not in its threads",
    async (fixture) => {
      const { server, bob, general } = fixture;
      const live = await fixture.goLive();
      const [first, root, removed, edited] = ["first", "root", "removed", "edited"].map((text) =>
        server.say(bob, general, text),
      );
      assert(first && root && removed && edited);
      server.say(bob, general, "leaf", { thread: root });
      const both = server.say(bob, general, "leaf for all", { thread: root, broadcast: true });
      server.remove(general, root);
      server.remove(general, removed);
      server.edit(general, edited, "edited, really");
      const query = { chat: chatOf(general), direction: "older", limit: 100 } as const;
      const page = await live.connection.history?.(query, AbortSignal.timeout(5000));
      assert(page);
      assert.deepEqual([page.unlisted, page.ours], ["deleted", true]);
      server.huddle(general, bob)();
      const later = await live.connection.history?.(query, AbortSignal.timeout(5000));
      const call = later?.events.at(-1);
      assert.deepEqual([call?.kind, call?.kind === "call" && call.state], ["call", "ended"]);
      assert.deepEqual(
        page.listed?.map(({ id }) => String(id)),
        [first.ts, edited.ts, both.ts],
      );
      assert.deepEqual(
        page.events.map((event) => event.kind === "message" && typeof event.edited),
        ["object", "number", "object"],
      );
    },
  );

  onSlack("tells what was deleted and edited in a thread", async (fixture) => {
    const { server, bob, general } = fixture;
    const live = await fixture.goLive();
    const root = server.say(bob, general, "root");
    const [kept, removed, edited] = ["kept", "removed", "edited"].map((text) =>
      server.say(bob, general, text, { thread: root }),
    );
    assert(kept && removed && edited);
    server.say(bob, general, "elsewhere");
    server.remove(general, removed);
    server.edit(general, edited, "edited, really");
    const page = await live.connection.history?.(
      { chat: chatOf(general), thread: messageId(root.ts), direction: "older", limit: 100 },
      AbortSignal.timeout(5000),
    );
    assert(page);
    assert.deepEqual([page.unlisted, page.ours, page.page], ["deleted", true, undefined]);
    assert.deepEqual(
      page.listed?.map(({ id }) => String(id)),
      [root.ts, kept.ts, edited.ts],
    );
    assert.deepEqual(
      page.events.map((event) => event.kind === "message" && typeof event.edited),
      ["object", "object", "number"],
    );
  });

  for (const pageSize of [2, 5])
    onSlack(
      `is read on to its end however much was said since, by ${pageSize}`,
      async (fixture) => {
        const { server, bob, general } = fixture;
        const live = await fixture.goLive();
        const posts = Array.from({ length: 121 }, (_, index) =>
          server.say(bob, general, `m${index}`),
        );
        server.pageSize = pageSize;
        const pages = pagesOf(live, { chat: chatOf(general), from: messageId(posts[0]?.ts ?? "") });
        const keys = [...(await pages.next()).keys];
        posts.push(server.say(bob, general, "said meanwhile"));
        for (let last = false; !last;) {
          const page = await pages.next();
          keys.push(...page.keys);
          ({ last } = page);
        }
        assert.deepEqual(
          keys,
          posts.slice(1).map(({ ts }) => ts),
        );
        const asked = server.calls.filter(
          ({ method }) => method === "conversations.history",
        ).length;
        assert(asked <= 125, `back to where it begins and forth again are 121 calls, not ${asked}`);
      },
    );

  onSlack("that says there is more and shows nothing is not at its end", async (fixture) => {
    const { server, bob, general } = fixture;
    const live = await fixture.goLive();
    server.say(bob, general, "hidden");
    server.pageSize = 0;
    const pages = pagesOf(live, { chat: chatOf(general) });
    await assert.rejects(
      pages.next(),
      (error) => error instanceof BridgeError && error.code === "network",
    );
  });
});

/** The pages of what is newer, each as soon as it is asked for. */
const pagesOf = (
  { connection }: Live,
  { chat, from }: { readonly chat: ChatRef; readonly from?: MessageId },
) => {
  let page: string | undefined;
  return {
    next: async (): Promise<{ readonly keys: readonly string[]; readonly last: boolean }> => {
      const where = { ...(from ? { from } : {}), ...(page === undefined ? {} : { page }) };
      const query = { chat, direction: "newer", limit: 2, ...where } as const;
      const got = await connection.history?.(query, AbortSignal.timeout(5000));
      assert(got && got.events.length <= 2);
      ({ page } = got);
      return { keys: got.events.map(({ key }) => key), last: page === undefined };
    },
  };
};
