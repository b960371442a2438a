import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import type { Channel, Guild, Post } from "../networks/discord/index.ts";
import { harmless } from "./talk.ts";
import { until } from "../sandbox/client.ts";

/** Between two harmless words in every field that carries a text. */
const hostile = [
  "@everyone @here",
  "<@&123456789012345678> <@123456789012345678> <#123456789012345678>",
  "` @everyone ``` @here ```` <@&123456789012345678>",
  "@\u200beveryone \u202e@everyone",
  "<!channel> <!here>",
  "\r\nforged\u2028\u0085line",
  "\u0000\u0001: leading , comma",
  "[x](javascript:alert(1)) <javascript:alert(1)>",
  "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "<a href='javascript:alert(1)'>x</a><b><i>unbalanced",
  "x".repeat(20_000),
];

/** What people call themselves; Discord refuses some of it for a webhook. */
const names = [
  "Discord",
  "clyde",
  "Bridgebox",
  "BRIDGEBOX",
  "@everyone",
  "` @here",
  "\u202edan",
  "\u200b\u200b",
  "a\nb",
  "<b>x</b>",
  "x".repeat(5000),
];

const pollOf = (question: string, answer: string) => ({
  "m.poll": {
    kind: "m.disclosed",
    max_selections: 1,
    question: { "m.text": [{ body: question }] },
    answers: [answer, "no"].map((body, at) => ({ "m.id": `${at}`, "m.text": [{ body }] })),
  },
  "m.text": [{ body: question }],
});

const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

