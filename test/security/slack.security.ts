import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { harmless } from "./talk.ts";
import { until } from "../sandbox/client.ts";

/** Between two harmless words in every field that carries a text. */
const hostile = [
  "<!channel> <!here> <!everyone>",
  "<@U012345678> <#C012345678> <!subteam^S012345678>",
  "[x](!channel) &lt;!channel&gt; &amp;lt;!channel&amp;gt;",
  "@channel @here @everyone",
  "\r\nforged\u2028\u0085line",
  "\u0000\u0001\u202e",
  "*a* _b_ ~c~ `d` ```e```",
  "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "<a href='javascript:alert(1)'>x</a><b><i>unbalanced",
  "x".repeat(20_000),
];

const wordsOf = (post: { readonly text: string; readonly blocks?: unknown }): string =>
  `${post.text} ${JSON.stringify(post.blocks)}`;

describe("hostile texts and Slack", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["slack"] });
  });
  after(() => world.close());

  for (const [number, text] of hostile.entries()) {
    const shown = JSON.stringify(text.slice(0, 24));
    test(`from Matrix: ${shown}`, { timeout: 20_000 }, async () => {
      const { slack } = world.stage;
      const body = `alpha${number} ${text} omega${number}`;
      const first = await world.ana.send(world.room, body);
      await world.ana.send(world.room, { msgtype: "m.emote", body });
      const formatted = { format: "org.matrix.custom.html", formatted_body: body };
      await world.ana.send(world.room, { msgtype: "m.text", body, ...formatted });
      await world.ana.edit(world.room, first, `edited${number} ${body}`);
      const url = await world.ana.upload(new Uint8Array(5), "image/png");
      const info = { mimetype: "image/png", size: 5 };
      const picture = { msgtype: "m.image", url, info, filename: `file${number} ${text}.png` };
      await world.ana.send(world.room, { ...picture, body });
      await world.ana.send(world.room, { ...picture, body: picture.filename });
      const place = { msgtype: "m.location", geo_uri: "geo:1,2" };
      await world.ana.send(world.room, { ...place, body: `place${number} ${text}` });
      await world.ana.react(world.room, first, text.slice(0, 40));
      await world.ana.send(world.room, {
        msgtype: "m.text",
        body,
        "m.relates_to": { rel_type: "m.thread", event_id: first },
      });
      await world.ana.send(world.room, `after ${number}`);
      const ours = () => world.slackLobby.posts.filter(({ user }) => user !== world.erin);
      await until("the last is there", () => ours().some(({ text }) => text === `after ${number}`));
      const posts = ours();
      const all = posts.map(wordsOf).join("\n");
      for (const word of [`alpha${number}`, `omega${number}`, `edited${number}`, `place${number}`])
        assert.ok(all.includes(word), word);
      for (const post of posts) assert.deepEqual(slack.callsOf(post), [], post.text.slice(0, 200));
      assert.ok(posts.every((post) => post.text.length <= 4000));
      const files = [...slack.world.files.values()].filter(({ owner }) => owner !== world.erin);
      const names = files.flatMap(({ name, title }) => [name, title]);
      assert.ok(names.some((name) => name.startsWith(`file${number}`)));
      for (const name of names) assert.doesNotMatch(name, /[\p{Cc}\p{Cf}\u2028/\\]/u);
      assert.deepEqual(slack.violations, []);
    });

    test(`from Slack: ${shown}`, { timeout: 20_000 }, async () => {
      const typed = text.slice(0, 4000).replaceAll("\0", "");
      const { slack, homeserver } = world.stage;
      const { erin, slackLobby } = world;
      const before = world.timeline().length;
      const words = `first${number} ${typed} last${number}`;
      const post = slack.say(erin, slackLobby, words);
      const event = await homeserver.until(
        (e) => String(e.content["body"]).startsWith(`first${number}`),
        10_000,
      );
      assert.ok(String(event.content["body"]).includes(`last${number}`));
      slack.edit(slackLobby, post, `edited ${words}`);
      slack.say(erin, slackLobby, words, { thread: post });
      slack.say(undefined, slackLobby, "", {
        username: typed,
        botId: "B0BUILDER1",
        blocks: [{ type: "section", text: { type: "mrkdwn", text: typed } }],
        attachments: [{ title: typed, title_link: typed, text: typed, author_name: typed }],
      });
      const file = slack.addFile(erin, `${typed}.png`, new Uint8Array(3), { mime: "image/png" });
      slack.say(erin, slackLobby, words, { files: [file] });
      slack.topic(slackLobby, erin, typed);
      slack.say(erin, slackLobby, `after Slack's ${number}`);
      await homeserver.until((e) => e.content["body"] === `after Slack's ${number}`, 10_000);
      const shown = world.timeline().slice(before);
      assert.ok(shown.length >= 6, `${shown.length}`);
      for (const each of shown) harmless(each);
      const names = shown
        .map(({ content }) => content["filename"])
        .filter((it) => it !== undefined);
      assert.equal(names.length, 1);
      for (const name of names) {
        assert(typeof name === "string");
        assert.doesNotMatch(name, /[\p{Cc}\p{Cf}\u2028/\\]/u);
      }
    });
  }

  test("@room calls everybody if its sender may notify the room, and nobody else can", async () => {
    const { stage, room, slackLobby } = world;
    const frank = stage.person("frank");
    await frank.join(room);
    const calls = async (person: typeof frank, text: string): Promise<readonly string[]> => {
      await person.send(room, text);
      const post = await until("it is there", () =>
        slackLobby.posts.find((one) => one.text.startsWith(text.slice(0, 8))),
      );
      return stage.slack.callsOf(post);
    };
    assert.deepEqual(await calls(frank, "no power @room"), []);
    assert.deepEqual(await calls(world.ana, "in power @room"), ["channel"]);
  });

  test("whoever calls themselves a command is shown by that name, and calls nobody", async () => {
    const eve = world.stage.person("eve");
    await eve.join(world.room);
    for (const [number, name] of ["<!channel>", "Bridgebox", "\u202eerin", "a\nb"].entries()) {
      await eve.setDisplayname(name);
      await eve.send(world.room, `named ${number}`);
      const post = await until("it is there", () =>
        world.slackLobby.posts.find(({ text }) => text === `named ${number}`),
      );
      assert.doesNotMatch(post.username ?? "", /[\p{Cc}\p{Cf}]/u);
      assert.deepEqual(world.stage.slack.callsOf(post), []);
    }
  });
});

