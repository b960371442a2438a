import assert from "node:assert/strict";
import { test } from "node:test";
import { loginId, userId } from "../adapter/index.ts";
import type { MessageEvent, RemoteEvent } from "../adapter/index.ts";
import { puppetField } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { ana } from "../testing/engine-fixture.ts";
import {
  bodies,
  edit,
  from,
  ghost,
  one,
  openPuppet,
  reacts,
  room,
} from "../testing/puppet-scene.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import type { ScriptedNetwork } from "../testing/scripted-network.ts";

test("what she says elsewhere is hers, goes to the other network once, and not back", async (t) => {
  const scene = await openPuppet(t);
  await scene.phone("from the telephone");
  const event = one(from(scene, ana));
  assert.equal(event.content["body"], "from the telephone");
  assert.equal(event.content[puppetField], "bridgebox");
  assert.deepEqual(from(scene, ghost), []);
  assert.deepEqual(scene.network.sent, []);
  assert.deepEqual(bodies(scene.other), ["@ana:hs.test: from the telephone"]);
});

test("without the second registration nothing of it is so", async (t) => {
  const scene = await openPuppet(t, { on: false });
  await scene.phone("hello");
  one(from(scene, ghost));
  assert.deepEqual(from(scene, ana), []);
});

test("an account that two people share, or a name that others can take, is nobody's own", async (t) => {
  const shared = await openPuppet(t, { owners: [ana, "@bea:hs.test"] });
  await shared.phone("who is it?");
  const named = await openPuppet(t, { ids: "none" });
  await named.phone("is it her?");
  const strange = await openPuppet(t, { owners: ["@ana:elsewhere.test"] });
  await strange.phone("of another homeserver");
  for (const scene of [shared, named, strange]) one(from(scene, ghost));
});

test("who is not in the room is not brought in; an invitation to a room of the box is taken", async (t) => {
  const scene = await openPuppet(t);
  const { homeserver, engine, store, portal } = scene;
  const { puppets } = engine.works;
  homeserver.members.get(room)?.delete(ana);
  await scene.phone("outside");
  one(from(scene, ghost));
  homeserver.members.get(room)?.set(ana, "invite");
  puppets.learn(room, ana, "invite");
  await scene.phone("invited by people");
  assert.equal(from(scene, ghost).length, 2, "a room that people made");
  await store.commit((tx) => engine.works.portals.update(tx, portal, { origin: "remote" }));
  engine.works.portals.forget(portal);
  await scene.phone("invited by the box");
  assert.equal(one(from(scene, ana)).content["body"], "invited by the box");
  puppets.learn(room, ana, "leave");
  homeserver.members.get(room)?.set(ana, "leave");
  await scene.phone("gone");
  assert.equal(from(scene, ghost).length, 3);
  assert.equal(homeserver.members.get(room)?.get(ana), "leave");
});

test("in an encrypted room her ghost speaks: nothing is put into her mouth in clear", async (t) => {
  const scene = await openPuppet(t);
  const { homeserver } = scene;
  await scene.phone("in clear");
  const content = { algorithm: "m.megolm.v1.aes-sha2" };
  const encryption = { room_id: room, type: "m.room.encryption", state_key: "", content };
  await scene.push(homeserver.event({ ...encryption, sender: ana }));
  await scene.phone("from now on");
  assert.equal(one(from(scene, ghost)).content["body"], "from now on");
  const other = await openPuppet(t);
  other.homeserver.state.set(`${room} m.room.encryption `, content);
  await other.phone("from the start");
  one(from(other, ghost));
});

test("she needs no ghost beside herself, unless it has to speak", async (t) => {
  const scene = await openPuppet(t, { members: "full" });
  const list = ["anna", "bob"].map((name) => ({ user: userId(name), state: "join" as const }));
  await scene.told({ kind: "members", chat: lobby, at: 1, list, complete: true });
  const inside = scene.homeserver.members.get(room);
  assert.deepEqual([inside?.get("@net_bob:hs.test"), inside?.get(ghost)], ["join", undefined]);
});

