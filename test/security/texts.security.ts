import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { until } from "../sandbox/client.ts";
import { harmless, marker, onIrc, onTelegram } from "./talk.ts";

/** Between two harmless words in every field that carries a text. */
const hostile = [
  "\r\nQUIT :gone",
  "\nPRIVMSG #other :forged",
  "\rPRIVMSG NickServ :forged",
  "\0",
  "\u2028\u2029\u0085",
  "\u0001ACTION forged\u0001",
  "\u0001VERSION\u0001",
  ": leading , comma",
  "\u202eesrever\u202c",
  "@everyone @room <!channel> <!here>",
  "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "<a href='javascript:alert(1)'>x</a>",
  "[x](javascript:alert(1))",
  "<b><i>unbalanced",
  "x".repeat(20_000),
];
/** What the box has any business to say to an IRC server. */
const allowed =
  /^(?:CAP|NICK|USER|JOIN|MODE|WHO|WHOIS|PING|PONG|NAMES|PRIVMSG #lobby :|PRIVMSG #lobby )/;

describe("hostile texts", () => {
  let world: World;
  before(async () => {
    const ircConfig = { paste_lines: 0 };
    world = await openWorld({ networks: ["irc", "telegram"], isPublic: true, ircConfig });
  });
  after(() => world.close());

  const clean = (): void => {
    const { irc } = world.stage;
    const ours = irc.lines.filter(({ nick }) => nick === "bridgebox").map(({ line }) => line);
    assert.deepEqual(
      ours.filter((line) => !allowed.test(line)),
      [],
    );
    assert.ok(world.inChannel());
    const told = world.notices().map(({ content }) => String(content["body"]));
    assert.deepEqual(told, [], "nothing went wrong, so nothing is said about it");
  };

  for (const [number, text] of hostile.entries()) {
    const shown = JSON.stringify(text.slice(0, 24));
    test(`from Matrix: ${shown}`, { timeout: 20_000 }, async () => {
      const body = `alpha${number} ${text} omega${number}`;
      await world.ana.send(world.room, body);
      await world.ana.send(world.room, { msgtype: "m.emote", body });
      await world.ana.send(world.room, {
        msgtype: "m.text",
        body,
        format: "org.matrix.custom.html",
        formatted_body: body,
      });
      await marker(world, `after ${number}`);
      for (const word of [`alpha${number}`, `omega${number}`]) {
        assert.ok(onIrc(world).join("\n").includes(word), `${word} is on IRC`);
        assert.ok(onTelegram(world).join("\n").includes(word), `${word} is on Telegram`);
      }
      clean();
    });

    test(`files and places from Matrix: ${shown}`, { timeout: 20_000 }, async () => {
      const { ana, room, stage, group } = world;
      // An event that has it twice must not be too large.
      const words = text.slice(0, 4000);
      const url = await ana.upload(new Uint8Array(5), "application/zip");
      const info = { mimetype: "application/zip", size: 5 };
      const file = { msgtype: "m.file", url, info, filename: `file${number} ${words}.zip` };
      await ana.send(room, { ...file, body: file.filename });
      await ana.send(room, { ...file, body: `caption${number} ${words} end${number}` });
      const place = { msgtype: "m.location", geo_uri: "geo:1,2" };
      await ana.send(room, { ...place, body: `place${number} ${words}` });
      await marker(world, `after the files ${number}`);
      const said = onIrc(world).join("\n");
      for (const word of ["file", "caption", "end", "place"])
        assert.match(said, new RegExp(String.raw`\b${word}${number}\b`));
      const names = stage.telegram
        .messages(group)
        .flatMap(({ media }) => (media?.kind === "document" ? media.attributes : []))
        .flatMap((it) => ("fileName" in it ? [it.fileName] : []));
      assert.equal(names.filter((name) => name.startsWith(`file${number} `)).length, 2);
      for (const name of names) assert.doesNotMatch(name, /[\p{Cc}\p{Cf}\u2028\u2029/\\]/u);
      clean();
    });

    test(`from IRC: ${shown}`, { timeout: 20_000 }, async () => {
      const line = text.replaceAll(/[\r\n\0]/g, "").slice(0, 300);
      await world.say("irc", `begin${number} ${line} end${number}`);
      await world.carl.topic("#lobby", `topic${number} ${line}`);
      const event = await world.stage.homeserver.until(
        (e) => String(e.content["body"]).startsWith(`begin${number}`),
        10_000,
      );
      harmless(event);
      clean();
    });

    test(`from Telegram: ${shown}`, { timeout: 20_000 }, async () => {
      const words = text.slice(0, 4000).replaceAll("\0", "");
      world.stage.telegram.say(world.dora, world.group, `first${number} ${words} last${number}`);
      const event = await world.stage.homeserver.until(
        (e) => String(e.content["body"]).startsWith(`first${number}`),
        10_000,
      );
      harmless(event);
      await until("it is on IRC", () => onIrc(world).join("\n").includes(`last${number}`));
      clean();
    });
  }
});
