import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { until } from "../sandbox/client.ts";

describe("CVE-2022-39203 and CVE-2023-38690: what a person can make the bot do", () => {
  let world: World;
  let room: string;
  before(async () => {
    world = await openWorld({ networks: ["irc"] });
    room = await world.ana.createRoom({ preset: "private_chat", invite: [world.botMxid] });
    await until("the bot has come", async () =>
      (await world.ana.joined(room)).includes(world.botMxid),
    );
  });
  after(() => world.close());

  const answers = (): readonly string[] =>
    world.stage.homeserver
      .room(room)
      .timeline.filter(({ sender, content }) => sender === world.botMxid && content["body"])
      .map(({ content }) => String(content["body"]));

  /** The bot's answer to a command. */
  const ask = async (line: string): Promise<string> => {
    const before = answers().length;
    await world.ana.send(room, line);
    return until(`${JSON.stringify(line)} is answered`, () => answers()[before], 10_000);
  };
  const sent = (): readonly string[] =>
    world.stage.irc.lines.filter(({ nick }) => nick === "bridgebox").map(({ line }) => line);
  const isBridged = (answer: string): boolean => answer.includes("is bridged to");

  const refused = [
    "#LOBBY",
    "#Lobby",
    "#lobby ",
    "#mine,#lobby",
    "#lobby,#mine",
    "#lobby key",
    "#lobby\u00a0key",
    "#lobby\nPRIVMSG NickServ :x",
    "#matrix\rPRIVMSG NickServ :x",
    "#matrix\u0000PRIVMSG NickServ :x",
    "#matrix\u2028PRIVMSG NickServ :x",
    "#matrix\tPRIVMSG NickServ :x",
    `#${"x".repeat(300)}`,
    "0",
    "#",
  ];
  for (const name of refused) {
    test(
      `bridge irc ${JSON.stringify(name.slice(0, 40))} is refused`,
      { timeout: 20_000 },
      async () => {
        const from = sent().length;
        const answer = await ask(`bridge irc ${name}`);
        assert.ok(!isBridged(answer), answer);
        const lines = sent().slice(from);
        assert.deepEqual(
          lines.filter((line) => /NickServ|,|JOIN 0|\bkey\b/.test(line) && !line.startsWith("P")),
          [],
        );
        assert.deepEqual(
          lines.filter((line) => line.startsWith("PRIVMSG")),
          [],
        );
      },
    );
  }

  test(
    "two spellings that IRC takes for one channel are one chat",
    { timeout: 20_000 },
    async () => {
      await world.carl.join("#vic{im");
      assert.ok(isBridged(await ask("bridge irc #vic{im")));
      const second = await world.ana.createRoom({
        preset: "private_chat",
        invite: [world.botMxid],
      });
      await until("the bot has come", async () =>
        (await world.ana.joined(second)).includes(world.botMxid),
      );
      room = second;
      assert.ok(!isBridged(await ask("bridge irc #vic[im")));
      assert.ok(!isBridged(await ask("bridge irc #VIC[IM")));
    },
  );

  test("somebody without power in a room cannot bridge it", { timeout: 20_000 }, async () => {
    const ben = world.stage.person("ben");
    await ben.join(world.room);
    const before = world.notices().length;
    await ben.send(world.room, "!bridgebox bridge irc #mine");
    await until("it is answered", () => world.notices().length > before, 10_000);
    const answer = String(world.notices().at(-1)?.content["body"]);
    assert.ok(!isBridged(answer), answer);
    assert.ok(!sent().some((line) => line.startsWith("JOIN #mine")));
  });
});
