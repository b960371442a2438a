import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { BridgeError, partId, type Content, type MediaRef } from "@bridgebox/core/adapter";
import { createAttempt, until } from "@bridgebox/core/testing";
import { fromPlain } from "@bridgebox/core/richtext";
import type { Post } from "../../../test/networks/telegram/index.ts";
import { Api } from "./api/tl.ts";
import { heardMedia, part, read, sendParts, type MediaPart } from "./testing/files.ts";
import { ordersFor, outgoing, shelve } from "./testing/login.ts";
import { png } from "./testing/pictures.ts";
import {
  channelChat,
  openFixture,
  openServer,
  privateChat,
  type Fixture,
} from "./testing/world.ts";

let world: Fixture;
const megabyte = 1_048_576;

before(async () => {
  world = await openFixture(await openServer());
  world.server.say(world.bob, world.alice, "hello");
});

after(async () => {
  await world.close();
  await world.server.close();
});

const bytesOf = ({ media }: Post): Buffer => {
  assert.ok(media?.kind === "photo" || media?.kind === "document");
  return world.server.files.read(media.file, 0, media.file.size);
};

test("each kind of file leaves as what it is", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const bytes = randomBytes(3000);
  const measures = { width: 64, height: 48, duration: 1500 };
  const ref = (name: string, mime: string, more: Partial<MediaRef> = {}) =>
    shelve(me, name, mime === "image/png" ? png(20, 10) : bytes, { mime, ...more });
  const sendOne = async (one: MediaPart, more: Partial<Content> = {}) => {
    await sendParts(me, chat, [one], more);
    const post = server.messages(alice, bob).at(-1);
    assert.ok(post);
    return post;
  };
  const image = await sendOne(
    part(ref("a.png", "image/png"), "image", { caption: fromPlain("hi"), spoiler: true }),
  );
  assert.ok(image.media?.kind === "photo" && image.media.spoiler === true);
  assert.equal(image.text, "hi");
  assert.deepEqual(bytesOf(image), png(20, 10));
  const attributesOf = (post: Post) => {
    assert.ok(post.media?.kind === "document");
    assert.deepEqual(bytesOf(post), bytes);
    return post.media.attributes;
  };
  const kinds = async (one: MediaPart) =>
    attributesOf(await sendOne(one)).map(({ className }) => className.slice(17));
  assert.deepEqual(await kinds(part(ref("v.mp4", "video/mp4", measures), "video")), [
    "Filename",
    "Video",
  ]);
  assert.deepEqual(await kinds(part(ref("g.mp4", "video/mp4", measures), "gif")), [
    "Filename",
    "Video",
    "Animated",
  ]);
  assert.deepEqual(await kinds(part(ref("r.mp4", "video/mp4", measures), "round")), ["Video"]);
  assert.deepEqual(await kinds(part(ref("s.webp", "image/webp"), "sticker")), [
    "Sticker",
    "Filename",
  ]);
  assert.deepEqual(await kinds(part(ref("s.tgs", "application/x-tgsticker"), "sticker")), [
    "Sticker",
    "Filename",
  ]);
  assert.deepEqual(await kinds(part(ref("d.svg", "image/svg+xml"), "image")), ["Filename"]);
  assert.deepEqual(await kinds(part(ref("m.mp3", "audio/mpeg"), "audio")), ["Filename", "Audio"]);
  const waveform = [0, 512, 1024];
  const [voice] = attributesOf(
    await sendOne(part(ref("v.ogg", "audio/ogg; codecs=opus", measures), "voice", { waveform })),
  );
  assert.ok(voice instanceof Api.DocumentAttributeAudio && voice.voice === true);
  assert.deepEqual(voice.waveform, Buffer.from([0b00000000, 0b01111110]));
  const once = await sendOne(part(ref("o.png", "image/png"), "image"), {
    expires: { mode: "view-once", from: "read" },
  });
  assert.equal(once.media?.kind === "photo" && once.media.ttlSeconds, 2_147_483_647);
  const back = await heardMedia(me, server.idOf(image, alice));
  assert.deepEqual(await read(me, back.media), png(20, 10));
});

