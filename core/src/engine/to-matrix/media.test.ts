import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, firstPart, userId } from "../../adapter/index.ts";
import type { MediaRef, MediaStream, Part, RemoteEvent } from "../../adapter/index.ts";
import { openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { lobby, saying, ScriptedNetwork } from "../../testing/scripted-network.ts";
import { refusal } from "../../testing/scripted-homeserver.ts";
import { until } from "../../testing/until.ts";
import { fromPlain } from "../../richtext/index.ts";
import type { JsonObject } from "../../matrix/types.ts";

type MediaPart = Extract<Part, { kind: "media" }>;

const room = "!lobby:hs.test";

const fileOf = (text: string, more: Partial<MediaStream> = {}): MediaStream => ({
  body: ReadableStream.from([new TextEncoder().encode(text)]),
  size: text.length,
  ...more,
});

const cat: MediaRef = { locator: { file: 1 }, name: "cat.png", mime: "image/png", size: 3 };

const shows = (part: Partial<MediaPart> = {}, more: Parameters<typeof saying>[2] = {}) =>
  saying("bob", "", {
    content: { parts: [{ id: firstPart, kind: "media", as: "image", media: cat, ...part }] },
    ...more,
  });

interface Opened extends Scene {
  readonly opens: MediaRef[];
}

const open = async (
  t: Parameters<typeof openEngine>[0],
  give: (ref: MediaRef) => MediaStream | Promise<MediaStream> = () => fileOf("cat"),
): Promise<Opened> => {
  const network = new ScriptedNetwork();
  const opens: MediaRef[] = [];
  network.more = {
    open: async (ref) => {
      opens.push(ref);
      return give(ref);
    },
  };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  return { ...scene, opens };
};

const last = ({ homeserver }: Scene): { type: string; content: JsonObject } => {
  const event = homeserver.events.filter((one) => one.room_id === room).at(-1);
  assert.ok(event);
  const { "dev.bridgebox.key": _, ...content } = event.content;
  return { type: event.type, content };
};

const textIn = (scene: Scene, key: string): string => {
  const value = last(scene).content[key];
  return typeof value === "string" ? value : "";
};

test("a picture with a caption, its size and its small form arrives as the spec has it", async (t) => {
  const scene = await open(t, (ref) => fileOf(ref === cat ? "cat" : "big cat"));
  const media: MediaRef = {
    ...cat,
    width: 640,
    height: 480,
    thumbnail: { locator: "small", mime: "image/jpeg", width: 64, height: 48 },
  };
  const caption = fromPlain("look **here**");
  await scene.network.accept([shows({ media, caption, spoiler: true })]);
  await scene.idle();
  assert.deepEqual(last(scene), {
    type: "m.room.message",
    content: {
      msgtype: "m.image",
      body: "look **here**",
      filename: "cat.png",
      url: "mxc://hs.test/m1",
      info: {
        mimetype: "image/png",
        size: 7,
        w: 640,
        h: 480,
        thumbnail_url: "mxc://hs.test/m2",
        thumbnail_info: { mimetype: "image/jpeg", size: 7, w: 64, h: 48 },
      },
      "page.codeberg.everypizza.msc4193.spoiler": true,
    },
  });
  assert.equal(scene.homeserver.files.get("mxc://hs.test/m1")?.name, "cat.png");
});

test("every kind is shown as what it is", async (t) => {
  const scene = await open(t);
  const rows: readonly [MediaPart["as"], string, string, string, readonly string[]][] = [
    ["image", "image/png", "m.room.message", "m.image", []],
    ["video", "video/mp4", "m.room.message", "m.video", []],
    ["audio", "audio/mpeg", "m.room.message", "m.audio", []],
    ["file", "application/pdf", "m.room.message", "m.file", []],
    ["sticker", "image/webp", "m.sticker", "", []],
    ["sticker", "video/webm", "m.room.message", "m.video", ["fi.mau.gif", "fi.mau.loop"]],
    ["sticker", "application/x-tgsticker", "m.room.message", "m.file", []],
    ["gif", "video/mp4", "m.room.message", "m.video", ["fi.mau.gif", "fi.mau.autoplay"]],
    ["gif", "image/gif", "m.room.message", "m.image", ["fi.mau.gif"]],
    ["round", "video/mp4", "m.room.message", "m.video", ["fi.mau.round_video"]],
  ];
  for (const [as, mime, type, msgtype, flags] of rows) {
    await scene.network.accept([shows({ as, media: { ...cat, mime } })]);
    await scene.idle();
    const shown = last(scene);
    assert.equal(shown.type, type, `${as} ${mime}`);
    assert.equal(shown.content["msgtype"] ?? "", msgtype, `${as} ${mime}`);
    for (const flag of flags) assert.equal((shown.content["info"] as JsonObject)[flag], true, flag);
  }
});

test("a voice message has its length and how loud it is", async (t) => {
  const scene = await open(t);
  const media = { locator: 1, mime: "audio/ogg; codecs=opus", duration: 2500 };
  await scene.network.accept([shows({ as: "voice", media, waveform: [0, 5, 10] })]);
  await scene.idle();
  const { content } = last(scene);
  assert.deepEqual(
    [content["msgtype"], content["body"], content["org.matrix.msc3245.voice"]],
    ["m.audio", "voice.ogg", {}],
  );
  assert.deepEqual(content["org.matrix.msc1767.audio"], {
    duration: 2500,
    waveform: [0, 512, 1024],
  });
});

test("a name from outside is no path and holds nothing invisible", async (t) => {
  const scene = await open(t);
  const name = "../../etc/\u202Egpj.exe\u0000";
  await scene.network.accept([shows({ media: { ...cat, name, mime: "text/html\r\nX: y" } })]);
  await scene.idle();
  const { content } = last(scene);
  assert.equal(content["filename"], "_.._etc_gpj.exe");
  assert.equal((content["info"] as JsonObject)["mimetype"], "application/octet-stream");
});

test("a file that is too large is named with the limit, and its caption stays", async (t) => {
  const scene = await open(t, () => fileOf("x".repeat(2000)));
  scene.homeserver.mediaLimit = 1024;
  const caption = fromPlain("my holidays");
  await scene.network.accept([shows({ media: { ...cat, size: 2048 }, caption })]);
  await scene.idle();
  assert.equal(scene.opens.length, 0, "what is told to be too large is not fetched");
  for (const size of [undefined, 3]) {
    const { size: _, ...bare } = cat;
    await scene.network.accept([
      shows({ media: size === undefined ? bare : { ...bare, size }, caption }),
    ]);
    await scene.idle();
    assert.match(
      textIn(scene, "body"),
      /^\[image: cat\.png\] was not bridged: it is larger than 1 KiB, the most that this homeserver takes\.\n\nmy holidays$/,
    );
  }
  assert.equal([...scene.homeserver.files.values()].filter(Boolean).length, 0);
});

test("a network that gives no files, or not this one, has them named with the reason", async (t) => {
  const gone = new BridgeError("gone", "it was deleted there.", { reached: "no", scope: "item" });
  const scene = await open(t, () => Promise.reject(gone));
  await scene.network.accept([shows()]);
  await scene.idle();
  assert.match(textIn(scene, "body"), /was not bridged: it was deleted there\./);
  const plain = await openEngine(t);
  await plain.plumb();
  await plain.network.accept([shows()]);
  await plain.idle();
  assert.match(textIn(plain, "body"), /its network gives no files/);
});

test("a file that fails for now is tried again, into the same place", async (t) => {
  let tries = 0;
  const scene = await open(t, () => {
    tries += 1;
    if (tries === 1) throw new BridgeError("network", "away.", { reached: "no", scope: "item" });
    if (tries > 2) return fileOf("cat");
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
      pull: (controller) => controller.error(new Error("reset")),
    });
    return { body, size: 3 };
  });
  await scene.network.accept([shows()]);
  await until("the picture is there", () => {
    scene.clock.advance(200);
    return scene.homeserver.count("send") === 1;
  });
  assert.equal(tries, 3);
  assert.deepEqual([...scene.homeserver.files.keys()], ["mxc://hs.test/m1"]);
  assert.equal(last(scene).content["url"], "mxc://hs.test/m1");
});

