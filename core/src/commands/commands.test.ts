import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, loginId } from "../adapter/index.ts";
import { keep } from "../engine/given.ts";
import { textAt } from "../matrix/parse.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { openTalk, talkRoom } from "../testing/talk-scene.ts";
import { sections } from "./command.ts";
import { commands } from "./table.ts";

const names = commands.flatMap(({ name, also = [] }) => [name, ...also]);

test("every command is known by one name only, and stands in a section", () => {
  assert.equal(new Set(names).size, names.length, names.join(" "));
  for (const { name, section, says } of commands) {
    assert.match(name, /^[a-z-]+$/);
    assert.ok(section in sections, name);
    assert.doesNotMatch(says, /[.!]$/, `${name}: a sentence without its end`);
  }
});

test("a key that was typed behind the name of a chat is not said again", async (t) => {
  const network = new ScriptedNetwork();
  const chat = { id: chatId("#staff") };
  network.more = { resolve: () => Promise.resolve({ name: "#staff", chat }) };
  const { ask, homeserver } = await openTalk(t, { network });
  assert.equal(await ask("join net #staff sesame"), "You are invited to the room of net #staff.");
  const other = "!other:hs.test";
  homeserver.makeRoom(other, [ana, homeserver.bot, "@bob:hs.test"]);
  homeserver.state.set(`${other} m.room.power_levels `, { users: { [ana]: 100 } });
  const said = await ask("!bridgebox bridge net #staff sesame", { room: other });
  assert.match(said, /^#staff was not bridged to this room: it has a room already/);
});

test("the help stands in sections, and has for each person what they may use", async (t) => {
  let level = 2;
  const levels = ["relay", "commands", "user", "admin"];
  const scene = await openTalk(t, {
    settings: { permits: (_who, what) => levels.indexOf(what) <= level },
  });
  const user = await scene.ask("help");
  assert.match(user, /^Your logins:\n {2}login /m);
  assert.match(user, /!net do the same|!net join <chat>/);
  assert.doesNotMatch(user, /^For admins:/m);
  for (const { name } of commands.filter(({ needs }) => needs === "admin"))
    assert.match(await scene.ask(name), /You may not use/, name);
  level = 1;
  const guest = await scene.ask("help");
  assert.doesNotMatch(guest, /^ {2}(?:login|bridge|join|pm) /m);
  assert.match(guest, /^ {2}status /m);
  for (const { name, needs } of commands) {
    if (needs === "commands") continue;
    assert.match(await scene.ask(name), /You may not use/, name);
  }
  level = 0;
  assert.match(await scene.ask("help"), /may not tell me/);
});

test("help tells more of one command, and finds it by what was meant", async (t) => {
  const scene = await openTalk(t);
  assert.match(await scene.ask("help pm"), /^pm <network> <person>[^]*Also: start-chat\./);
  assert.match(await scene.ask("help joni"), /Did you mean join\?/);
});

test("the help of login tells each way to log in that there is", async (t) => {
  const network = new ScriptedNetwork();
  const run = () => Promise.resolve([]);
  network.logins = { code: { label: "A code", gives: "Your chats.", run } };
  const { ask } = await openTalk(t, { network });
  assert.match(await ask("help login"), /\n {2}login net code – A code: Your chats\.$/);
});

test("a list that the bot says is one in HTML too, and what is none is plain", async (t) => {
  const { ask, homeserver } = await openTalk(t);
  await ask("help");
  const html = textAt(homeserver.events.at(-1)?.content ?? {}, "formatted_body") ?? "";
  assert.match(html, /<strong>Your logins:<\/strong><\/p><ul><li>/);
  assert.match(html, /<code>join &lt;network&gt; &lt;chat&gt;<\/code> – invites you/);
  await ask("cancel");
  assert.ok(!("formatted_body" in (homeserver.events.at(-1)?.content ?? {})));
});

test("what is not there is said of what was asked", async (t) => {
  const { ask } = await openTalk(t);
  for (const line of ["unbridge", "delete-portal", "sync-portal", "set-relay", "unset-relay"]) {
    assert.equal(await ask(line), "Nothing was done: this room is not bridged.", line);
    assert.equal(await ask(`${line} net`), "Nothing was done: this room is not bridged to net.");
  }
  for (const line of ["logout", "relogin", "mute"])
    assert.match(await ask(line), /^Nothing was done: you are not logged in anywhere\. /, line);
  assert.match(await ask("logout nobody"), /you have no login of that name/);
  assert.match(await ask("join nett lobby"), /there is no network nett here\. Did you mean net\?/);
  assert.match(await ask("join slack lobby"), /no network slack here\. There is only net\./);
});

test("where there is only one network, a chat needs no network before it", async (t) => {
  const network = new ScriptedNetwork();
  const chat = { id: chatId("#staff") };
  network.more = {
    resolve: (name) => Promise.resolve(name.startsWith("#") ? { name: "#staff", chat } : undefined),
  };
  const { ask, homeserver } = await openTalk(t, { network });
  for (const line of ["join #staff", "join NET #staff", "join #staff sesame"])
    assert.equal(await ask(line), "You are invited to the room of net #staff.", line);
  assert.equal(
    await ask("join staff"),
    "Nothing was done: net has no chat called staff. Did you mean #staff?",
  );
  assert.match(await ask("join net"), /^Tell me which chat/);
  const other = "!other:hs.test";
  homeserver.makeRoom(other, [ana, homeserver.bot, "@bob:hs.test"]);
  homeserver.state.set(`${other} m.room.power_levels `, { users: { [ana]: 100 } });
  assert.match(await ask("!bridgebox bridge #staff", { room: other }), /^#staff was not bridged/);
  assert.match(await ask("help"), /<network> may be left out/);
});

test("a network's own prefix names it, wherever others talk too", async (t) => {
  const scene = await openTalk(t);
  const { homeserver } = scene;
  await scene.plumb();
  const room = "!lobby:hs.test";
  assert.match(await scene.ask("!net id", { room }), /net lobby/);
  assert.match(await scene.ask("!bridgebox id", { room }), /net lobby/);
  assert.match(await scene.ask("!net join", { room }), /which chat/);
  assert.equal(await scene.ask("!nets id", { room }), "");
  homeserver.state.set(`${room} m.room.power_levels `, { users: { [ana]: 100 } });
  await scene.ask("!net unset-relay", { room });
  homeserver.makeRoom(talkRoom, [ana, homeserver.bot, "@eve:hs.test"]);
  assert.match(await scene.ask("!net id"), /is not bridged/);
  assert.equal((await scene.store.read.portals.ofNetwork(net))[0]?.relay, "off");
});

test("the secret of who may use no command is taken out of the room too", async (t) => {
  const scene = await openTalk(t, { settings: { permits: () => false } });
  assert.match(await scene.ask("login-matrix syt_YW5h_secret"), /may not tell me/);
  const { homeserver, said } = scene;
  assert.ok(homeserver.events.some(({ redacts }) => redacts === said()?.event_id));
});

test("a secret that nobody asked for is taken out of the room, and never repeated", async (t) => {
  const scene = await openTalk(t);
  const token = "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy";
  for (const line of [token, `login net token ${token}`, `login net ${token}`, `login ${token}`]) {
    const answer = await scene.ask(line);
    assert.match(answer, /took (?:that|your) line out/, line);
    assert.ok(!answer.includes("pdFZ"), answer);
    const redacted = scene.homeserver.events.some(
      ({ redacts }) => redacts === scene.said()?.event_id,
    );
    assert.ok(redacted, line);
  }
});

test("a token that is forgotten is so however often it is asked, and its session goes on", async (t) => {
  const scene = await openTalk(t);
  await scene.store.commit((tx) => keep(tx, ana, { token: "t", since: 1 }));
  assert.match(await scene.ask("logout-matrix"), /^I have forgotten .* The session .* goes on/);
  assert.match(
    await scene.ask("logout-matrix"),
    /^I have no access token .* The session .* goes on/,
  );
});

test("a login whose name is as long as a token is no secret of its owner's", async (t) => {
  const scene = await openTalk(t);
  const id = loginId("net:T0TEAM001-U0123456789ABC");
  const row = { ...loginOf("anna", "user"), id, network: net, owner: ana };
  await scene.store.commit((tx) => tx.logins.put({ ...row, accountVersion: 1, since: 1 }));
  assert.match(await scene.ask(`relogin ${id}`), /^Choose how:/);
  assert.match(await scene.ask(`relogin ${id}X`), /took your line out/);
});

test("in an encrypted room the bot says what to do", async (t) => {
  const scene = await openTalk(t);
  const { homeserver } = scene;
  const content = { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "x" };
  const event = { room_id: talkRoom, type: "m.room.encrypted", sender: ana, content };
  await scene.push(homeserver.event(event));
  await scene.idle();
  assert.match(
    homeserver.said(talkRoom).at(-1) ?? "",
    /without encryption: make one and invite me/,
  );
});
