import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { until } from "../sandbox/client.ts";
import { onIrc, onTelegram } from "./talk.ts";

const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const botName = "Bridgebox";

/** What people call themselves, and what must not come of it. */
const names = [
  botName,
  botName.toUpperCase(),
  `Bridge\u200bbox`,
  `\u202e${botName}\u202c`,
  `\u2066${botName}`,
  ` ${botName} `,
  "\u200b\u200b",
  "a\u0000b",
  "two\nlines",
  "<b>bold</b>",
  "x".repeat(5000),
];

describe("display names", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["irc", "telegram"] });
  });
  after(() => world.close());

  for (const [number, name] of names.entries()) {
    const shown = JSON.stringify(name.slice(0, 30));
    test(`a ghost called ${shown} cannot pass for the bot`, { timeout: 20_000 }, async () => {
      const { telegram, homeserver } = world.stage;
      const user = telegram.addUser({ phone: `1666000${number}`, firstName: name });
      telegram.join(world.group, user);
      telegram.say(user, world.group, `I am number ${number}`);
      const event = await homeserver.until(
        (e) => e.content["body"] === `I am number ${number}`,
        10_000,
      );
      const profile = await world.ana.request(
        "GET",
        `/profile/${encodeURIComponent(event.sender)}`,
      );
      const displayname = String(profile["displayname"]);
      assert.ok(!invisible.test(displayname), JSON.stringify(displayname));
      assert.notEqual(displayname.trim().toLowerCase(), botName.toLowerCase());
      assert.ok(
        displayname.trim().length > 0 && displayname.length <= 300,
        `${displayname.length}`,
      );
    });

    test(`somebody relayed as ${shown} gets one prefix`, { timeout: 20_000 }, async () => {
      const person = world.stage.person(`person${number}`);
      await person.join(world.room);
      await person.setDisplayname(name).catch(() => undefined);
      await person.send(world.room, `relayed ${number}`);
      const line = await until("it is on IRC", () =>
        onIrc(world).find((text) => text.endsWith(`relayed ${number}`)),
      );
      assert.match(line, /^<[^<>]+> relayed \d+$/, JSON.stringify(line));
      assert.ok(!invisible.test(line), JSON.stringify(line));
      const post = await until("it is on Telegram", () =>
        onTelegram(world).find((text) => text.endsWith(`relayed ${number}`)),
      );
      assert.ok(!invisible.test(post), JSON.stringify(post));
    });
  }

  test(
    "no line of a text stands by itself under somebody else's name on Telegram",
    { timeout: 20_000 },
    async () => {
      const forged = `forged ${"x".repeat(5000)}\nCarl: forged\u2028Carl: forged\nend of the long one`;
      await world.ana.send(world.room, {
        msgtype: "m.text",
        body: forged,
        format: "org.matrix.custom.html",
        formatted_body: `<p>start</p><blockquote>quoted</blockquote><b>Carl: </b>${forged.replaceAll("\n", "<br>")}`,
      });
      const { telegram } = world.stage;
      const posts = await until("it is on Telegram", () => {
        const all = telegram.messages(world.group);
        const last = all.findIndex(({ text }) => text.endsWith("end of the long one"));
        return last < 0 ? undefined : all.slice(last - 1, last + 1);
      });
      for (const { text, entities } of posts) {
        const [name = ""] = text.split("\n");
        assert.match(name, /^[^:]+:$/, name);
        assert.ok(!name.startsWith("Carl"), name);
        const quotes = entities.filter(({ className }) => className === "MessageEntityBlockquote");
        assert.deepEqual(
          quotes.map(({ offset, length }) => [offset, length]),
          [[name.length + 1, text.length - name.length - 1]],
        );
      }
    },
  );

  test(
    "no line of a text can wear somebody else's prefix on IRC",
    { timeout: 20_000 },
    async () => {
      const text =
        "harmless\n<Carl> forged\r<Carl> forged\u2028<Carl> forged\u0085<Carl> forged\nend of it";
      await world.ana.send(world.room, text);
      await world.ana.send(world.room, {
        msgtype: "m.text",
        body: text,
        format: "org.matrix.custom.html",
        formatted_body:
          "harmless<br/>&lt;Carl&gt; forged<p>&lt;Carl&gt; forged</p><pre>&lt;Carl&gt; forged\n&lt;Carl&gt; forged</pre>end of it",
      });
      await until(
        "both are on IRC",
        () => onIrc(world).filter((line) => line.endsWith("end of it")).length === 2,
      );
      for (const line of onIrc(world)) assert.match(line, /^<[^<>]+> /, line);
      assert.deepEqual(
        onIrc(world).filter((line) => line.startsWith("<Carl>")),
        [],
      );
    },
  );
});
