import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { BridgeError } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { Api } from "./api/tl.ts";
import { heardMedia, read } from "./testing/files.ts";
import { connectedAgain } from "./testing/heard.ts";
import { png } from "./testing/pictures.ts";
import { openFixture, openServer, type Fixture } from "./testing/world.ts";

let world: Fixture;
const megabyte = 1_048_576;

before(async () => {
  world = await openFixture(await openServer(false, [4]));
});

after(async () => {
  await world.close();
  await world.server.close();
});

test("a photo comes with caption, size and spoiler; its key is read anew when it has run out", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Pictures", [bob, alice]);
  const me = await goLive(alice);
  const picture = png(400, 300);
  const post = server.say(bob, group, "look", {
    media: server.studio.photo(picture, { spoiler: true }),
  });
  const photo = await heardMedia(me, server.idOf(post, alice));
  assert.equal(photo.as, "image");
  assert.equal(photo.spoiler, true);
  assert.deepEqual(photo.caption, fromPlain("look"));
  const { width, height, size, mime } = photo.media;
  assert.deepEqual([width, height, size, mime], [400, 300, picture.length, "image/jpeg"]);
  assert.ok(photo.media.thumbnail);
  assert.deepEqual(await read(me, photo.media), picture);
  server.files.expire();
  const stored = structuredClone(photo.media);
  assert.deepEqual(await read(me, stored), picture);
  server.files.expire();
  server.remove(post);
  await assert.rejects(
    read(me, photo.media),
    (error) =>
      error instanceof BridgeError && error.code === "gone" && /deleted/.test(error.message),
  );
});

test("a file of many parts comes whole, also out of another data centre and over a cut", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Files", [bob, alice]);
  const me = await goLive(alice);
  const bytes = randomBytes(2 * megabyte + 12_345);
  const attributes = [new Api.DocumentAttributeFilename({ fileName: "a.bin" })];
  const media = server.studio.document(bytes, { mime: "x/y", attributes, dc: 4 });
  const post = server.say(bob, group, "", { media });
  const file = await heardMedia(me, server.idOf(post, alice));
  assert.deepEqual([file.as, file.media.name, file.caption], ["file", "a.bin", undefined]);
  const stream = await me.connection.open?.(file.media, AbortSignal.timeout(30_000));
  assert.ok(stream);
  assert.equal(stream.size, bytes.length);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.body) {
    chunks.push(chunk);
    if (chunks.length === 2) server.dropConnections();
  }
  assert.ok(Buffer.concat(chunks).equals(bytes));
  const again = await me.connection.open?.(file.media, AbortSignal.timeout(30_000));
  await again?.body.cancel();
});

test("an album comes as its items, each with the number of the album", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const posts = [1, 2].map((each) =>
    server.say(bob, alice, `item ${each}`, { album: 77n, media: server.studio.photo(png(9, 9)) }),
  );
  for (const post of posts) {
    const id = String(server.idOf(post, alice));
    const event = await me.core.until(() =>
      me.core.of("message").find((each) => each.id === id && each.chat.receiver !== undefined),
    );
    assert.equal(event.content.album, "77");
  }
});

test("people and groups have pictures, and a new one is told", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addGroup("Painted", [bob, alice]);
  const me = await goLive(alice);
  server.people.setPhoto(bob, png(12, 12));
  server.say(bob, group, "see my face");
  const user = await me.core.until(() =>
    me.core.of("user").findLast((each) => each.user === String(bob.id) && each.info.avatar),
  );
  assert.ok(user.info.avatar);
  assert.deepEqual(await read(me, user.info.avatar), png(12, 12));
  server.people.setPhoto(group, png(13, 13));
  const chat = await me.core.until(() => me.core.of("chat").find(({ info }) => info.avatar));
  assert.ok(chat.info.avatar);
  assert.deepEqual(await read(me, chat.info.avatar), png(13, 13));
});

test("another data centre that forgets or refuses this login does not end it", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Far away", [bob, alice]);
  const me = await goLive(alice);
  const bytes = randomBytes(300_000);
  const attributes = [new Api.DocumentAttributeFilename({ fileName: "b.bin" })];
  const media = server.studio.document(bytes, { mime: "x/y", attributes, dc: 4 });
  const file = await heardMedia(me, server.idOf(server.say(bob, group, "", { media }), alice));
  assert.ok((await read(me, file.media)).equals(bytes));
  const shown = () => server.calls.filter(({ name }) => name === "auth.ImportAuthorization").length;
  const before = shown();
  server.forgetExports(alice);
  const both = await Promise.all([read(me, file.media), read(me, file.media)]);
  assert.ok(both.every((each) => each.equals(bytes)));
  assert.ok(shown() > before, "it was shown anew who we are");
  const last = shown();
  assert.ok((await read(me, file.media)).equals(bytes));
  assert.equal(shown(), last, "and it is remembered");
  for (const cut of [false, true]) {
    server.forgetExports(alice, "key");
    const connected = me.core.states.length;
    if (cut) {
      server.dropConnections();
      await connectedAgain(me, connected);
    }
    assert.ok((await read(me, file.media)).equals(bytes));
  }
  const states = me.core.states.length;
  server.fail("upload.GetFile", { code: 401, message: "AUTH_KEY_UNREGISTERED" }, 4);
  await assert.rejects(
    read(me, file.media),
    (error) =>
      error instanceof BridgeError &&
      error.code === "network" &&
      error.scope === "item" &&
      /data centre 4/.test(error.message),
  );
  assert.ok((await read(me, file.media)).equals(bytes));
  assert.equal(me.core.states.length, states, "the login stays as it is");
  assert.ok(me.core.states.every(({ state }) => state !== "needs-login"));
});

test("a login that is over is over also where a file is asked for in another data centre", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Too far", [bob, alice]);
  const me = await goLive(alice);
  const media = server.studio.document(randomBytes(10), { mime: "x/y", attributes: [], dc: 4 });
  const file = await heardMedia(me, server.idOf(server.say(bob, group, "", { media }), alice));
  server.fail("auth.ExportAuthorization", { code: 401, message: "SESSION_REVOKED" });
  await assert.rejects(
    read(me, file.media),
    (error) => error instanceof BridgeError && error.code === "auth" && error.scope === "login",
  );
  await me.core.until(() => me.core.states.at(-1)?.state === "needs-login");
});
