import { test } from "node:test";
import { MemoryHost } from "@bridgebox/core/testing";
import { chatOf, openFixture } from "./world.ts";
import type { Fixture } from "./world.ts";

/** A test with a workspace of its own, in which nothing was against Slack's rules. */
export const onSlack = (name: string, play: (fixture: Fixture) => Promise<void>): void => {
  test(name, { timeout: 20_000 }, async () => {
    const fixture = await openFixture();
    try {
      await play(fixture);
    } finally {
      await fixture.close();
    }
  });
};

/** A core that knows the general channel, and what one before it kept. */
export const hostIn = ({ general }: Fixture, before?: MemoryHost): MemoryHost => {
  const core = new MemoryHost(before?.kept);
  core.chats.push(chatOf(general));
  return core;
};
