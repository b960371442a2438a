import assert from "node:assert/strict";
import { test } from "node:test";
import { openStage } from "../stage/stage.ts";

test(
  "what is asked and said at the first possible moment is neither refused nor lost",
  { timeout: 30_000 },
  async () => {
    const stage = await openStage({});
    try {
      const { irc, box } = stage;
      const carl = await irc.user("carl");
      await carl.join("#lobby");
      const ana = stage.person("ana");
      const bot = `@bridgebox:${stage.domain}`;
      await box.start();
      const room = await ana.join(`#irc_#lobby:${stage.domain}`);
      carl.say("#lobby", "hello");
      const { sender } = await ana.untilText(room, "hello");
      const joined = (where: string, who: string) =>
        ana.until(
          (event) =>
            event.room_id === where &&
            event.state_key === who &&
            event.content["membership"] === "join",
        );
      const management = await ana.createRoom({ invite: [bot], is_direct: true });
      await joined(management, bot);
      for (const [line, answer] of [
        ["login irc nick", /Nick\?/],
        ["ana-irc", /Account\?/],
        ["-", /^Logged in as ana-irc/],
      ] as const) {
        await ana.send(management, line);
        await ana.until(
          (event) => event.sender === bot && answer.test(String(event.content["body"])),
        );
      }
      await irc.until((network) => network.lookup("ana-irc") !== undefined);
      const direct = await ana.createRoom({ invite: [sender], is_direct: true });
      await joined(direct, sender);
      await ana.send(direct, "psst");
      const heard = await carl.until((line) => line.params[1] === "psst");
      assert.equal(heard.from, "ana-irc");
      assert.deepEqual(irc.violations, []);
    } finally {
      await stage.close();
    }
  },
);
