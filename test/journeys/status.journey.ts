import assert from "node:assert/strict";
import { asBody } from "../sandbox/client.ts";
import { story, talkTo } from "./kit.ts";

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

story(
  "a person whose token was revoked is told where they logged in, and there that all is well again",
  { slack: true, irc: false },
  async (stage) => {
    const { slack, slackApp } = stage;
    const me = slack.addUser("anna");
    const token = slack.addToken("user", me, slackApp.app);
    const ana = stage.person("ana");
    await stage.box.start();
    const talk = await talkTo(stage, ana);
    assert.match(await talk.ask("login slack token"), /token/i);
    await ana.send(talk.room, token.text);
    await talk.heard(/^Logged in as anna/);
    await stage.box.until((log) => /"login":"slack:T0TEAM001-[^"]*","state":"connected"/.test(log));
    slack.revoke(token);
    const line = await ana.until(({ content }) => /needs you/.test(String(content["body"])));
    assert.equal(line.room_id, talk.room);
    assert.match(
      String(line.content["body"]),
      /^anna.* on Slack needs you\. .*Nothing passes until you say here: login slack$/,
    );
    await talk.ask("login slack token");
    await ana.send(talk.room, slack.addToken("user", me, slackApp.app).text);
    const edit = await ana.until(({ content }) => content["m.new_content"] !== undefined);
    assert.match(String(asBody(edit.content["m.new_content"])["body"]), /is connected again/);
    assert.deepEqual(edit.content["m.relates_to"], {
      rel_type: "m.replace",
      event_id: line.event_id,
    });
  },
);