test("a file that fails for long holds nobody up: it is named, and the next message comes", async (t) => {
  const away = new BridgeError("network", "it is asleep.", { reached: "no", scope: "item" });
  const scene = await open(t, () => Promise.reject(away));
  await scene.network.accept([shows(), saying("bob", "next")]);
  await until("both are there", () => {
    scene.clock.advance(5000);
    return scene.homeserver.count("send") === 2;
  });
  assert.match(scene.homeserver.said(room)[0] ?? "", /was not bridged: it is asleep\./);
  assert.equal(scene.homeserver.said(room)[1], "next");
});

test("a homeserver that is away is waited for; a place it forgot is made anew", async (t) => {
  const scene = await open(t);
  let refused = 0;
  scene.homeserver.before = ({ op, what }) => {
    if (op !== "media" || what["does"] !== "put") return;
    refused += 1;
    if (refused === 1) throw refusal("M_UNKNOWN", 502);
    if (refused === 2) throw refusal("M_NOT_FOUND", 404);
  };
  await scene.network.accept([shows()]);
  await until("the picture is there", () => {
    scene.clock.advance(500);
    return scene.homeserver.count("send") === 1;
  });
  assert.equal(last(scene).content["url"], "mxc://hs.test/m2");
});

test("a homeserver without reserved places takes the file at once", async (t) => {
  const scene = await open(t);
  scene.homeserver.reserves = false;
  await scene.network.accept([shows()]);
  await scene.idle();
  assert.equal(scene.homeserver.files.get(textIn(scene, "url"))?.bytes, "cat");
});

