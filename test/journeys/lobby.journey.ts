import assert from "node:assert/strict";
import { test } from "node:test";
import { lobbyStage, openLobby } from "../stage/lobby.ts";
import { openStage } from "../stage/stage.ts";

test(
  "one room on IRC and Telegram: everybody sees everybody, once",
  { timeout: 60_000 },
  async () => {
    const stage = await openStage(lobbyStage);
    try {
      const { telegram } = stage;
      const { ana, room, carl, dora, chat } = await openLobby(stage);
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
    } finally {
      await stage.close();
    }
  },
);
