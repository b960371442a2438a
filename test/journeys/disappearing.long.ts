import assert from "node:assert/strict";
import { until } from "../sandbox/client.ts";
import { logInToTelegram, story } from "./kit.ts";

const alone = { telegram: true, irc: false } as const;
/** A picture of one pixel. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

story("what Telegram keeps for a while only is not kept here either", alone, async (stage) => {
  const { telegram, box } = stage;
  const me = telegram.addUser({ phone: "15550009", firstName: "Ana" });
  const bob = telegram.addUser({ phone: "15550002", firstName: "Bob" });
  const club = telegram.addSupergroup("The club", [bob, me]);
  const ana = stage.person("ana");
  await box.start();
  const talk = await logInToTelegram(stage, ana, me);
  telegram.say(bob, club, "this stays");
  const room = await ana.untilInvited((one) => one !== talk.room);
  await ana.join(room);
  const stays = await ana.untilText(room, "this stays");

  telegram.people.keepFor(club, bob, 6);
  await ana.untilText(room, "Bob lets messages be deleted 6 seconds after they were sent.");
  await until("the room says so", async () => {
    const state = await ana.state(room, "com.beeper.disappearing_timer").catch(() => undefined);
    return state?.["timer"] === 6000 && state["type"] === "after_send";
  });
  telegram.say(bob, club, "this goes");
  const goes = await ana.untilText(room, "this goes");
  const mine = await ana.send(room, "this goes too");
  await telegram.until(() => telegram.messages(club).some(({ text }) => text === "this goes too"));
  const active = async (): Promise<string | undefined> => {
    const numbers = await (await fetch(`${stage.boxUrl}/metrics`)).text();
    return /^bridge_matrix_users_by_age\{age="1h"\} (\d+)$/m.exec(numbers)?.[1];
  };
  await until("Ana was active", async () => (await active()) === "1");
  await box.stop();
  await box.start();
  assert.equal(await active(), "1", "and is remembered, though she did nothing since");
  for (const event of [goes.event_id, mine])
    await ana.until(
      (e) => e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === event,
    );
  assert.equal(
    ana.seen.some((e) => (e.redacts ?? e.content["redacts"]) === stays.event_id),
    false,
  );

  const media = telegram.studio.photo(png, { ttlSeconds: 2_147_483_647 });
  telegram.say(bob, me, "", { media });
  const direct = await ana.untilInvited((one) => one !== talk.room && one !== room);
  await ana.join(direct);
  await ana.until((e) => /looked at once only/.test(String(e.content["body"])));
  assert.equal(
    ana.seen.some((e) => e.content["msgtype"] === "m.image"),
    false,
  );
});
