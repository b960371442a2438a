import assert from "node:assert/strict";
import { test } from "node:test";
import { botToken, openStage } from "../stage/stage.ts";

test(
  "one room on IRC and Telegram: everybody sees everybody, once",
  { timeout: 60_000 },
  async () => {
    const stage = await openStage({
      telegram: true,
      rooms: [{ room: "#lobby:sandbox.test", chats: ["irc #lobby", "telegram thelobby"] }],
    });
    try {
      const { irc, telegram } = stage;
      const dora = telegram.addUser({ phone: "15550001", firstName: "Dora", username: "dorathe" });
      const bot = telegram.addUser({
        username: "boxbot",
        firstName: "Box",
        bot: true,
        token: botToken,
      });
      const chat = telegram.addSupergroup("The lobby", [dora, bot], { username: "thelobby" });
      const carl = await irc.user("carl");
      await carl.join("#lobby");
      const ana = stage.person("ana");
      await ana.setDisplayname("Ana");
      const room = await ana.createRoom({
        preset: "public_chat",
        room_alias_name: "lobby",
        name: "The lobby",
      });
      await stage.box.start();
      await stage.box.until((log) => log.split("is bound").length === 3);
      await ana.send(room, "from ana");
      await carl.until((line) => line.params.at(-1) === "<Ana> from ana");
      await telegram.until(() => telegram.messages(chat).some((m) => m.text === "Ana: from ana"));

      carl.say("#lobby", "from carl");
      await ana.untilText(room, "from carl");
      await telegram.until(() => telegram.messages(chat).some((m) => m.text === "carl: from carl"));

      telegram.say(dora, chat, "from dora");
      await ana.untilText(room, "from dora");
      await carl.until((line) => line.params.at(-1) === "<Dora> from dora");
      assert.deepEqual(ana.texts(room), ["from ana", "from carl", "from dora"]);
      assert.deepEqual(irc.violations, []);
      assert.deepEqual(telegram.unhandled, []);
    } finally {
      await stage.close();
    }
  },
);
