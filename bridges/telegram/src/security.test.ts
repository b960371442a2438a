import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BridgeError, firstPart, type Part } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { hostileTexts } from "@bridgebox/core/testing";
import type { Post } from "../../../test/networks/telegram/index.ts";
import { Api } from "./api/tl.ts";
import { fileName } from "./file-name.ts";
import { part, sendParts } from "./testing/files.ts";
import { shelve } from "./testing/login.ts";
import { channelChat, openFixture, type Fixture } from "./testing/world.ts";

let world: Fixture;

before(async () => {
  world = await openFixture();
});

after(() => world.close());

const hostile = [
  "\r\nQUIT",
  "\0",
  "\u2028",
  "\u0001ACTION x\u0001",
  ":leading",
  " space",
  "a,b;c",
  "\u202Egnp.exe",
  "\u200B",
  "@everyone @here",
  "<!channel>",
  "<script>alert(1)</script>",
  "javascript:alert(1)",
  "\ud800",
  "../../etc/passwd",
].map((text) => `alpha ${text} omega`);

const wordsOf = (text: string): string => text.replace(/[^a-z]+/gi, " ").trim();

test("every text field takes every hostile text as data: one message, no mark, no mention", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Hostile", [bob, alice]);
  const me = await goLive(alice);
  const chat = channelChat(group);
  const sent = async (one: Part): Promise<Post> => {
    const before = server.messages(group).length;
    await sendParts(me, chat, [one]);
    const [post, ...more] = server.messages(group).slice(before);
    assert.ok(post && more.length === 0, JSON.stringify(one));
    assert.deepEqual(post.entities, []);
    return post;
  };
  const fixed = ({ media }: Post) => (media?.kind === "fixed" ? media.media : undefined);
  for (const [index, text] of hostile.entries()) {
    const words = wordsOf(text.toWellFormed());
    const plain = await sent({ id: firstPart, kind: "text", text: fromPlain(text) });
    assert.equal(wordsOf(plain.text), words);
    const media = shelve(me, `f${index}`, Buffer.from("x"), { name: text, mime: text });
    const file = await sent(part(media, "file", { caption: fromPlain(text) }));
    assert.equal(wordsOf(file.text), words);
    assert.ok(file.media?.kind === "document");
    assert.equal(file.media.mime, "application/octet-stream");
    const named = file.media.attributes[0];
    assert.ok(named instanceof Api.DocumentAttributeFilename);
    assert.doesNotMatch(named.fileName, /[\r\n\0/\\\u202E\u2028]/);
    const place = { kind: "location", lat: 1, lon: 2, name: text } as const;
    const venue = fixed(await sent({ id: firstPart, ...place }));
    assert.equal(wordsOf(venue instanceof Api.MessageMediaVenue ? venue.title : ""), words);
    const vcard = `BEGIN:VCARD\nTEL:+1555\nEND:VCARD`;
    const contact = fixed(await sent({ id: firstPart, kind: "contact", name: text, vcard }));
    assert.equal(
      wordsOf(contact instanceof Api.MessageMediaContact ? contact.firstName : ""),
      words,
    );
    const options = [text, "other"].map((each, place) => ({ id: String(place), text: each }));
    const asked = { kind: "poll", question: text, options, max: 1, hidden: false } as const;
    const poll = await sent({ id: firstPart, ...asked });
    assert.ok(poll.media?.kind === "poll");
    assert.equal(wordsOf(poll.media.question.text), words);
    assert.equal(wordsOf(poll.media.answers[0]?.text.text ?? ""), words);
  }
});

test("what comes from outside is plain JSON, however hostile, and no name leads out of a folder", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Incoming", [bob, alice]);
  const me = await goLive(alice);
  for (const text of hostile.slice(0, 6)) {
    const attributes = [new Api.DocumentAttributeFilename({ fileName: text })];
    const media = server.studio.document(Buffer.from("x"), { mime: "text/html", attributes });
    server.say(bob, group, text, { media });
  }
  server.rename(bob, `\u202E${"x".repeat(100_000)}`);
  server.say(bob, group, "the last");
  await me.core.until(() => JSON.stringify(me.core.of("message").at(-1))?.includes("the last"));
  for (const event of me.core.events) {
    assert.deepEqual(JSON.parse(JSON.stringify(event)), event);
  }
  const names = me.core
    .of("message")
    .flatMap(({ content }) =>
      content.parts.flatMap((each) => (each.kind === "media" ? [each.media.name ?? ""] : [])),
    );
  assert.equal(names.length, 6);
  for (const name of names) assert.doesNotMatch(name, /[\r\n\0/\\\u2028]/);
  assert.equal(fileName("../../x"), ".._.._x");
  assert.equal(fileName(".."), "file");
  const long = fileName(`${"x".repeat(300)}.png`);
  assert.ok(long.length === 255 && long.endsWith(".png"));
});

test("a locator that is none of ours opens nothing, and asks nobody", async () => {
  const { server, alice, goLive } = world;
  const me = await goLive(alice);
  const before = server.calls.length;
  const rubbish = [
    null,
    1,
    "x",
    [],
    {},
    { kind: "document" },
    { kind: "document", id: "1; drop", hash: "1", reference: "", dc: 2, size: "" },
    { kind: "photo", id: "1", hash: "x", reference: "", dc: 2, size: "" },
    { kind: "avatar", id: "1", dc: 2, peer: "nobody" },
    { kind: "emoji", id: "../1" },
  ];
  for (const locator of rubbish) {
    await assert.rejects(
      async () => me.connection.open?.({ locator }, AbortSignal.timeout(1000)),
      (error) => error instanceof BridgeError && error.code === "gone",
    );
  }
  assert.equal(server.calls.length, before);
});

test("every hostile tree of the suite leaves as a caption too", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Captions", [bob, alice]);
  const me = await goLive(alice);
  for (const [index, caption] of hostileTexts.entries()) {
    const media = shelve(me, `c${index}`, Buffer.from("x"));
    await sendParts(me, channelChat(group), [part(media, "file", { caption })]);
    const text = server.messages(group).at(-1)?.text ?? "";
    assert.ok(text.includes("alpha") && text.includes("omega"), JSON.stringify(text));
  }
});
