import assert from "node:assert/strict";
import { story } from "./kit.ts";

story(
  "a message is marked as read by the bot once it is there, and clients that ask for it are told by an event",
  { config: { status: { receipts: true, events: true } } },
  async (stage) => {
    const { irc } = stage;
    const carl = await irc.user("Carl");
    await carl.join("#Lobby");
    await stage.box.start();
    const ana = stage.person("ana");
    const room = await ana.join(`#irc_#lobby:${stage.domain}`);
    const event = await ana.send(room, "are you there?");
    await irc.until((it) => it.said("#lobby").length > 0, 20_000);
    const bot = `@bridgebox:${stage.domain}`;
    await ana.until(
      ({ type, content }) =>
        type === "m.receipt" && JSON.stringify(content[event] ?? "").includes(bot),
    );
    const told = await ana.until(({ type }) => type === "com.beeper.message_send_status");
    assert.equal(told.sender, bot);
    assert.deepEqual(
      [told.content["status"], told.content["network"], told.content["m.relates_to"]],
      ["SUCCESS", "irc", { rel_type: "m.reference", event_id: event }],
    );
  },
);