test("what Telegram makes no photo of goes as a file", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  for (const [name, bytes] of [
    ["narrow.png", png(210, 10)],
    ["broken.png", randomBytes(100)],
  ] as const) {
    await sendParts(me, chat, [part(shelve(me, name, bytes, { mime: "image/png" }), "image")]);
    const post = server.messages(alice, bob).at(-1);
    assert.equal(post?.media?.kind, "document");
  }
});

test("an album leaves as one, with an id for each item; what does not fit it leaves alone", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Albums", [bob, alice]);
  const me = await goLive(alice);
  const chat = channelChat(group);
  const picture = (index: number, as: MediaPart["as"] = "image") =>
    part(shelve(me, `p${index}`, png(8, 8), { mime: "image/png" }), as, {
      id: partId(index === 0 ? "" : String(index)),
      caption: fromPlain(`caption ${index}`),
    });
  const parts = [
    picture(0),
    picture(1),
    picture(2, "file"),
    picture(3, "file"),
    picture(4, "voice"),
  ];
  const sent = await sendParts(me, chat, parts);
  const posts = server.messages(group);
  assert.equal(posts.length, 5);
  assert.deepEqual(
    posts.map(({ text }) => text),
    [0, 1, 2, 3, 4].map((index) => `caption ${index}`),
  );
  const numbers = posts.map((post) => String(server.idOf(post, alice)));
  assert.deepEqual(
    sent.map(({ id, aliases = [] }) => [id, ...aliases]),
    [numbers.slice(0, 2), numbers.slice(2, 4), numbers.slice(4)],
  );
  assert.ok(posts[0]?.album !== undefined && posts[0].album === posts[1]?.album);
  assert.notEqual(posts[1].album, posts[2]?.album);
  assert.equal(posts[4]?.album, undefined);
  await until(
    "the echoes",
    () => me.core.of("message").filter((e) => e.chat.id === chat.id).length === 5,
  );
  const confirmed = me.core.of("message").filter(({ confirms }) => confirms !== undefined);
  assert.equal(new Set(confirmed.map(({ confirms }) => confirms)).size, confirmed.length);
});

test("more than ten are more than one album; a caption that is too long follows as text", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const ref = { locator: "x", mime: "image/png" };
  const many = Array.from({ length: 12 }, (_, index) =>
    part(ref, "image", { id: partId(String(index)) }),
  );
  const sizes = ordersFor(me.connection, { ...outgoing(chat, ""), content: { parts: many } }).map(
    ({ draft }) => draft.media?.length,
  );
  assert.deepEqual(sizes, [10, 2]);
  const caption = fromPlain(`${"word ".repeat(300)}end`);
  const replyTo = { ids: [] };
  const long = part(ref, "video", { caption });
  const orders = ordersFor(me.connection, {
    ...outgoing(chat, ""),
    content: { parts: [long], replyTo },
  });
  assert.deepEqual(
    orders.map(({ draft }) => [draft.part, draft.media?.length, draft.plain.length]),
    [
      ["", 1, 7],
      ["+1", undefined, 1503],
    ],
  );
  const sticker = part({ locator: "x", mime: "image/webp" }, "sticker", {
    caption: fromPlain("hi"),
  });
  const two = ordersFor(me.connection, { ...outgoing(chat, ""), content: { parts: [sticker] } });
  assert.equal(two.length, 2);
});

