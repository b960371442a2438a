import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, loginId } from "../adapter/index.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { loginOf } from "../testing/scripted-network.ts";
import { openTalk, talkRoom } from "../testing/talk-scene.ts";
import type { TalkScene } from "../testing/talk-scene.ts";
import { until } from "../testing/until.ts";

const bob = "@bob:hs.test";

const logIn = async ({ store, engine }: TalkScene, name: string, owner: string): Promise<void> => {
  const row = { ...loginOf(name, "user"), id: loginId(`net:${name}`), network: net, owner };
  const whole = { ...row, accountVersion: 1, since: 1 };
  await store.commit((tx) => tx.logins.put(whole));
  const live = engine.works.box.networks.get(net);
  assert.ok(live);
  const login = await engine.supervisor.add(live, whole);
  await until("it is connected", () => login.state === "connected");
};

test("status names somebody's own logins and the box's, and those of others to admins only", async (t) => {
  const scene = await openTalk(t, {
    settings: { permits: (who, what) => what !== "admin" || who === ana },
  });
  await logIn(scene, "bobs-secret-account", bob);
  assert.match(await scene.ask("status"), /^net: .*bobs-secret-account Connected/);
  const room = "!bobs:hs.test";
  scene.homeserver.makeRoom(room, [bob, scene.homeserver.bot]);
  assert.match(await scene.ask("status", { room, sender: bob }), /bobs-secret-account Connected/);
  const eve = "@eve:hs.test";
  const other = "!eves:hs.test";
  scene.homeserver.makeRoom(other, [eve, scene.homeserver.bot]);
  const said = await scene.ask("status", { room: other, sender: eve });
  assert.match(said, /^net: /);
  assert.doesNotMatch(said, /bobs/);
});

test("of many logins status names some, first those in trouble, and counts the others", async (t) => {
  const scene = await openTalk(t);
  for (let number = 0; number < 24; number += 1) await logIn(scene, `n${number}`, bob);
  const why = new BridgeError("auth", "The session has ended.", { reached: "no", scope: "login" });
  scene.network.session("net:n23").state("needs-login", why);
  const said = await scene.ask("status");
  assert.match(
    said,
    /^net: n23 Needs you – The session has ended\.; relay Connected; n0 Connected; /,
  );
  assert.match(said, /; n17 Connected; and 5 more Connected\n/);
});

test("what an admin asks where others read names nobody's login", async (t) => {
  const scene = await openTalk(t);
  scene.homeserver.makeRoom("!lobby:hs.test", [ana, scene.homeserver.bot, bob]);
  await scene.plumb();
  await logIn(scene, "bobs-secret-account", bob);
  const said = await scene.ask("!bridgebox status", { room: "!lobby:hs.test" });
  assert.doesNotMatch(said, /bobs/);
});

test("status counts what waits for each network, and not the question itself", async (t) => {
  const scene = await openTalk(t);
  await scene.plumb();
  assert.match(await scene.ask("status"), /\nNothing is waiting\.$/);
  scene.engine.works.box.networks.get(net)?.gate.close({ until: undefined, why: "It is away." });
  await scene.anaSays("one");
  await scene.anaSays("two");
  const { homeserver } = scene;
  const before = homeserver.said(talkRoom).length;
  const content = { msgtype: "m.text", body: "status" };
  await scene.push(
    homeserver.event({ room_id: talkRoom, type: "m.room.message", sender: ana, content }),
  );
  await until("it is answered", () => homeserver.said(talkRoom).length > before + 1);
  assert.equal(
    homeserver.said(talkRoom).at(-1),
    "net: Reconnecting – It is away.\n  2 wait to be sent there.",
  );
});
