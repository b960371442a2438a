import assert from "node:assert/strict";
import { lobbyStage, openLobby } from "../stage/lobby.ts";
import { outcomesOf, story } from "./kit.ts";

const lines = 100;
const many = (word: string): readonly string[] =>
  Array.from({ length: lines }, (_, at) => `${word} ${at}`);

story(
  "a box that is told to stop while messages flow ends by itself, and loses and doubles nothing",
  lobbyStage,
  async (stage) => {
    const { irc, telegram, box } = stage;
    const { ana, room, carl, dora, chat } = await openLobby(stage);

    for (const line of many("dora")) telegram.say(dora, chat, line);
    const sending = (async () => {
      for (const line of many("ana")) await ana.send(room, line);
    })();
    await carl.until((line) => line.params.at(-1) === "<Ana> ana 10");
    await ana.untilText(room, "dora 10");
    await box.stop();
    await sending;
    await box.start();

    await carl.until((line) => line.params.at(-1) === `<Ana> ana ${lines - 1}`);
    await carl.until((line) => line.params.at(-1) === `<Dora> dora ${lines - 1}`);
    await ana.untilText(room, `dora ${lines - 1}`);
    const posts = (): readonly string[] =>
      telegram.messages(chat).flatMap(({ text }) => (text.startsWith("Ana: ") ? [text] : []));
    await telegram.until(() => posts().includes(`Ana: ana ${lines - 1}`));
    const heard = irc.lines.flatMap(({ line }) => /^PRIVMSG #lobby :(.*)$/.exec(line)?.[1] ?? []);
    const said = (who: string): readonly string[] => heard.filter((text) => text.startsWith(who));
    assert.deepEqual(said("<Ana> "), many("<Ana> ana"));
    assert.deepEqual(said("<Dora> "), many("<Dora> dora"));
    assert.deepEqual(posts(), many("Ana: ana"));
    const shown = ana.texts(room);
    assert.deepEqual(
      shown.filter((text) => text.startsWith("dora ")),
      many("dora"),
    );
    const doubts = (await outcomesOf(stage)).filter(({ state }) => state !== "delivered");
    assert.deepEqual(doubts, []);
  },
);
