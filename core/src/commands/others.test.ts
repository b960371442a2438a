import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../adapter/index.ts";
import { ana } from "../testing/engine-fixture.ts";
import { lobby, loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { logIn } from "../testing/log-in.ts";
import { openTalk } from "../testing/talk-scene.ts";

const room = "!crowd:hs.test";
const bob = "@bob:hs.test";

test("nothing that is for one person alone is said or asked where others read along", async (t) => {
  const network = new ScriptedNetwork();
  let begun = 0;
  network.logins = {
    code: {
      label: "Code",
      gives: "all",
      run: async (ui) => {
        begun += 1;
        await ui.ask([{ key: "code", label: "Code", type: "code" }]);
        return [loginOf("x", "user")];
      },
    },
  };
  network.more = {
    resolve: (name) => Promise.resolve({ name, user: loginOf(name).user }),
    search: () => Promise.resolve([{ name: "Carl", user: loginOf("carl").user }]),
  };
  const scene = await openTalk(t, { network });
  await logIn(scene, "anas");
  const { homeserver } = scene;
  homeserver.makeRoom(room, [ana, bob, homeserver.bot]);
  for (const line of [
    "login net code",
    "relogin net:anas code",
    "link net",
    "link",
    "confirm ABCDEF",
    "unlink net",
    "login-matrix",
    "login-matrix syt_secret",
    "search net carl",
    "resolve-identifier net carl",
    "delete-all-portals",
    "list-logins",
  ]) {
    const answer = await scene.ask(`!bridgebox ${line}`, { room });
    assert.match(answer, /where others read along|where nobody reads along/, line);
    assert.doesNotMatch(answer, /carl|anas|syt_secret/i, line);
  }
  assert.equal(begun, 0);
  for (const line of ["status", "ping"])
    assert.doesNotMatch(await scene.ask(`!bridgebox ${line}`, { room }), /anas/, line);
});

test("who may not change a room's settings does not change how it is bridged, whatever they say", async (t) => {
  const permits = (_who: string, what: string): boolean => what !== "admin";
  const scene = await openTalk(t, { settings: { permits } });
  const portal = await scene.plumb("!lobby:hs.test");
  const place = { room: "!lobby:hs.test", sender: bob };
  for (const command of [
    "bridge net lobby",
    "unbridge",
    "set-relay net",
    "set-relay net relay",
    "unset-relay",
    "delete-portal",
    "mute",
    "unmute",
  ])
    assert.match(await scene.ask(`!bridgebox ${command}`, place), /you need the power/, command);
  await scene.idle();
  const now = await scene.store.read.portals.get(portal.id);
  assert.deepEqual([now?.room, now?.dead, now?.relay], [place.room, false, portal.relay]);
});

test("somebody else's login finds and enters nothing for whoever asks", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  const asked: string[] = [];
  network.logins = {
    code: { label: "Code", gives: "all", run: () => Promise.resolve([loginOf("x", "user")]) },
  };
  network.more = {
    resolve: (name) => {
      asked.push(name);
      return Promise.resolve({ name, chat: lobby });
    },
    search: (text) => {
      asked.push(text);
      return Promise.resolve([]);
    },
  };
  const scene = await openTalk(t, { network });
  await logIn(scene, "bobs", { owner: bob });
  for (const line of ["join net lobby", "pm net carl", "search net carl", "resolve net carl"])
    assert.match(await scene.ask(line), /no login of net that you may use|not logged in/, line);
  for (const line of ["logout net:bobs", "relogin net:bobs", "mute net:bobs"])
    assert.match(await scene.ask(line), /no login of that name|not logged in|not bridged/, line);
  const portal = await scene.plumb("!lobby:hs.test");
  for (const name of ["bobs", "net:bobs"])
    assert.match(
      await scene.ask(`!bridgebox set-relay net ${name}`, { room: "!lobby:hs.test" }),
      /No relay was set for net: there is no login .* that you may use\. Log in there first/,
    );
  assert.equal((await scene.store.read.portals.get(portal.id))?.relay, portal.relay);
  assert.deepEqual(asked, []);
  assert.equal(network.closes, 0);
});

test("a message is sent again for nobody but who said it or who may change the room", async (t) => {
  const permits = (_who: string, what: string): boolean => what !== "admin";
  const scene = await openTalk(t, { settings: { permits } });
  await scene.plumb("!lobby:hs.test");
  const { network } = scene;
  network.send = () =>
    Promise.reject(new BridgeError("forbidden", "No.", { reached: "no", scope: "item" }));
  const { event_id: event } = await scene.anaSays("hello");
  await scene.idle();
  const place = { room: "!lobby:hs.test", sender: bob };
  for (const word of ["retry", "it-arrived"])
    assert.match(
      await scene.ask(`!bridgebox ${word} ${event}`, place),
      /only whoever said it/,
      word,
    );
  const bobs = scene.homeserver.makeRoom("!bobs:hs.test", [bob, scene.homeserver.bot]);
  assert.match(await scene.ask(`retry ${event}`, { room: bobs, sender: bob }), /only whoever/);
  assert.equal(network.sent.length, 1);
});
