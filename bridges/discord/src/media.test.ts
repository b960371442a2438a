import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { BridgeError, firstPart } from "@bridgebox/core/adapter";
import type { Connection, MediaRef, Order, Part, Speaker } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt } from "@bridgebox/core/testing";
import { picturesOf } from "./config.ts";
import { addressOf } from "./download.ts";
import { locatorIn } from "./locator.ts";
import { stickerPart } from "./media.ts";
import { discord } from "./index.ts";
import { story } from "./testing/story.ts";

const signal = () => AbortSignal.timeout(5000);
const self: Speaker = { as: "self" };
const ana: Speaker = { as: "relay", handle: "ana", name: "Ana" };

const file = (name: string, text: string, type = "image/png") => ({
  key: "files[0]",
  name,
  type,
  data: Buffer.from(text),
});

const read = async (connection: Connection, media: MediaRef): Promise<string> => {
  const stream = await connection.open?.(media, signal());
  assert.ok(stream);
  return new Response(stream.body).text();
};

const sent = async (connection: Connection, chat: Order["chat"], part: Part, speaker: Speaker) => {
  const drafts = connection.plan?.({ chat, speaker, content: { parts: [part] }, at: 0 }) ?? [];
  for (const draft of drafts) await connection.send({ chat, draft, speaker }, createAttempt());
};

story(
  "files come in with what is known of them, and their bytes",
  async ({ server, bob, channel, live }) => {
    const { host, connection } = await live();
    server.say(bob, channel, "look", {
      files: [file("SPOILER_cat.png", "meow")],
      described: [{ id: "0", width: 3, height: 4 }],
    });
    const event = await host.event("the picture", (it) => it.kind === "message" && it);
    const [part] = event.content.parts;
    assert(part?.kind === "media");
    assert.deepEqual(
      [part.as, part.media.name, part.media.mime, part.media.size, part.media.width, part.spoiler],
      ["image", "cat.png", "image/png", 4, 3, true],
    );
    assert.deepEqual(part.caption, fromPlain("look"));
    assert.equal(await read(connection, part.media), "meow");
  },
);

story(
  "several files are several parts; a voice message says so",
  async ({ server, bob, channel, live }) => {
    const { host } = await live();
    server.say(bob, channel, "two", {
      files: [file("a.png", "a"), { ...file("b.pdf", "b", "application/pdf"), key: "files[1]" }],
    });
    const many = await host.event("the files", (it) => it.kind === "message" && it);
    assert.deepEqual(
      many.content.parts.map((part) => (part.kind === "media" ? part.as : part.kind)),
      ["text", "image", "file"],
    );
    assert.equal(many.content.parts[0]?.id, firstPart);
    const waveform = Buffer.from([0, 128, 255]).toString("base64");
    server.say(bob, channel, "", {
      files: [file("voice-message.ogg", "beep", "audio/ogg")],
      described: [{ id: "0", duration_secs: 1.5, waveform }],
      flags: 8192,
    });
    const voice = await host.event("the voice", (it) => {
      const part = it.kind === "message" ? it.content.parts[0] : undefined;
      return part?.kind === "media" && part.as === "voice" && part;
    });
    assert(voice.kind === "media");
    assert.equal(voice.media.duration, 1500);
    assert.deepEqual(voice.waveform, [0, 514, 1024]);
  },
);

story(
  "a link that has ended is read anew from its message",
  async ({ server, bob, channel, live }) => {
    const { host, connection } = await live();
    const post = server.say(bob, channel, "", { files: [file("cat.png", "meow")] });
    const event = await host.event("the picture", (it) => it.kind === "message" && it);
    const [part] = event.content.parts;
    assert(part?.kind === "media");
    const { locator } = part.media as { locator: { kind: "attachment"; id: string; url: string } };
    const old = {
      ...part.media,
      locator: { ...locator, url: locator.url.replace(/ex=\w+/, "ex=1") },
    };
    assert.equal(await read(connection, old), "meow");
    server.remove(post);
    const failed: unknown = await connection.open?.(old, signal()).catch((error: unknown) => error);
    assert(
      failed instanceof BridgeError && (failed.code === "not_found" || failed.code === "gone"),
    );
  },
);

