import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, firstPart } from "../../adapter/index.ts";
import type { ChatFeatures, MediaRef, Part } from "../../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../../matrix/types.ts";
import { toPlain } from "../../richtext/index.ts";
import { ana, openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { refusal } from "../../testing/scripted-homeserver.ts";
import { loginOf, scriptedInfo, ScriptedNetwork } from "../../testing/scripted-network.ts";

const publicAddress = "https://box.test";
const mxc = "mxc://hs.test/cat";
const limits = { max: 1000, caption: 40 };

const picture = (content: JsonObject = {}): JsonObject => ({
  msgtype: "m.image",
  body: "cat.png",
  url: mxc,
  info: { mimetype: "image/png", size: 300, w: 4, h: 3 },
  ...content,
});

interface Opened extends Scene {
  shows(content?: JsonObject, type?: string): Promise<MatrixEvent>;
  parts(): readonly Part[];
}

const open = async (
  t: TestContext,
  {
    features = {},
    native = false,
    reachable = true,
  }: {
    features?: Partial<ChatFeatures>;
    native?: boolean;
    reachable?: boolean;
  } = {},
): Promise<Opened> => {
  const network = new ScriptedNetwork({ standing: [loginOf("relay", "relay")] });
  const settings = reachable ? { publicAddress } : {};
  const scene = await openEngine(t, { network, settings });
  const portal = await scene.plumb();
  const all = { parts: ["media"], media: { image: limits, file: limits, audio: limits } } as const;
  const relay = { text: "prefix", media: native ? "native" : "prefix" } as const;
  const info = {
    ...scriptedInfo,
    features: { ...scriptedInfo.features, ...all, relay, ...features },
  };
  await scene.store.commit((tx) => scene.engine.works.portals.update(tx, portal, { info }));
  scene.engine.works.portals.forget(portal);
  scene.homeserver.files.set(mxc, { bytes: "x".repeat(300), mime: "image/png", name: undefined });
  return {
    ...scene,
    shows: async (content = {}, type = "m.room.message") => {
      const room_id = portal.room ?? "";
      const event = scene.homeserver.event({
        room_id,
        type,
        sender: ana,
        content: picture(content),
      });
      await scene.push(event);
      await scene.idle();
      return event;
    },
    parts: () => network.sent.map(({ order }) => order.draft.body as unknown as Part),
  };
};

const plainOf = (part: Part | undefined): string =>
  part?.kind === "text" ? toPlain(part.text) : `no text: ${JSON.stringify(part)}`;

test("a picture goes as a picture, with what is known of it and who sent it", async (t) => {
  const scene = await open(t);
  await scene.shows({
    filename: "cat.png",
    body: "look",
    info: {
      mimetype: "image/png",
      size: 300,
      w: 4.4,
      h: -1,
      duration: "long",
      thumbnail_url: "mxc://hs.test/small",
      thumbnail_info: { mimetype: "image/jpeg", w: 2, h: 1 },
    },
    "page.codeberg.everypizza.msc4193.spoiler": true,
  });
  const [part] = scene.parts();
  assert.ok(part?.kind === "media");
  assert.equal(toPlain(part.caption ?? []), "@ana:hs.test: look");
  assert.deepEqual(
    { ...part, caption: undefined },
    {
      id: firstPart,
      kind: "media",
      as: "image",
      spoiler: true,
      caption: undefined,
      media: {
        locator: { mxc, most: 1000 },
        name: "cat.png",
        mime: "image/png",
        size: 300,
        width: 4,
        thumbnail: {
          locator: { mxc: "mxc://hs.test/small" },
          mime: "image/jpeg",
          width: 2,
          height: 1,
        },
      },
    },
  );
  const [draft] = scene.network.sent.map(({ order }) => order.draft);
  assert.deepEqual(draft?.media?.[0], part.media);
});

test("a relayed file without words says what its sender did, unless the network shows who", async (t) => {
  const scene = await open(t);
  await scene.shows();
  const [part] = scene.parts();
  assert.ok(part?.kind === "media");
  assert.equal(toPlain(part.caption ?? []), "@ana:hs.test: sent a picture");
  const native = await open(t, { native: true });
  await native.shows();
  const [bare] = native.parts();
  assert.ok(bare?.kind === "media" && bare.caption === undefined);
});

test("every kind is known, and goes as the nearest that the chat takes", async (t) => {
  const every = Object.fromEntries(
    ["image", "video", "audio", "file", "sticker", "gif", "voice", "round"].map((as) => [
      as,
      limits,
    ]),
  );
  const film = { mimetype: "video/mp4" };
  const voice = { "org.matrix.msc3245.voice": {} };
  const rows: readonly [JsonObject, string, string, string | undefined][] = [
    [{}, "image", "image", "m.room.message"],
    [{ info: { mimetype: "image/gif" } }, "gif", "image", "m.room.message"],
    [{ msgtype: "m.video", info: film }, "video", "file", "m.room.message"],
    [{ msgtype: "m.video", info: { ...film, "fi.mau.gif": true } }, "gif", "file", undefined],
    [
      { msgtype: "m.video", info: { ...film, "fi.mau.round_video": true } },
      "round",
      "file",
      undefined,
    ],
    [{ msgtype: "m.audio" }, "audio", "audio", undefined],
    [{ msgtype: "m.audio", ...voice }, "voice", "audio", undefined],
    [{ msgtype: "m.file" }, "file", "file", undefined],
    [{}, "sticker", "image", "m.sticker"],
  ];
  const all = await open(t, { features: { media: every } });
  const some = await open(t);
  for (const [content, as, instead, type] of rows) {
    for (const [scene, wanted] of [
      [all, as],
      [some, instead],
    ] as const) {
      await scene.shows(content, type ?? "m.room.message");
      const part = scene.parts().at(-1);
      assert.ok(part?.kind === "media");
      assert.equal(part.as, wanted, JSON.stringify(content));
    }
  }
});

test("a voice message keeps how loud it is, within bounds", async (t) => {
  const scene = await open(t, { features: { media: { voice: limits } } });
  await scene.shows({
    msgtype: "m.audio",
    "org.matrix.msc3245.voice": {},
    "org.matrix.msc1767.audio": { waveform: [0, 5000, -3, "x", 7.6] },
    info: { duration: 1500 },
  });
  const [part] = scene.parts();
  assert.ok(part?.kind === "media");
  assert.deepEqual(part.waveform, [0, 1024, 0, 8]);
  assert.equal(part.media.duration, 1500);
});

test("a caption that is longer than the chat takes follows the file", async (t) => {
  const scene = await open(t, { native: true });
  const body = "words ".repeat(20).trim();
  await scene.shows({ filename: "cat.png", body });
  const [file, text] = scene.parts();
  assert.ok(file?.kind === "media" && file.caption === undefined);
  assert.equal(plainOf(text), body);
});

test("a file larger than the chat takes is not fetched, and its sender is told", async (t) => {
  const scene = await open(t);
  const event = await scene.shows({ info: { size: 4096 } });
  const outcome = (await scene.store.read.outcomes.recent(10)).find(
    (one) => one.origin === event.event_id,
  );
  assert.equal(outcome?.state, "not_bridged");
  assert.equal(outcome.code, "too_large");
  assert.match(outcome.sentence ?? "", /it is 4 KiB, and that chat takes files up to 1000 bytes/);
  assert.equal(scene.homeserver.count("media"), 0);
  assert.deepEqual(scene.parts(), []);
});

test("where a chat takes no such file, a link stands for it, or its name and the reason", async (t) => {
  const scene = await open(t, { features: { parts: [] } });
  await scene.shows({ filename: "cat.png", body: "look" });
  const said = plainOf(scene.parts()[0]);
  const [, path] =
    /cat\.png \(image, 300 bytes\): https:\/\/box\.test(\/media\/\S+)\n>\n> look/.exec(said) ?? [];
  assert.ok(path, said);
  assert.equal(scene.engine.works.links.read(path, scene.clock.now())?.mxc, mxc);
  const closed = await open(t, { features: { parts: [] }, reachable: false });
  await closed.shows();
  assert.match(
    plainOf(closed.parts()[0]),
    /\[image: cat\.png – files are not passed on here, and the bridge has no public address/,
  );
});

test("what is no file of Matrix, or is locked, is never asked for", async (t) => {
  const scene = await open(t);
  for (const url of ["https://evil.test/x", "mxc://../x", "mxc://hs.test/..", 5])
    await scene.shows({ url });
  assert.deepEqual(scene.parts(), []);
  const { url: _, ...locked } = picture({ file: { url: mxc, key: {} } });
  const event = scene.homeserver.event({
    room_id: "!lobby:hs.test",
    type: "m.room.message",
    sender: ana,
    content: locked,
  });
  await scene.push(event);
  await scene.idle();
  assert.match(plainOf(scene.parts()[0]), /it is encrypted, which cannot be read yet/);
  assert.equal(scene.homeserver.count("media"), 0);
});

const ref = (more: Partial<MediaRef> = {}): MediaRef => ({ locator: { mxc }, ...more });
const signal = AbortSignal.timeout(5000);

test("an adapter gets the bytes, or an error that says why not", async (t) => {
  const scene = await open(t);
  const { media } = scene.network.session();
  const file = await media.open(ref({ mime: "text/html; charset=x" }), signal);
  assert.deepEqual([file.size, file.mime, file.name], [300, "text/html", "file"]);
  assert.equal((await new Response(file.body).text()).length, 300);
  const codeOf = async (at: MediaRef): Promise<string> =>
    media.open(at, signal).then(
      () => "opened",
      (error: unknown) => (error instanceof BridgeError ? error.code : String(error)),
    );
  assert.equal(await codeOf(ref({ locator: { mxc, most: 299 } })), "too_large");
  assert.equal(await codeOf(ref({ locator: { mxc: "mxc://hs.test/none" } })), "gone");
  for (const locator of [
    null,
    1,
    "mxc://hs.test/cat",
    { mxc: "mxc://hs.test/../../x" },
    { url: mxc },
  ])
    assert.equal(await codeOf(ref({ locator })), "invalid");
  scene.homeserver.before = () => {
    throw refusal("M_UNKNOWN", 502);
  };
  assert.equal(await codeOf(ref()), "network");
});

test("a file that is longer than it says ends in an error", async (t) => {
  const scene = await open(t);
  const { media } = scene.homeserver;
  const honest = media.get.bind(media);
  Object.assign(media, {
    get: async (...args: Parameters<typeof honest>) => ({
      ...(await honest(...args)),
      size: undefined,
    }),
  });
  const file = await scene.network
    .session()
    .media.open(ref({ locator: { mxc, most: 299 } }), signal);
  await assert.rejects(new Response(file.body).text());
});

test("links last as long as they are asked to, and one day's are equal", async (t) => {
  const scene = await open(t);
  const { media } = scene.network.session();
  const hour = 3_600_000;
  const read = (url: string | undefined, after: number) =>
    scene.engine.works.links.read(
      (url ?? "").slice(publicAddress.length),
      scene.clock.now() + after,
    );
  const short = media.publicUrl(ref({ name: "a.png" }), hour);
  assert.equal(read(short, hour - 1)?.name, "a.png");
  assert.equal(read(short, hour), undefined);
  const week = media.publicUrl(ref(), 7 * 24 * hour);
  scene.clock.advance(1);
  assert.equal(media.publicUrl(ref(), 7 * 24 * hour), week);
  assert.ok(read(week, 7 * 24 * hour - 1));
  assert.equal(media.publicUrl({ locator: "theirs" }, hour), undefined);
});

test("a text becomes a file with a link, or says why not yet", async (t) => {
  const scene = await open(t);
  const { media } = scene.network.session();
  assert.equal(media.links, true);
  const kept = await media.keep("ünï\n\ncode", "text.txt", signal);
  assert.deepEqual([kept.name, kept.mime, kept.size], ["text.txt", "text/plain", 11]);
  const url = media.publicUrl(kept, 3_600_000) ?? "";
  const link = scene.engine.works.links.read(url.slice(publicAddress.length), scene.clock.now());
  const read = await media.open({ locator: { mxc: link?.mxc ?? "" } }, signal);
  assert.equal(await new Response(read.body).text(), "ünï\n\ncode");
  const refusing = async (status: number) => {
    scene.homeserver.before = () => {
      throw refusal("M_UNKNOWN", status);
    };
    const failed = await media.keep("x", "x.txt", signal).catch((error: unknown) => error);
    assert.ok(failed instanceof BridgeError);
    return [failed.code, failed.reached];
  };
  assert.deepEqual(await refusing(502), ["network", "no"]);
  assert.deepEqual(await refusing(413), ["too_large", "no"]);
});

test("who is relayed has a picture that the network may fetch", async (t) => {
  const scene = await open(t);
  scene.homeserver.state.set(`!lobby:hs.test m.room.member ${ana}`, {
    membership: "join",
    displayname: "Ana",
    avatar_url: "mxc://hs.test/ana",
  });
  await scene.anaSays("hi");
  await scene.idle();
  const [sent] = scene.network.sent;
  assert.ok(sent?.order.speaker.as === "relay");
  const url = sent.order.speaker.avatarUrl ?? "";
  const link = scene.engine.works.links.read(url.slice(publicAddress.length), scene.clock.now());
  assert.equal(link?.mxc, "mxc://hs.test/ana");
});
