import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { logInToTelegram, roomsIn } from "../journeys/kit.ts";
import type { Account } from "../networks/telegram/index.ts";
import { until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import { openStage } from "../stage/stage.ts";
import { itemsToDo } from "./store-look.ts";
import type { Stage } from "../stage/stage.ts";

const patience = 25_000;

const places = [
  "space.before-create",
  "space.after-create",
  "space.committed",
  "space.before-child",
  "space.after-child",
] as const;

describe("killed while a room is put into its space", () => {
  let stage: Stage;
  let me: Account;
  let bob: Account;
  let ana: MatrixUser;
  const plan = (): string => join(stage.dir, "failpoint");
  const start = (): Promise<void> => stage.box.start({ BRIDGEBOX_FAILPOINT: `@${plan()}` });

  before(async () => {
    stage = await openStage({ telegram: true, irc: false });
    me = stage.telegram.addUser({ phone: "15550009", firstName: "Ana" });
    bob = stage.telegram.addUser({ phone: "15550002", firstName: "Bob" });
    ana = stage.person("ana");
    await start();
    await logInToTelegram(stage, ana, me);
  });
  after(() => stage.close());

  const spacesCalled = (name: string): readonly string[] =>
    stage.homeserver.rooms().filter((id) => {
      const { timeline } = stage.homeserver.room(id);
      const is = (type: string, key: string, value: string): boolean =>
        timeline.some((event) => event.type === type && event.content[key] === value);
      return is("m.room.create", "type", "m.space") && is("m.room.name", "name", name);
    });

  for (const [number, place] of places.entries())
    test(place, { timeout: 60_000 }, async () => {
      const { telegram, box } = stage;
      // What is left of the place before would be struck instead, before this forum is heard of.
      await until("nothing is left to do", async () => (await itemsToDo(stage)) === 0, patience);
      const name = `Garden ${number}`;
      const forum = telegram.addSupergroup(name, [bob, me], { forum: true, admins: [me] });
      const topic = telegram.people.openTopic(forum, bob, `Roses ${number}`);
      writeFileSync(plan(), `${place}=kill`);
      telegram.say(bob, forum, "about roses", { topic });
      await box.ended();
      rmSync(plan(), { force: true });
      await start();
      const space = await ana.untilSpace(name);
      await until("the topic is in it", async () => {
        return (await roomsIn(ana, space)).includes(`Roses ${number}`);
      });
      const own = await ana.untilSpace("Telegram (Ana)");
      await until("it is in the space of the login", async () => {
        return (await roomsIn(ana, own)).includes(name);
      });
      assert.deepEqual(spacesCalled(name), [space], "one forum has one space");
      assert.deepEqual(spacesCalled("Telegram (Ana)"), [own]);
    });
});
