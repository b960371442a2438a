import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Json } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { loginOf, saying, ScriptedNetwork } from "../testing/scripted-network.ts";

const room = "!lobby:hs.test";

const named = (network: ScriptedNetwork): readonly (string | undefined)[] =>
  network.sent.map(({ order }) => (order.speaker.as === "relay" ? order.speaker.name : undefined));

/** Whoever joins the room under that name, and says something there. */
const says = async (scene: Scene, mxid: string, name: string, text = "hello"): Promise<void> => {
  const { homeserver } = scene;
  homeserver.state.set(`${room} m.room.member ${mxid}`, { membership: "join", displayname: name });
  const content = { msgtype: "m.text", body: text };
  await scene.push(
    homeserver.event({ room_id: room, type: "m.room.message", sender: mxid, content }),
  );
  await scene.idle();
};

const taken: readonly (readonly [string, string])[] = [
  ["Bridge", "Bridge (@eve:hs.test)"],
  ["ВRIDGЕ", "ВRIDGЕ (@eve:hs.test)"],
  ["B\u200br\u202eidge", "Bridge (@eve:hs.test)"],
  ["relay", "relay (@eve:hs.test)"],
  ["bob", "bob (@eve:hs.test)"],
  ["b0b", "b0b (@eve:hs.test)"],
  ["Eve (@ana:hs.test)", "Eve (@ana:hs.test) (@eve:hs.test)"],
  ["", "@eve:hs.test"],
  ["Eve", "Eve"],
];
for (const [name, shown] of taken)
  test(`somebody relayed who calls themselves ${JSON.stringify(name)} is ${shown}`, async (t) => {
    const scene = await openEngine(t);
    await scene.plumb();
    await scene.network.accept([saying("bob", "here")]);
    await scene.echo();
    await says(scene, "@eve:hs.test", name);
    assert.deepEqual(named(scene.network), [shown]);
  });

test("who may not be relayed is not, and what they say is nobody else's", async (t) => {
  const permits = (who: string, what: string): boolean =>
    what !== "relay" || who !== "@eve:hs.test";
  const scene = await openEngine(t, { settings: { permits } });
  const portal = await scene.plumb();
  await says(scene, "@eve:hs.test", "Eve");
  assert.deepEqual(scene.network.sent, []);
  const event = scene.homeserver.events.find(({ sender }) => sender === "@eve:hs.test");
  assert.equal(await scene.outcome(event?.event_id ?? "", portal.id), "not_bridged");
});

test("two people of one name are told apart", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  await says(scene, "@eve:hs.test", "Sam");
  await says(scene, "@sam:hs.test", "Sam");
  await says(scene, "@eve:hs.test", "Sam");
  assert.deepEqual(named(scene.network), ["Sam", "Sam (@sam:hs.test)", "Sam (@eve:hs.test)"]);
});

const bodies = (network: ScriptedNetwork): readonly Json[] =>
  network.sent.map(({ order }) => order.draft.body);

test("a text of several lines stands under its speaker's name, whatever is in it", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  await says(scene, "@eve:hs.test", "Eve: or Carl", "one\nCarl: forged");
  const [body] = bodies(scene.network);
  const line = (text: string) => ({ t: "text", text });
  assert.deepEqual((body as { text: Json }).text, [
    { t: "para", of: [{ t: "bold", of: [line("Eve or Carl")] }, line(":")] },
    {
      t: "quote",
      of: [{ t: "para", of: [line("one"), { t: "break" }, line("Carl: forged")] }],
    },
  ]);
});

const relayOff = async (scene: Scene): Promise<void> => {
  const portal = await scene.plumb();
  const { portals } = scene.engine.works;
  await scene.store.commit((tx) => portals.update(tx, portal, { relay: "off" }));
};

test("where relaying is off nobody is relayed, and nobody is told of it", async (t) => {
  const scene = await openEngine(t, { networkSettings: { relayNote: true } });
  scene.network.logins = { code: loginWay };
  await relayOff(scene);
  const event = await scene.anaSays("into the void");
  await scene.idle();
  assert.equal(scene.network.sent.length, 0);
  assert.deepEqual(scene.homeserver.said(room), ["into the void"]);
  assert.equal(scene.homeserver.count("createRoom"), 0);
  const outcome = await scene.store.read.outcomes.recent(10);
  assert.deepEqual(
    outcome.map(({ origin, state }) => [origin, state]),
    [[event.event_id, "not_bridged"]],
  );
});

test("a network without a relay by its config has one where one was set", async (t) => {
  const scene = await openEngine(t, { networkSettings: { relay: "off" } });
  const portal = await scene.plumb();
  await scene.anaSays("not yet");
  await scene.idle();
  assert.equal(scene.network.sent.length, 0);
  const { portals } = scene.engine.works;
  const relay = loginOf("net:relay").id;
  await scene.store.commit((tx) => portals.update(tx, portal, { relay }));
  await scene.anaSays("now");
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
});

const loginWay = {
  label: "Code",
  gives: "a login",
  run: () => Promise.resolve([]),
};