test("edits are hers too: of what she said there, and of what she said here", async (t) => {
  const scene = await openPuppet(t);
  const said = await scene.phone("first");
  await scene.told(edit(said, "second"));
  const [first, second] = from(scene, ana);
  assert.deepEqual(second?.content["m.relates_to"], {
    rel_type: "m.replace",
    event_id: first?.event_id,
  });
  const here = await scene.anaSays("said here");
  await scene.echo();
  const there = await scene.store.read.messages.byEvent(scene.portal.id, here.event_id);
  assert(there[0]);
  await scene.told(edit({ ...saying("anna", ""), id: there[0].remote }, "edited there"));
  const last = from(scene, ana).at(-1);
  assert.deepEqual(last?.content["m.relates_to"], {
    rel_type: "m.replace",
    event_id: here.event_id,
  });
  assert.deepEqual(from(scene, ghost), []);
  assert.deepEqual(
    scene.did.filter((done) => done.startsWith("net ")),
    [],
    "nothing goes back",
  );
  assert.equal(scene.did.filter((done) => done.startsWith("two edit")).length, 2);
});

test("what was hers and cannot be hers any more is answered by her ghost", async (t) => {
  const scene = await openPuppet(t);
  const { homeserver, store } = scene;
  const answers = (): readonly unknown[] =>
    from(scene, ghost).map(({ content }) => content["m.relates_to"]);
  const said = await scene.phone("first");
  const { event_id } = one(from(scene, ana));
  homeserver.before = ({ op, as }) => {
    if (op === "send" && as === ana) throw refusal("M_FORBIDDEN");
  };
  await scene.told(edit(said, "second"));
  assert.deepEqual(answers(), [{ "m.in_reply_to": { event_id } }]);
  homeserver.before = () => undefined;
  await store.commit((tx) => tx.logins.remove(loginId("net:anna0")));
  await scene.told(edit(said, "third", "3"));
  assert.equal(answers().length, 2);
  assert.equal(from(scene, ana).length, 1, "who is logged out is nobody's puppet");
});

test("what she said there she edits and deletes here, and it is not shown a second time", async (t) => {
  const scene = await openPuppet(t);
  const said = await scene.phone("first");
  const event = one(from(scene, ana));
  const fresh = { msgtype: "m.text", body: "better" };
  await scene.anaSays("* better", {
    content: {
      "m.new_content": fresh,
      "m.relates_to": { rel_type: "m.replace", event_id: event.event_id },
    },
  });
  await scene.echo();
  assert.ok(scene.did.includes(`net edit ${said.id} better`), scene.did.join());
  const before = from(scene, ana).length;
  await scene.told(edit(said, "better", "3"));
  assert.equal(from(scene, ana).length, before);
  const redaction = {
    room_id: room,
    type: "m.room.redaction",
    redacts: event.event_id,
    content: {},
  };
  await scene.push(scene.homeserver.event({ ...redaction, sender: ana }));
  await scene.echo();
  assert.ok(scene.did.includes(`net remove ${said.id}`));
});

test("her delete is the bot's redaction, or her own where the bot may not; the other network follows", async (t) => {
  const scene = await openPuppet(t);
  const first = await scene.phone("first");
  const second = await scene.phone("second");
  const gone = (event: MessageEvent): RemoteEvent => ({
    kind: "delete",
    chat: lobby,
    key: `gone ${event.id}`,
    at: event.at,
    sender: event.sender,
    ids: [event.id],
    for: "all",
  });
  await scene.told(gone(first));
  scene.homeserver.before = ({ op, as }) => {
    if (op === "redact" && as === scene.homeserver.bot) throw refusal("M_FORBIDDEN");
  };
  await scene.told(gone(second));
  const redactions = scene.homeserver.events.filter(({ type }) => type === "m.room.redaction");
  assert.deepEqual(
    redactions.map(({ sender }) => sender),
    [scene.homeserver.bot, ana],
  );
  await scene.push(...redactions);
  await scene.echo();
  const done = scene.did.filter((it) => it.includes("remove"));
  assert.equal(done.filter((it) => it.startsWith("two remove")).length, 2);
  assert.equal(done.length, 2, done.join());
});