story("a host of Discord's leads to no other host", async ({ server, live }) => {
  const { connection } = await live();
  const asked: (string | undefined)[] = [];
  const elsewhere = createServer(({ url }, response) => {
    asked.push(url);
    response.end("inside");
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  const place = elsewhere.address();
  assert(typeof place === "object" && place !== null);
  const location = `http://127.0.0.1:${place.port}/latest/meta-data`;
  try {
    server.refuse(/^GET \/attachments\//, 302, {}, 1, { location });
    const media = {
      locator: { kind: "attachment", id: "1", url: `${server.base}/attachments/1/2/x` },
    };
    await assert.rejects(Promise.resolve(connection.open?.(media, signal())), BridgeError);
  } finally {
    elsewhere.close();
  }
  assert.deepEqual(asked, []);
});

story("files are fetched from Discord's hosts only", async ({ server, live }) => {
  const { connection } = await live();
  const before = server.calls.length;
  for (const url of [
    "https://evil.example.com/attachments/1/2/x",
    `${server.base.replace("127.0.0.1", "localhost")}/attachments/1/2/x`,
    `${server.base}@evil.example.com/x`,
    "file:///etc/passwd",
    "http://169.254.169.254/latest",
    "not a link",
  ]) {
    const media = { locator: { kind: "attachment", id: "1", url } };
    const failed: unknown = await connection
      .open?.(media, signal())
      .catch((error: unknown) => error);
    assert(failed instanceof BridgeError && failed.code === "forbidden", url);
  }
  for (const locator of [
    null,
    1,
    "x",
    {},
    { kind: "file" },
    { kind: "emoji", id: "../x" },
    { kind: "file", path: "//evil.example.com/x" },
  ]) {
    const failed: unknown = await connection
      .open?.({ locator }, signal())
      .catch((error: unknown) => error);
    assert(failed instanceof BridgeError, JSON.stringify(locator));
  }
  assert.equal(server.calls.length, before);
});

story("files go out by the bot and by webhook, with caption and length", async (fixture) => {
  const { server, channel, chat, files, live } = fixture;
  const { connection } = await live();
  files.set("cat", Buffer.from("meow"));
  const media: MediaRef = { locator: "cat", name: 'c"at\r\n.png', mime: "image/png", size: 4 };
  const part = {
    id: firstPart,
    kind: "media",
    as: "image",
    media,
    caption: fromPlain("my *cat*"),
    spoiler: true,
  } as const;
  await sent(connection, chat, part, self);
  await sent(connection, chat, part, ana);
  const [own, relayed] = server.messages(channel);
  for (const message of [own, relayed]) {
    assert.equal(message?.content, String.raw`my \*cat\*`);
    assert.equal(message?.attachments[0]?.["size"], 4);
    assert.match(String(message?.attachments[0]?.["filename"]), /^SPOILER_c_at__\.png$/);
  }
  assert.equal(relayed?.author.username, "Ana");
  const calls = server.calls.filter((call) => call.files.length > 0);
  assert.equal(calls.length, 2);
  for (const call of calls) assert.match(call.contentLength ?? "", /^\d+$/);
});

story("a voice message goes out as one", async ({ server, channel, chat, files, live }) => {
  const { connection } = await live();
  files.set("beep", Buffer.from("beep"));
  const media: MediaRef = { locator: "beep", mime: "audio/ogg", duration: 2500 };
  const part = {
    id: firstPart,
    kind: "media",
    as: "voice",
    media,
    waveform: [0, 512, 1024],
  } as const;
  await sent(connection, chat, part, self);
  const [message] = server.messages(channel);
  assert.equal(message?.flags, 8192);
  assert.equal(message?.attachments[0]?.["duration_secs"], 2.5);
  assert.equal(
    message?.attachments[0]?.["waveform"],
    Buffer.from([0, 128, 255]).toString("base64"),
  );
});

test("a sticker is fetched where Discord has those of its kind", () => {
  const parsed = discord.config.parse({});
  assert.ok(parsed.ok);
  const from = (format: number): string | undefined => {
    const part = stickerPart({ id: "749054660769218631", name: "wave", format_type: format });
    const locator = part.kind === "media" ? locatorIn(part.media.locator) : undefined;
    return locator && addressOf(picturesOf(parsed.value), locator);
  };
  const png = "https://cdn.discordapp.com/stickers/749054660769218631.png";
  assert.deepEqual([1, 2].map(from), [png, png]);
  assert.equal(from(4), "https://media.discordapp.net/stickers/749054660769218631.gif");
});