const openNoted = async (t: TestContext, settings = {}): Promise<Scene> => {
  const network = new ScriptedNetwork();
  network.logins = { code: loginWay };
  const scene = await openEngine(t, { network, networkSettings: { relayNote: true }, settings });
  await scene.plumb();
  return scene;
};

const notes = ({ homeserver }: Scene): readonly string[] =>
  homeserver.events.flatMap(({ room_id, sender, content }) =>
    room_id !== room && sender === homeserver.bot ? [JSON.stringify(content["body"])] : [],
  );

test("whoever is relayed hears once how to log in, and nobody else does", async (t) => {
  const scene = await openNoted(t);
  await scene.anaSays("first");
  await scene.anaSays("second");
  await scene.network.accept([saying("bob", "hi")]);
  await scene.echo();
  await scene.anaSays("third");
  await scene.echo();
  assert.equal(notes(scene).length, 1);
  assert.match(notes(scene)[0] ?? "", /login net/);
  const [made] = scene.homeserver.calls.filter(({ op }) => op === "createRoom");
  assert.deepEqual(made?.what["invite"], [ana]);
});

test("the note goes to the room that the person has with the bot already", async (t) => {
  const scene = await openNoted(t);
  const { homeserver } = scene;
  const own = homeserver.makeRoom("!own:hs.test", [ana]);
  homeserver.members.get(own)?.set(homeserver.bot, "invite");
  const content = { membership: "invite", is_direct: true };
  const invitation = { room_id: own, type: "m.room.member", sender: ana, content };
  await scene.push(homeserver.event({ ...invitation, state_key: homeserver.bot }));
  await scene.idle();
  await scene.anaSays("first");
  await scene.echo();
  assert.equal(homeserver.count("createRoom"), 0);
  assert.equal(homeserver.said(own).filter((line) => line.includes("I say this once")).length, 1);
});

test("whoever may not log in is not told how to", async (t) => {
  const scene = await openNoted(t, { permits: (_: string, what: string) => what === "relay" });
  await scene.anaSays("first");
  await scene.echo();
  assert.equal(notes(scene).length, 0);
});

test("a crowd is not told at once", async (t) => {
  const scene = await openNoted(t);
  for (let person = 0; person < 40; person += 1)
    await says(scene, `@p${person}:hs.test`, `Person number ${person} x`);
  assert.equal(notes(scene).length, 30);
  scene.clock.advance(3_600_000);
  await says(scene, "@p39:hs.test", "Person number 39 x");
  assert.equal(notes(scene).length, 31);
});

test("what another bridge brings back of ours goes no further, either way", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  await says(scene, "@eve:hs.test", "Eve", "round and round");
  await scene.network.accept([saying("otherbot", "Eve: round and round")]);
  await scene.echo();
  assert.deepEqual(scene.homeserver.said(room), ["round and round"]);
  for (const text of ["Eve: round and round", "<relay> Eve: round and round"])
    await says(scene, "@_other_relay:hs.test", "relay", text);
  assert.equal(scene.network.sent.length, 1);
  const outcomes = await scene.store.read.outcomes.recent(10, "not_bridged");
  assert.equal(outcomes.filter((one) => one.portal === portal.id).length, 3);
  scene.clock.advance(60_001);
  await scene.network.accept([saying("bob", "Eve: round and round")]);
  await scene.echo();
  assert.equal(scene.homeserver.said(room).at(-1), "Eve: round and round");
});

test("a private chat is relayed by nobody but its own login", async (t) => {
  const scene = await openEngine(t);
  const { portals } = scene.engine.works;
  const chat = { id: saying("bob", "").chat.id, receiver: loginOf("net:other").id };
  const portal = await portals.ensure(net, chat, "dm");
  scene.homeserver.makeRoom("!dm:hs.test", [ana, scene.homeserver.bot]);
  await scene.store.commit((tx) => portals.update(tx, portal, { room: "!dm:hs.test" }));
  await scene.anaSays("psst", { room: "!dm:hs.test" });
  await scene.idle();
  assert.equal(scene.network.sent.length, 0);
});

test("who is relayed no more changes nothing, and can only take back what was said", async (t) => {
  const network = new ScriptedNetwork();
  network.more = { edit: () => Promise.resolve(network.done()), remove: () => Promise.resolve() };
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  const said = await scene.anaSays("hello");
  await scene.idle();
  const { works } = scene.engine;
  await scene.store.commit((tx) => works.portals.update(tx, portal, { relay: "off" }));
  works.portals.forget(portal);
  const edit = await scene.anaSays("* other words", {
    content: {
      "m.new_content": { msgtype: "m.text", body: "other words" },
      "m.relates_to": { rel_type: "m.replace", event_id: said.event_id },
    },
  });
  await scene.idle();
  assert.equal(await scene.outcome(edit.event_id, portal.id), "not_bridged");
  const gone = scene.homeserver.event({
    room_id: room,
    type: "m.room.redaction",
    sender: ana,
    content: { redacts: said.event_id },
  });
  await scene.push(gone);
  await scene.idle();
  assert.equal(await scene.outcome(gone.event_id, portal.id), "delivered");
  assert.equal(network.sent.length, 1);
});
