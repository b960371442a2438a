import assert from "node:assert/strict";
import { until } from "../sandbox/client.ts";
import { endOf, everythingEnded, story } from "./kit.ts";

story(
  "words on IRC and Matrix keep their look, their people and their order",
  {},
  async (stage) => {
    const { irc } = stage;
    const carl = await irc.user("Carl");
    await carl.join("#Lobby");
    await stage.box.start();
    const ana = stage.person("ana");
    await ana.setDisplayname("Ana");
    await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
    const room = await ana.join(`#irc_#lobby:${stage.domain}`);
    const events: string[] = [];
    const says = async (content: Parameters<typeof ana.send>[1]): Promise<string> => {
      const event = await ana.send(room, content);
      events.push(event);
      return event;
    };
    const heard = (text: string) => carl.until((line) => line.params.at(-1) === text);

    carl.say("#lobby", "plain \x02bold\x02 \x0304red\x03 end");
    const coloured = await ana.untilText(room, "plain bold red end");
    assert.match(String(coloured.content["formatted_body"]), /<strong>bold<\/strong>/);
    assert.match(String(coloured.content["formatted_body"]), /#ff0000/i);
    const ghost = `@irc_carl:${stage.domain}`;
    assert.equal(coloured.sender, ghost);
    const shown = await ana.state(room, "m.room.member", ghost);
    assert.equal(shown["displayname"], "Carl");
    carl.say("#lobby", "\x01ACTION waves\x01");
    assert.equal((await ana.untilText(room, "waves")).content["msgtype"], "m.emote");
    carl.raw("NOTICE #lobby :take note");
    assert.equal((await ana.untilText(room, "take note")).content["msgtype"], "m.notice");

    await says({
      msgtype: "m.text",
      body: "x",
      format: "org.matrix.custom.html",
      formatted_body: "<b>bold</b> and <i>more</i>",
    });
    await heard("<Ana> \x02bold\x0f and \x1dmore");
    await says({ msgtype: "m.emote", body: "waves" });
    await heard("* Ana waves");
    await says({ msgtype: "m.notice", body: "note" });
    const note = await heard("<Ana> note");
    assert.equal(note.command, "NOTICE");

    const dora = await irc.user("dora");
    await dora.join("#lobby");
    carl.say("#lobby", "dora: hi");
    const pill = await ana.untilText(room, "dora: hi");
    assert.match(String(pill.content["formatted_body"]), /matrix\.to\/#\/%40irc_dora%3A/);
    carl.say("#lobby", "hi bridgebox and Carl");
    await ana.until((event) => String(event.content["body"]).startsWith("hi bridgebox"));
    await says({
      msgtype: "m.text",
      body: "Carl: look",
      format: "org.matrix.custom.html",
      formatted_body: `<a href="https://matrix.to/#/${ghost}">carl</a>: look`,
    });
    await heard("<Ana> Carl: look");

    const answer = await says({
      msgtype: "m.text",
      body: "> <@irc_carl:sandbox.test> plain bold red end\n\nyes",
      "m.relates_to": { "m.in_reply_to": { event_id: coloured.event_id } },
    });
    const replied = await carl.until((line) => line.params.at(-1)?.endsWith("yes") ?? false);
    assert.equal(replied.params.at(-1), '<Ana> Carl: "plain bold red end" yes');
    assert.equal(await endOf(stage, answer), "delivered");

    const wrong = await says("helo");
    await heard("<Ana> helo");
    events.push(await ana.edit(room, wrong, "hello\nall"));
    await heard("<Ana> (edited) hello");
    await heard("<Ana> all");

    const long = Array.from({ length: 120 }, (_, at) => `word${at}`).join(" ");
    await says(`first\n${long}\nlast`);
    await heard("<Ana> last");
    const lines = carl.seen.filter((line) => /word\d/.test(line.params.at(-1) ?? ""));
    assert.ok(lines.length > 1);
    for (const line of lines) {
      assert.match(line.params.at(-1) ?? "", /^<Ana> word/);
      assert.ok(Buffer.byteLength(line.raw) <= 510);
    }
    assert.equal(lines.map((line) => line.params.at(-1)?.slice("<Ana> ".length)).join(" "), long);

    await ana.setDisplayname("Ana> hi\r\nQUIT :x\u202e <Bob");
    await says("who am I");
    const forged = await carl.until((line) => line.params.at(-1)?.endsWith("who am I") ?? false);
    assert.doesNotMatch(forged.params.at(-1) ?? "", /> hi|<Bob|\u202e/);
    await ana.setDisplayname("Nova");
    await says("new name");
    await heard("<Nova> new name");
    await ana.setDisplayname("\u200b\u202e ");
    await says("no name");
    await heard(`<@ana:${stage.domain}> no name`);
    await ana.setDisplayname("Ana");

    for (const [msgtype, body] of [
      ["m.file", "plan.pdf"],
      ["m.image", "cat.png"],
    ] as const) {
      await says({ msgtype, body, url: "mxc://sandbox.test/x", info: {} });
      await carl.until((line) => line.params.at(-1)?.includes(body) ?? false);
    }
    await says({ msgtype: "m.location", body: "The pub", geo_uri: "geo:51.5,-0.1" });
    await carl.until((line) => line.params.at(-1)?.includes("51.5,-0.1") ?? false);
    events.push(await ana.send(room, { body: "party", url: "mxc://sandbox.test/x" }, "m.sticker"));
    await carl.until((line) => line.params.at(-1)?.includes("party") ?? false);

    const secret = await ana.send(
      room,
      { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "x" },
      "m.room.encrypted",
    );
    await ana.until((event) => /encrypted/.test(String(event.content["body"])));
    assert.equal(await endOf(stage, secret), "not_bridged");
    const gone = await says("gone");
    await heard("<Ana> gone");
    const redaction = await ana.redact(room, gone);
    assert.equal(await endOf(stage, redaction), "not_bridged");
    await ana.until((event) => /deleted there/.test(String(event.content["body"])));
    const liked = await ana.react(room, coloured.event_id, "👍");
    await heard('<Ana> reacted with 👍 to Carl: "plain bold red end"');
    assert.equal(await endOf(stage, liked), "delivered");
    await everythingEnded(stage, { events: [...events, secret, redaction, liked] });
    await until("nobody was told twice", () => {
      const all = carl.seen.filter((line) => line.command === "PRIVMSG").map((line) => line.raw);
      return new Set(all).size === all.length;
    });
  },
);
