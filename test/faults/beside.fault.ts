import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openSpokenWorld } from "./open-world.ts";
import { elsewhere, talk } from "./talk.ts";
import type { NetworkSide, World } from "./world.ts";

const sides = ["irc", "slack", "telegram", "discord"] as const satisfies readonly NetworkSide[];
const hook = /^POST \/webhooks/;

/** Messages of each side that is not in trouble. */
const lines = 20;
/** A call that a slow machine gave up may be made once more. */
const repeats = 2;
/** Requests that a trouble meets: all that there will be. */
const every = 100_000;
/** Nobody waits for its end. */
const hour = 3600;

/** What goes wrong with a network; `hang` and `down` give what ends it. */
interface Trouble {
  hang(world: World): () => void;
  down(world: World): Promise<() => Promise<void>>;
  limit(world: World): void;
  /** Messages that the box has sent there, each by one call. */
  sends(world: World): number;
}

const troubles: Readonly<Record<NetworkSide, Trouble>> = {
  irc: {
    hang: ({ stage: { irc } }) => {
      irc.hang(true);
      return () => irc.hang(false);
    },
    down: async (world) => {
      await world.stage.irc.stop();
      await world.noticed();
      return async () => {
        await world.stage.irc.start();
        await world.carlEnters();
        await world.ircIsBack();
      };
    },
    limit: ({ stage: { irc } }) => irc.limit({ lines: 4, perMs: hour * 1000, onExcess: "kill" }),
    sends: ({ stage: { irc } }) =>
      irc.lines.filter(({ nick, line }) => nick === "bridgebox" && line.startsWith("PRIVMSG "))
        .length,
  },
  slack: {
    hang: ({ stage: { slack } }) => slack.hang("chat.postMessage", every),
    down: async ({ stage: { slack } }) => {
      await slack.stop();
      return () => slack.start();
    },
    limit: ({ stage: { slack } }) => slack.limit("chat.postMessage", hour, every),
    sends: ({ stage: { slack } }) =>
      slack.calls.filter(({ method }) => method === "chat.postMessage").length,
  },
  telegram: {
    hang: ({ stage: { telegram } }) => telegram.hang("messages.SendMessage", every),
    down: async ({ stage: { telegram } }) => {
      await telegram.stop();
      return () => telegram.start();
    },
    limit: ({ stage: { telegram } }) => telegram.floodWait("messages.SendMessage", hour, every),
    sends: ({ stage: { telegram } }) =>
      telegram.calls.filter(({ name }) => name === "messages.SendMessage").length,
  },
  discord: {
    hang: ({ stage: { discord } }) => discord.hang(hook, every),
    down: async ({ stage: { discord } }) => {
      await discord.stop();
      return () => discord.start();
    },
    limit: ({ stage: { discord } }) => discord.limit(hook, hour, "user", every),
    sends: ({ stage: { discord } }) =>
      discord.calls.filter(({ method, path }) => hook.test(`${method} ${path}`)).length,
  },
};

for (const network of sides) {
  describe(`${network} is in trouble beside the others`, () => {
    const trouble = troubles[network];
    const others = sides.filter((side) => side !== network);
    let world: World;
    before(async () => {
      world = await openSpokenWorld(60, sides);
    });
    after(() => world.close());

    /**
     * Everybody else says it and has it, by one call for each message as at any time, while the
     * trouble lasts: what was said to the one in trouble is still missing there.
     */
    const goesOn = async (about: string): Promise<void> => {
      const sent = () => others.map((side) => troubles[side].sends(world));
      const before = sent();
      await talk(world, ["matrix", ...others], { about, count: lines });
      await elsewhere(world, network, about);
      const missing = world
        .report()
        .missing.filter(({ to, text }) => to === network && text.startsWith(`${about},`));
      assert.ok(missing.length > 0, "the trouble lasts");
      const calls = sent().map((count, at) => count - (before[at] ?? 0));
      const wanted = others.length * lines;
      assert.ok(
        calls.every((count) => count >= wanted && count <= wanted + repeats),
        `${JSON.stringify(calls)} calls for ${wanted} messages`,
      );
    };

    test("it never answers", { timeout: 150_000 }, async () => {
      const doubts = world.doubts().length;
      const release = trouble.hang(world);
      await goesOn("hanging");
      release();
      const more = (await world.settle(30_000)) - doubts;
      assert.ok(more <= (network === "irc" ? 1 : 0), `${more} in doubt`);
    });

    test("it is not there", { timeout: 150_000 }, async () => {
      const doubts = world.doubts().length;
      const restore = await trouble.down(world);
      await goesOn("down");
      await restore();
      const more = (await world.settle(30_000)) - doubts;
      assert.ok(more <= (network === "irc" ? 1 : 0), `${more} in doubt`);
    });

    test("it wants an hour of patience", { timeout: 150_000 }, async () => {
      trouble.limit(world);
      await goesOn("limited");
    });
  });
}
