import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, userId } from "../adapter/index.ts";
import type { ChatRef, MediaRef, MediaStream, RemoteEvent } from "../adapter/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

const bob = "@net_bob:hs.test";
const face = (locator: number): MediaRef => ({ locator, mime: "image/png" });

const profile = (user: string, avatar?: MediaRef | null): RemoteEvent => ({
  kind: "user",
  user: userId(user),
  info: { name: user, ...(avatar === undefined ? {} : { avatar }) },
  at: 1,
});

const open = async (
  t: TestContext,
  give: () => Promise<MediaStream> = () =>
    Promise.resolve({ body: new Blob(["face"]).stream(), size: 4 }),
): Promise<Scene & { readonly opens: () => number }> => {
  const network = new ScriptedNetwork();
  let opens = 0;
  network.more = {
    open: () => {
      opens += 1;
      return give();
    },
    describe: () => Promise.resolve({ ...scriptedInfo, avatar: face(9) }),
  };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  return { ...scene, opens: () => opens };
};

test("a ghost gets its picture once it is there, each file once, and loses it again", async (t) => {
  const scene = await open(t);
  await scene.network.accept([profile("bob", face(1)), profile("eve", face(1))]);
  await scene.idle();
  assert.equal(scene.opens(), 0, "nobody has seen them yet");
  await scene.network.accept([saying("bob", "hi")]);
  await scene.idle();
  assert.equal(scene.homeserver.avatars.get(bob), "mxc://hs.test/m1");
  await scene.network.accept([saying("eve", "hi")]);
  await scene.idle();
  assert.equal(scene.homeserver.avatars.get("@net_eve:hs.test"), "mxc://hs.test/m1");
  assert.equal(scene.opens(), 1);
  await scene.network.accept([profile("bob", face(2))]);
  await scene.idle();
  assert.equal(scene.homeserver.avatars.get(bob), "mxc://hs.test/m2");
  await scene.network.accept([profile("bob", face(1))]);
  await scene.idle();
  assert.equal(scene.homeserver.avatars.get(bob), "mxc://hs.test/m1");
  assert.equal(scene.opens(), 2, "a picture that was there before is not uploaded again");
  await scene.network.accept([profile("bob", null)]);
  await scene.idle();
  assert.equal(scene.homeserver.avatars.get(bob), "");
});

test("a picture that changes while it is being shown is the last one", async (t) => {
  const scene = await open(t);
  await scene.network.accept([profile("bob"), saying("bob", "hi")]);
  await scene.idle();
  const hold = Promise.withResolvers<void>();
  scene.homeserver.before = ({ op }) => (op === "setAvatar" ? hold.promise : undefined);
  await scene.network.accept([profile("bob", face(1))]);
  await until("it is being shown", () => scene.homeserver.count("setAvatar") === 1);
  await scene.network.accept([profile("bob", face(2))]);
  hold.resolve();
  await scene.idle();
  assert.equal(scene.homeserver.avatars.get(bob), "mxc://hs.test/m2");
});

test("a picture that cannot be had holds up no message and is given up", async (t) => {
  const away = new BridgeError("network", "away.", { reached: "no", scope: "item" });
  const scene = await open(t, () => Promise.reject(away));
  await scene.network.accept([profile("bob", face(1)), saying("bob", "hi")]);
  await until("the message is there", () => scene.homeserver.count("send") === 1);
  await until("it is given up", async () => {
    scene.clock.advance(30_000);
    return (await scene.store.read.items.depth()).length === 0;
  });
  assert.equal(scene.homeserver.avatars.size, 0);
});

test("a room has the chat's picture, unless people made the room", async (t) => {
  const scene = await open(t);
  const chat: ChatRef = { id: chatId("den") };
  const { portals, rooms } = scene.engine.works;
  const portal = await portals.ensure(net, chat, "remote");
  const room = await rooms.ensure(portal.id);
  await scene.idle();
  const picture = (at: string) => scene.homeserver.state.get(`${at} m.room.avatar `)?.["url"];
  assert.equal(picture(room), "mxc://hs.test/m1");
  const changed = (at: ChatRef): RemoteEvent => ({
    kind: "chat",
    chat: at,
    at: 2,
    info: { avatar: face(3) },
  });
  await scene.network.accept([changed(chat), changed({ id: chatId("lobby") })]);
  await scene.idle();
  assert.equal(picture(room), "mxc://hs.test/m2");
  assert.equal(picture("!lobby:hs.test"), undefined);
});
