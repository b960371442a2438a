import assert from "node:assert/strict";
import { logInToIrc, logInToTelegram, story, talkTo } from "./kit.ts";

story(
  "a person begins a private chat on Telegram by the other's name, and is told when there is nobody",
  { telegram: true, irc: false },
  async (stage) => {
    const { telegram } = stage;
    const me = telegram.addUser({ phone: "15550009", firstName: "Ana", username: "anathe" });
    const bob = telegram.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" });
    const ana = stage.person("ana");
    await stage.box.start();
    const before = await talkTo(stage, ana);
    assert.match(await before.ask("pm telegram @bobthe"), /not logged in to telegram/);
    const talk = await logInToTelegram(stage, ana, me);

    assert.match(await talk.ask("start-chat telegram @nobodythere"), /^Nothing was done/);
    assert.match(await talk.ask("pm telegram @bobthe"), /^You are invited to your chat with Bob/);
    const room = await ana.untilInvited((one) => one !== talk.room && one !== before.room);
    await ana.join(room);
    await ana.send(room, "hi Bob, it is me");
    await telegram.until(() =>
      telegram.messages(me, bob).some(({ text }) => text === "hi Bob, it is me"),
    );
    telegram.say(bob, me, "hello you");
    assert.match((await ana.untilText(room, "hello you")).sender, /^@telegram_/);
    assert.match(await talk.ask("pm telegram @bobthe"), /^You are in the room/);

    const ben = stage.person("ben");
    await ana.invite(talk.room, ben.userId);
    await ben.join(talk.room);
    assert.match(
      await talk.ask("!bridgebox search telegram bobthe"),
      /^I show nobody that your login knows/,
    );
    const told = await talk.ask("!bridgebox pm telegram @bobthe");
    assert.equal(told, "You are in the room of that chat on telegram already.");
  },
);

story("a person begins a private chat on IRC by the other's nick", {}, async (stage) => {
  const { irc } = stage;
  const carl = await irc.user("Carl");
  await stage.box.start();
  const ana = stage.person("ana");
  const talk = await logInToIrc(stage, ana, "anna");
  assert.match(await talk.ask("pm Carl"), /^You are invited to your chat with Carl/);
  const room = await ana.untilInvited((one) => one !== talk.room);
  await ana.join(room);
  await ana.send(room, "psst");
  await carl.until(
    ({ command, params }) => command === "PRIVMSG" && params.at(-1) === "psst",
    10_000,
  );
  carl.say("anna", "yes?");
  await ana.untilText(room, "yes?");
});
