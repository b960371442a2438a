import { after, test } from "node:test";
import { openFixture, openServer, type Fixture } from "./world.ts";

/**
 * Tests of one file, on a Telegram that they share and the first of them opens, each with people of its own: `meet`
 * is told of them before it. Not by hooks, which at the top of a file are those of every test in the process.
 */
export const onTelegram = (
  meet: (world: Fixture) => void,
): ((name: string, play: () => Promise<void>) => void) => {
  let opening: ReturnType<typeof openServer> | undefined;
  after(async () => (await opening)?.close());
  return (name, play) => {
    void test(name, async () => {
      opening ??= openServer();
      const world = await openFixture(await opening);
      meet(world);
      try {
        await play();
      } finally {
        await world.close();
      }
    });
  };
};
