import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TelegramServer } from "../../../test/networks/telegram/index.ts";
import { openFixture, openServer } from "./testing/world.ts";

let server: TelegramServer;

before(async () => {
  server = await openServer();
});
after(() => server.close());

test("people and chats are found by a part of their names, known ones first", async () => {
  const world = await openFixture(server);
  const { alice, bob, goLive } = world;
  const unique = `zoe${alice.id}`;
  const near = server.addUser({ firstName: unique });
  const far = server.addUser({ firstName: "Far", username: `${unique}far` });
  server.addSupergroup(`Club of ${unique}`, [bob, alice, near]);
  const me = await goLive(alice);
  const search = async (text: string): Promise<readonly string[] | undefined> =>
    (await me.connection.search?.(text, AbortSignal.timeout(5000)))?.map(({ name }) => name);
  assert.deepEqual(await search(unique), [unique, `Club of ${unique}`, far.firstName]);
  assert.deepEqual(await search(`@${unique}far`), ["Far"]);
  assert.deepEqual(await search("z"), []);
  assert.deepEqual(await search("nobody-is-called-that"), []);
  await world.close();
});