test("an edit of a caption uploads nothing; another file is another upload", async (t) => {
  const scene = await open(t);
  const first = shows({ caption: fromPlain("old") });
  await scene.network.accept([first]);
  await scene.idle();
  const edit = (version: string, part: Partial<MediaPart>): RemoteEvent => ({
    kind: "edit",
    chat: lobby,
    key: first.key,
    id: first.id,
    sender: userId("bob"),
    at: first.at,
    version,
    content: { parts: [{ id: firstPart, kind: "media", as: "image", media: cat, ...part }] },
  });
  await scene.network.accept([edit("1", { caption: fromPlain("old") })]);
  await scene.idle();
  assert.equal(scene.homeserver.count("send"), 1, "the same again is nothing");
  await scene.network.accept([edit("2", { caption: fromPlain("new") })]);
  await scene.idle();
  const changed = last(scene).content["m.new_content"] as JsonObject;
  assert.deepEqual(
    [changed["body"], changed["filename"], changed["url"], changed["msgtype"]],
    ["new", "cat.png", "mxc://hs.test/m1", "m.image"],
  );
  assert.equal(scene.opens.length, 1);
  await scene.network.accept([edit("3", { media: { ...cat, locator: { file: 2 } } })]);
  await scene.idle();
  const other = last(scene).content["m.new_content"] as JsonObject;
  assert.deepEqual([other["body"], other["url"]], ["cat.png", "mxc://hs.test/m2"]);
});

test("the items of an album stay messages of their own, in order", async (t) => {
  const scene = await open(t);
  const album = (name: string) =>
    shows(
      {},
      {
        content: {
          album: "a",
          parts: [
            { id: firstPart, kind: "media", as: "image", media: { ...cat, locator: name, name } },
          ],
        },
      },
    );
  await scene.network.accept(["1.png", "2.png", "3.png"].map(album));
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["1.png", "2.png", "3.png"]);
});

test("an answer by a picture to what is not here quotes it; a name for one message has its face", async (t) => {
  const scene = await open(t);
  const parts = [{ id: firstPart, kind: "media", as: "image", media: cat }] as const;
  const replyTo = { senderName: "Eve", excerpt: "send me one" };
  await scene.network.accept([shows({}, { content: { parts, replyTo } })]);
  await scene.idle();
  assert.match(textIn(scene, "body"), /> Eve: send me one/);
  assert.equal(textIn(scene, "filename"), "cat.png");
  const profile = { name: "News", avatar: { locator: "face", mime: "image/png" } };
  await scene.network.accept([shows({}, { profile }), saying("bob", "hi", { profile })]);
  await scene.idle();
  const [picture, words] = scene.homeserver.events.slice(-2).map(({ content }) => content);
  assert.equal(picture?.["body"], "News: ");
  for (const content of [picture, words]) {
    const shown = content?.["com.beeper.per_message_profile"] as JsonObject;
    assert.equal(shown["avatar_url"], "mxc://hs.test/m3");
  }
  assert.equal(scene.opens.filter(({ locator }) => locator === "face").length, 1);
});

test("a network that does not answer when it is asked for a file is asked again, and given up", async (t) => {
  const network = new ScriptedNetwork();
  const asked: AbortSignal[] = [];
  network.more = {
    open: (_, signal) => {
      asked.push(signal);
      return new Promise(() => undefined);
    },
  };
  const deadline = { homeserver: 5000, network: 10, media: 20_000 };
  const scene = await openEngine(t, { network, settings: { deadline } });
  await scene.plumb();
  await scene.network.accept([shows(), saying("bob", "next")]);
  await until("both are there", () => {
    scene.clock.advance(5000);
    return scene.homeserver.count("send") === 2;
  });
  assert.ok(asked.length > 1 && asked.every((signal) => signal.aborted), "each was called off");
  assert.match(scene.homeserver.said(room)[0] ?? "", /was not bridged: it did not come within/);
});