describe("hostile texts and Discord", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["discord"] });
  });
  after(() => world.close());

  const ours = (): readonly Post[] =>
    world.stage.discord
      .posts(world.discordChannel)
      .filter(({ message }) => message.author !== world.dan);
  const guildOf = (channel: Channel): Guild => {
    const guild = world.stage.discord.world.guildOf(channel);
    assert(guild);
    return guild;
  };
  const calm = (posts: readonly Post[]): void => {
    for (const { pings, message } of posts)
      assert.deepEqual(pings, [], message.content.slice(0, 200));
    assert.deepEqual(world.stage.discord.violations, []);
  };

  for (const [number, text] of hostile.entries()) {
    const shown = JSON.stringify(text.slice(0, 24));
    test(`from Matrix: ${shown}`, { timeout: 20_000 }, async () => {
      const body = `alpha${number} ${text} omega${number}`;
      const first = await world.ana.send(world.room, body);
      await world.ana.send(world.room, { msgtype: "m.emote", body });
      const formatted = { format: "org.matrix.custom.html", formatted_body: body };
      await world.ana.send(world.room, { msgtype: "m.text", body, ...formatted });
      await world.ana.edit(world.room, first, `edited ${body}`);
      await world.ana.send(world.room, `after ${number}`);
      await until("the last is there", () =>
        ours().some(({ message }) => message.content === `after ${number}`),
      );
      const contents = ours().map(({ message }) => message.content);
      for (const word of [`alpha${number}`, `omega${number}`]) {
        const times = contents.join("\n").split(new RegExp(String.raw`\b${word}\b`)).length - 1;
        assert.ok(times >= 3, `${word} stands ${times} times, of three messages`);
      }
      assert.ok(
        contents.some((it) => it.includes(`edited alpha${number}`)),
        "edited",
      );
      assert.ok(ours().every(({ message }) => message.content.length <= 2000));
      calm(ours());
    });

    test(`from Discord: ${shown}`, { timeout: 20_000 }, async () => {
      const { discord, homeserver } = world.stage;
      const typed = text.slice(0, 3900).replaceAll("\0", "");
      discord.say(world.dan, world.discordChannel, `first${number} ${typed} last${number}`);
      const event = await homeserver.until(
        (e) => String(e.content["body"]).startsWith(`first${number}`),
        10_000,
      );
      assert.ok(String(event.content["body"]).includes(`last${number}`));
      harmless(event);
    });
  }

  for (const [number, whole] of hostile.entries()) {
    const shown = JSON.stringify(whole.slice(0, 24));
    test(
      `files, places, polls and reactions from Matrix: ${shown}`,
      { timeout: 20_000 },
      async () => {
        const { ana, room, stage, dan, discordChannel } = world;
        const before = ours().length;
        const { roles } = guildOf(discordChannel).wire;
        const known = `<@${dan.id}> <@!${dan.id}> <@&${roles.map(({ id }) => id).join("> <@&")}>`;
        // An event that has it four times must not be too large.
        const text = `${whole.slice(0, 4000)} ${known}`;
        const url = await ana.upload(new Uint8Array(5), "image/png");
        const info = { mimetype: "image/png", size: 5 };
        const picture = { msgtype: "m.image", url, info, filename: `file${number} ${text}.png` };
        const captioned = { ...picture, body: `caption${number} ${text} end${number}` };
        const hidden = { "page.codeberg.everypizza.msc4193.spoiler": true };
        const first = await ana.send(room, captioned);
        await ana.send(room, { ...picture, body: picture.filename, ...hidden });
        await ana.send(room, {
          ...captioned,
          "m.new_content": { ...captioned, body: `changed${number} ${text} end${number}` },
          "m.relates_to": { rel_type: "m.replace", event_id: first },
        });
        const place = { msgtype: "m.location", geo_uri: "geo:1,2" };
        await ana.send(room, { ...place, body: `place${number} ${text}` });
        await ana.send(room, pollOf(`poll${number} ${text}`, known), "m.poll.start");
        await ana.react(room, first, text.slice(0, 40));
        await ana.send(room, {
          msgtype: "m.text",
          body: `reply${number} ${text} end${number}`,
          "m.relates_to": { "m.in_reply_to": { event_id: first } },
        });
        await ana.send(room, `after the files ${number}`);
        await until("the last is there", () =>
          ours().some(({ message }) => message.content === `after the files ${number}`),
        );
        const posts = ours().slice(before);
        const words = posts.map(({ message }) => message.content).join("\n");
        for (const word of ["changed", "place", "reply"])
          assert.match(words, new RegExp(String.raw`\b${word}${number}\b`));
        assert.ok(words.includes(dan.id));
        const polls = JSON.stringify(posts.map(({ message }) => message["poll"]));
        assert.match(`${words}\n${polls}`, new RegExp(String.raw`\bpoll${number}\b`));
        const files = posts.flatMap((post) => stage.discord.filesOf(post));
        assert.deepEqual(
          files.map(({ name }) => /^(?:SPOILER_)?file\d+/.exec(name)?.[0]),
          [`file${number}`, `SPOILER_file${number}`],
        );
        for (const { name } of files) assert.doesNotMatch(name, /[\p{Cc}\p{Cf}\u2028\u2029/\\"]/u);
        calm(posts);
      },
    );
  }

  for (const [number, name] of names.entries()) {
    const shown = JSON.stringify(name.slice(0, 24));
    test(`somebody of Matrix called ${shown} is heard, and calls nobody`, async () => {
      const person = world.stage.person(`person${number}`);
      await person.join(world.room);
      await person.setDisplayname(name).catch(() => undefined);
      await person.send(world.room, `named ${number}`);
      const post = await until("it is there", () =>
        ours().find(({ message }) => message.content === `named ${number}`),
      );
      const { username } = post.message.author;
      assert.doesNotMatch(username, invisible);
      assert.doesNotMatch(username, /discord|clyde|^(?:everyone|here)$/i);
      assert.notEqual(
        username.trim().toLowerCase(),
        world.stage.discord.bot.username.toLowerCase(),
      );
      assert.ok(username.length >= 1 && username.length <= 80, `${username.length}`);
      calm([post]);
    });

    test(`somebody of Discord called ${shown} cannot pass for the bot`, async () => {
      const { discord, homeserver } = world.stage;
      const user = discord.addUser({ username: `user${number}`, global_name: name });
      discord.join(guildOf(world.discordChannel), user);
      discord.say(user, world.discordChannel, `I am number ${number}`);
      const event = await homeserver.until((e) => e.content["body"] === `I am number ${number}`);
      const profile = await world.ana.request(
        "GET",
        `/profile/${encodeURIComponent(event.sender)}`,
      );
      const displayname = String(profile["displayname"]);
      assert.doesNotMatch(displayname, invisible);
      assert.notEqual(displayname.trim().toLowerCase(), "bridgebox");
      assert.ok(displayname.trim().length > 0 && displayname.length <= 300);
    });
  }

  test("@room calls everybody if its sender may notify the room, and nobody else can", async () => {
    const frank = world.stage.person("frank");
    await frank.join(world.room);
    const pings = async (person: typeof frank, text: string): Promise<readonly string[]> => {
      await person.send(world.room, {
        msgtype: "m.text",
        body: text,
        "m.mentions": { room: true },
      });
      const post = await until("it is there", () =>
        ours().find(({ message }) => message.content.startsWith(text.slice(0, 8))),
      );
      return post.pings;
    };
    assert.deepEqual(await pings(frank, "no power @room"), []);
    assert.deepEqual(await pings(world.ana, "in power @room"), ["everyone"]);
  });
});
