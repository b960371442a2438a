import assert from "node:assert/strict";
import { until } from "../sandbox/client.ts";
import { membershipOf, story } from "./kit.ts";

story(
  "a room is upgraded and stays bridged; one that only claims to be its next is not",
  {},
  async (stage) => {
    const { irc } = stage;
    const carl = await irc.user("Carl");
    await carl.join("#plumb");
    await stage.box.start();
    await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
    const ana = stage.person("ana");
    const bot = `@bridgebox:${stage.domain}`;
    const room = await ana.createRoom({ preset: "public_chat", invite: [bot] });
    await until("the bot comes", async () => (await membershipOf(ana, room, bot)) === "join");
    await ana.send(room, "!bridgebox bridge irc #plumb");
    await ana.until(({ content }) => /is bridged to irc #plumb/i.test(String(content["body"])));
    carl.say("#plumb", "before");
    await ana.untilText(room, "before");

    const stranger = await ana.createRoom({ preset: "public_chat" });
    const tombstone = (to: string) => ({ body: "on we go", replacement_room: to });
    await ana.setState(room, "m.room.tombstone", tombstone(stranger));
    await until(
      "the bot leaves it",
      async () => (await membershipOf(ana, stranger, bot)) === "leave",
    );

    const next = await ana.createRoom({
      preset: "public_chat",
      creation_content: { predecessor: { room_id: room } },
    });
    await ana.setState(room, "m.room.tombstone", tombstone(next));
    await stage.box.until((log) => log.includes("A room was upgraded and is followed"));
    carl.say("#plumb", "after");
    assert.match((await ana.untilText(next, "after")).sender, /^@irc_carl/);
    await ana.send(next, "we moved");
    await carl.until(({ params }) => params.at(-1) === "<ana> we moved");
  },
);