test("a large file leaves in parts; an upload that was cut off goes on where it was", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const size = 12 * megabyte + 1000;
  const sum = createHash("sha256");
  const block = randomBytes(65_536);
  let produced = 0;
  const body = (length: number) =>
    ReadableStream.from(
      (async function* () {
        for (let at = 0; at < length; at += block.length) {
          produced += 1;
          yield block.subarray(0, Math.min(block.length, length - at));
        }
      })(),
    );
  for await (const chunk of body(size)) sum.update(chunk);
  const wanted = sum.digest("hex");
  const partsSent = () =>
    server.calls.filter(({ name }) => name === "upload.SaveBigFilePart").length;
  for (const known of [true, false]) {
    const name = `large ${known}`;
    me.shelf.set(JSON.stringify(name), { body: () => body(size), ...(known ? { size } : {}) });
    const media = part({ locator: name, name }, "file");
    const [order] = ordersFor(me.connection, {
      ...outgoing(chat, ""),
      content: { parts: [media] },
    });
    assert.ok(order);
    const before = partsSent();
    const stop = new AbortController();
    const first = createAttempt(undefined, stop.signal);
    const failing = me.connection.send(order, first);
    const noted = known ? 64 : 16;
    await server.until(() => partsSent() - before >= noted + 4);
    stop.abort();
    await assert.rejects(failing);
    const tried = partsSent() - before;
    const result = await me.connection.send(
      order,
      createAttempt(first, AbortSignal.timeout(20_000)),
    );
    assert.ok(result.state === "sent");
    assert.ok(
      partsSent() - before - tried <= (known ? 97 : 25) - noted + 3,
      "what was noted is not sent again",
    );
    const post = server.messages(alice, bob).at(-1);
    assert.ok(post?.media?.kind === "document");
    assert.equal(post.media.file.size, size);
    const hash = createHash("sha256");
    for (let at = 0; at < size; at += megabyte) {
      hash.update(server.files.read(post.media.file, at, megabyte));
    }
    assert.equal(hash.digest("hex"), wanted);
  }
  assert.ok(produced > 0);
});

test("an upload whose parts were forgotten begins anew; an empty file is refused in words", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const media = part(shelve(me, "f", randomBytes(5000)), "file");
  const [order] = ordersFor(me.connection, { ...outgoing(chat, ""), content: { parts: [media] } });
  assert.ok(order);
  const tried = createAttempt();
  server.fail("messages.SendMedia", { code: 500, message: "INTERNAL" });
  await assert.rejects(me.connection.send(order, tried));
  assert.match(JSON.stringify(tried.notes), /"whole":true/);
  server.files.forgetUploads();
  const result = await me.connection.send(order, createAttempt(tried));
  assert.equal(result.state, "sent");
  const empty = part(shelve(me, "e", Buffer.alloc(0)), "file");
  await assert.rejects(
    sendParts(me, chat, [empty]),
    (error) =>
      error instanceof BridgeError && error.code === "invalid" && /empty/.test(error.message),
  );
});

test("a lost answer to a file is found again; an edit of the caption does not send the file again", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const ref = shelve(me, "doc.bin", randomBytes(2000));
  const content = { parts: [part(ref, "file", { caption: fromPlain("one") })] };
  const [order] = ordersFor(me.connection, { ...outgoing(chat, ""), content });
  assert.ok(order);
  server.swallowReply("messages.SendMedia");
  const tried = createAttempt();
  await assert.rejects(me.connection.send(order, tried));
  const found = await me.connection.find?.(order, createAttempt(tried));
  assert.ok(found?.state === "sent");
  const uploads = () => server.calls.filter(({ name }) => name.startsWith("upload.Save")).length;
  const before = uploads();
  const edited = async (change: MediaPart) => {
    const message = { ...outgoing(chat, ""), content: { parts: [change] } };
    const [again] = ordersFor(me.connection, message);
    assert.ok(again);
    await me.connection.edit?.(found.sent.id, again, createAttempt());
    return server.messages(alice, bob).at(-1);
  };
  const post = await edited(part(ref, "file", { caption: fromPlain("two") }));
  assert.equal(post?.text, "two");
  assert.equal(uploads(), before);
  const other = shelve(me, "other.bin", randomBytes(1000));
  await edited(part(other, "file", { caption: fromPlain("two") }));
  assert.equal(uploads(), before + 1);
  assert.ok(post.media?.kind === "document");
  assert.equal(post.media.file.size, 1000);
});
