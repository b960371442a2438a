import { test } from "node:test";
import { openFixture } from "./fixture.ts";
import type { Fixture } from "./fixture.ts";

/** A test with a Discord of its own, whose bot has `more` in its config. */
export const story = (
  name: string,
  tell: (fixture: Fixture) => Promise<void>,
  more: object = {},
): void => {
  void test(name, { timeout: 30_000 }, async () => {
    const fixture = await openFixture(more);
    try {
      await tell(fixture);
    } finally {
      await fixture.close();
    }
  });
};