test("her reactions are hers, and taken back on either side", async (t) => {
  const scene = await openPuppet(t);
  const bob = saying("bob", "hello");
  await scene.told(bob);
  const target = one(from(scene, "@net_bob:hs.test"));
  await scene.told(reacts(bob, true));
  assert.deepEqual(scene.homeserver.reactions(target.event_id), [`${ana} 👍`]);
  await scene.told(reacts(bob, false));
  assert.deepEqual(scene.homeserver.reactions(target.event_id), []);
  const did = (network: ScriptedNetwork) => network.did.filter(([method]) => method === "react");
  assert.deepEqual(did(scene.network), []);
  await scene.told(reacts(bob, true));
  const again = from(scene, ana).at(-1);
  assert(again);
  const redaction = {
    room_id: room,
    type: "m.room.redaction",
    redacts: again.event_id,
    content: {},
  };
  await scene.push(scene.homeserver.event({ ...redaction, sender: ana }));
  await scene.echo();
  assert.deepEqual(
    did(scene.network).map(([, what]) => what),
    [{ id: bob.id, emoji: "👍", on: false, by: "self" }],
  );
});

test("a command typed on a network is no command", async (t) => {
  const heard: string[] = [];
  const scene = await openPuppet(t);
  scene.engine.subscribe((news) => void (news.what === "queued" && heard.push(news.origin)));
  await scene.phone("!bridgebox logout");
  assert.equal(bodies(scene.other).length, 1);
});

test("where the homeserver refuses her, her ghost speaks, she is told once, and it heals", async (t) => {
  const scene = await openPuppet(t);
  const { homeserver, clock } = scene;
  homeserver.before = ({ op, as }) => {
    if (as === ana && (op === "send" || op === "whoami")) throw refusal("M_UNKNOWN_TOKEN", 401);
  };
  await scene.phone("one");
  await scene.phone("two");
  assert.equal(from(scene, ghost).length, 2);
  assert.equal(homeserver.calls.filter(({ op, as }) => op === "send" && as === ana).length, 1);
  const lines = (): readonly MatrixEvent[] =>
    from(scene, homeserver.bot).filter(({ content }) =>
      /ghost of yours/.test(JSON.stringify(content["body"])),
    );
  assert.match(JSON.stringify(one(lines()).content["body"]), /Scripted.*M_UNKNOWN_TOKEN/);
  clock.advance(300_001);
  await scene.phone("three");
  assert.equal(lines().length, 1, "told once");
  homeserver.before = () => undefined;
  clock.advance(300_001);
  await scene.phone("four");
  assert.equal(one(from(scene, ana)).content["body"], "four");
});

test("where she may not speak in one room, her ghost does there, and nobody is told", async (t) => {
  const scene = await openPuppet(t);
  scene.homeserver.before = ({ op, as }) => {
    if (as === ana && op === "send") throw refusal("M_FORBIDDEN");
  };
  await scene.phone("one");
  one(from(scene, ghost));
  assert.deepEqual(
    from(scene, scene.homeserver.bot).filter(({ type }) => type === "m.room.message"),
    [],
  );
  scene.homeserver.before = () => undefined;
  await scene.phone("two");
  assert.deepEqual(from(scene, ana), [], "not tried at every message");
  const content = { membership: "join" };
  const back = { room_id: room, type: "m.room.member", state_key: ana, sender: ana, content };
  await scene.push(scene.homeserver.event(back));
  await scene.phone("three");
  const said = from(scene, ana).filter(({ type }) => type === "m.room.message");
  assert.equal(one(said).content["body"], "three");
});

test("what she has read there she has read here, and it does not go back", async (t) => {
  const scene = await openPuppet(t);
  const bob = saying("bob", "hello");
  await scene.told(bob);
  await scene.told({ kind: "read", chat: lobby, at: bob.at, user: userId("anna"), upTo: bob.id });
  await scene.settle();
  scene.clock.advance(700);
  await scene.settle();
  const receipts = scene.homeserver.calls.filter(({ op }) => op === "setReceipt");
  const event = one(from(scene, "@net_bob:hs.test")).event_id;
  assert.deepEqual(
    receipts.map(({ as, what }) => [as, what["event"]]),
    [[ana, event]],
  );
  const content = { [event]: { "m.read": { [ana]: { ts: bob.at + 1 } } } };
  scene.engine.ephemeral([{ type: "m.receipt", room, sender: undefined, content }], 0);
  await scene.settle();
  scene.clock.advance(700);
  await scene.settle();
  assert.deepEqual(scene.did, []);
});
