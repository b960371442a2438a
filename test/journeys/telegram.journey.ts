import assert from "node:assert/strict";
import { test } from "node:test";
import { openStage } from "../stage/stage.ts";

test(
  "a person logs in to Telegram by chat and talks in private, with edits, replies and deletes",
  { timeout: 60_000 },
  async () => {
    const stage = await openStage({ telegram: true, irc: false });
    try {
      const { telegram } = stage;
      const me = telegram.addUser({ phone: "15550009", firstName: "Ana", username: "anathe" });
      const bob = telegram.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" });
      const ana = stage.person("ana");
      const bot = `@bridgebox:${stage.domain}`;
      await stage.box.start();

      const room = await ana.createRoom({
        preset: "trusted_private_chat",
        invite: [bot],
        is_direct: true,
      });
      await ana.until(
        (e) =>
          e.type === "m.room.member" && e.state_key === bot && e.content["membership"] === "join",
      );
      await ana.send(room, "help");
      await ana.until((e) => String(e.content["body"]).startsWith("I bridge chats"));
      await ana.send(room, "login telegram phone");
      await ana.until(
        (e) =>
          e.sender === bot &&
          /phone/i.test(String(e.content["body"])) &&
          !String(e.content["body"]).startsWith("I bridge"),
      );
      await ana.send(room, "+15550009");
      await ana.until((e) => e.sender === bot && /Code\?/.test(String(e.content["body"])));
      const code = telegram.code("15550009");
      assert.ok(code);
      const secret = await ana.send(room, code);
      await ana.until(
        (e) => e.sender === bot && String(e.content["body"]).startsWith("Logged in as"),
      );
      await ana.until(
        (e) => e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === secret,
      );
      await stage.box.until((log) => log.includes('"state":"connected"'));

      const first = telegram.say(bob, me, "hi Ana");
      const chat = await ana.untilInvited((r) => r !== room);
      await ana.join(chat);
      const shown = await ana.untilText(chat, "hi Ana");
      assert.match(shown.sender, /^@telegram_/);

      const sent = await ana.send(chat, {
        msgtype: "m.text",
        body: "hi Bob",
        "m.relates_to": { "m.in_reply_to": { event_id: shown.event_id } },
      });
      await telegram.until(() => telegram.messages(me, bob).some((m) => m.text === "hi Bob"));
      const post = telegram.messages(me, bob).find((m) => m.text === "hi Bob");
      assert.equal(post?.replyTo, first);

      await ana.edit(chat, sent, "hi Bobby");
      await telegram.until(() => post?.text === "hi Bobby");
      telegram.edit(first, "hello Ana");
      await ana.until(
        (e) =>
          e.room_id === chat &&
          (e.content["m.new_content"] as { body?: string } | undefined)?.body === "hello Ana",
      );
      await ana.redact(chat, sent);
      await telegram.until(() => post?.deleted);
      telegram.remove(first);
      await ana.until(
        (e) =>
          e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === shown.event_id,
      );
    } finally {
      if (process.env["SHOW"]) console.log(stage.box.log);
      await stage.close();
    }
  },
);