describe("Slack's calls", () => {
  test(
    "are heard when Slack signed them, and by the box's own address",
    { timeout: 30_000 },
    async () => {
      const signing = "signing-secret-1-0123456789";
      const world = await openWorld({
        networks: ["slack"],
        slackConfig: { app_token: null, signing_secret: signing },
      });
      try {
        const { slack, slackApp, boxUrl, homeserver } = world.stage;
        slackApp.app.eventsUrl = `${boxUrl}/network/slack/events`;
        await world.say("slack", "by a call");
        await homeserver.until((e) => e.content["body"] === "by a call", 10_000);
        const payload = slack.feed.sent.at(-1);
        assert(payload);
        const now = Math.floor(Date.now() / 1000);
        const forged = { ...payload, event_id: "Ev0FORGED01" };
        assert.equal(await slack.feed.post(slackApp.app, forged, { secret: "wrong" }), 401);
        assert.equal(await slack.feed.post(slackApp.app, forged, { at: now - 400 }), 401);
        assert.equal(await slack.feed.post(slackApp.app, payload, { at: now - 7 }), 200);
        assert.equal(
          await slack.feed.post(slackApp.app, payload, { at: now - 7 }),
          401,
          "replayed",
        );
        assert.equal((await fetch(slackApp.app.eventsUrl)).status, 405);
        await world.say("slack", "the end");
        await homeserver.until((e) => e.content["body"] === "the end", 10_000);
        assert.equal(await world.settle(), 0);
      } finally {
        await world.close();
      }
    },
  );
});
