import assert from "node:assert/strict";
import { test } from "node:test";
import { firstPart, loginId, messageId, partId, userId } from "../../adapter/index.ts";
import type { Inline, MessageEvent, Part, RemoteEvent, StateEvent } from "../../adapter/index.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import { fromPlain } from "../../richtext/index.ts";
import { net, openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { lobby, saying } from "../../testing/scripted-network.ts";

const room = "!lobby:hs.test";
const bob = "@net_bob:hs.test";

type WithoutId<P> = P extends unknown ? Omit<P, "id"> : never;

const shows = async (
  scene: Scene,
  part: WithoutId<Part>,
  more: Partial<MessageEvent> = {},
): Promise<{ readonly id: MessageEvent["id"]; readonly event: MatrixEvent }> => {
  const content = { parts: [{ ...part, id: firstPart }] };
  const message = saying("bob", "", { content, ...more });
  await scene.network.accept([message]);
  await scene.idle();
  const event = scene.homeserver.events.at(-1);
  assert(event);
  return { id: message.id, event };
};

const text = (...of: readonly Inline[]): WithoutId<Part> => ({
  kind: "text",
  text: [{ t: "para", of }],
});

const says = (words: string): WithoutId<Part> => text({ t: "text", text: words });

const poll = {
  kind: "poll",
  question: "cake or pie?",
  options: [
    { id: "c", text: "cake" },
    { id: "p", text: "pie" },
  ],
  max: 1,
  hidden: false,
} as const;

type Votes = Extract<StateEvent, { kind: "votes" }>;

const votes = (id: MessageEvent["id"], more: Partial<Votes>): RemoteEvent => ({
  kind: "votes",
  chat: lobby,
  at: 1,
  id,
  ...more,
});

test("a poll is a poll, a vote its voter's, and the end its author's", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { id, event } = await shows(scene, poll);
  assert.equal(event.type, "org.matrix.msc3381.poll.start");
  assert.deepEqual(event.content["org.matrix.msc3381.poll.start"], {
    question: {
      "org.matrix.msc1767.text": "cake or pie?",
      body: "cake or pie?",
      msgtype: "m.text",
    },
    kind: "org.matrix.msc3381.poll.disclosed",
    max_selections: 1,
    answers: [
      { id: "c", "org.matrix.msc1767.text": "cake" },
      { id: "p", "org.matrix.msc1767.text": "pie" },
    ],
  });
  const vote = (at: number, options: readonly string[]) =>
    votes(id, { at, voter: userId("eve"), options });
  for (const one of [vote(2, ["c"]), vote(2, ["c"]), vote(3, ["p"]), vote(4, [])]) {
    await scene.network.accept([one]);
    await scene.idle();
  }
  const responses = scene.homeserver.events.filter(({ type }) => type.endsWith("poll.response"));
  assert.deepEqual(
    responses.map(({ sender, content }) => [sender, content["org.matrix.msc3381.poll.response"]]),
    [["c"], ["p"], []].map((answers) => ["@net_eve:hs.test", { answers }]),
  );
  await scene.network.accept([votes(id, { closed: true })]);
  await scene.network.accept([votes(id, { closed: true })]);
  await scene.idle();
  const ends = scene.homeserver.events.filter(({ type }) => type.endsWith("poll.end"));
  assert.deepEqual(
    ends.map(({ sender, content }) => [sender, content["m.relates_to"]]),
    [[bob, { rel_type: "m.reference", event_id: event.event_id }]],
  );
});

test("a number that Matrix cannot carry costs what is beside the message, not the message", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const odd = await shows(scene, says("with a fraction"), { meta: { at: [{ scale: 0.5 }] } });
  assert.equal(odd.event.content["body"], "with a fraction");
  assert.equal("dev.bridgebox.meta" in odd.event.content, false);
  const plain = await shows(scene, says("with a whole"), { meta: { at: [{ scale: 5 }] } });
  assert.deepEqual(plain.event.content["dev.bridgebox.meta"], { at: [{ scale: 5 }] });
  const half = await shows(scene, { ...poll, max: 1.5 });
  const start = half.event.content[half.event.type];
  assert.equal((start as { max_selections: number }).max_selections, 1);
});

test("a vote finds its poll among the pieces of a message", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const parts: readonly Part[] = [
    { id: partId("text"), kind: "text", text: fromPlain("look") },
    { ...poll, id: partId("poll") },
  ];
  const message = saying("bob", "", { content: { parts } });
  await scene.network.accept([message]);
  await scene.idle();
  const started = scene.homeserver.events.at(-1)?.event_id;
  await scene.network.accept([votes(message.id, { voter: userId("eve"), options: ["c"] })]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.events.at(-1)?.content["m.relates_to"], {
    rel_type: "m.reference",
    event_id: started,
  });
});

test("a hidden poll is not disclosed; numbers alone are one notice that changes", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { id, event } = await shows(scene, { ...poll, hidden: true });
  assert.match(JSON.stringify(event.content), /poll\.undisclosed/);
  await scene.network.accept([votes(id, { tally: { c: 1, p: 3 } })]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["So far\npie: 3\ncake: 1"]);
  for (let more = 4; more < 20; more += 1)
    await scene.network.accept([votes(id, { at: more, tally: { c: 1, p: more } })]);
  await scene.settle();
  assert.equal(scene.homeserver.said(room).length, 1, "not at once");
  scene.clock.advance(6000);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room).slice(1), ["* So far\npie: 19\ncake: 1"]);
  await scene.network.accept([votes(id, { at: 30, tally: { c: 2, p: 19 }, closed: true })]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room).slice(2), ["* Final result\npie: 19\ncake: 2"]);
});

test("a place is on the map, and one who moves is followed now and then", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const now = scene.clock.now();
  const live = { until: now + 60_000 };
  const { id, event } = await shows(
    scene,
    { kind: "location", lat: 60.17, lon: 24.94, live },
    { at: now },
  );
  assert.equal(event.content["msgtype"], "m.location");
  assert.equal(event.content["geo_uri"], "geo:60.17,24.94");
  const moves = (lat: number): RemoteEvent => ({
    kind: "location",
    chat: lobby,
    at: scene.clock.now() + lat,
    id,
    lat,
    lon: 24.94,
    until: live.until,
  });
  for (const lat of [60.18, 60.19, 60.2]) await scene.network.accept([moves(lat)]);
  await scene.settle();
  assert.equal(scene.homeserver.said(room).length, 1, "not at once");
  scene.clock.advance(20_000);
  await scene.idle();
  const edit = scene.homeserver.events.at(-1);
  assert.deepEqual(edit?.content["m.relates_to"], {
    rel_type: "m.replace",
    event_id: event.event_id,
  });
  assert.match(JSON.stringify(edit?.content["m.new_content"]), /geo:60\.2,24\.94/);
  assert.equal(scene.homeserver.said(room).length, 2);
});

test("a contact is lines that people can read, and a file for their address book", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const vcard = [
    "BEGIN:VCARD",
    "FN:Ann Example",
    "item1.TEL;TYPE=CELL:tel:+1-555-0001",
    "EMAIL:ann@",
    " example.com",
    "ORG:Acme;Sales",
    "NOTE:one\\, two\\nthree",
    "X-SECRET:no",
    "END:VCARD",
  ].join("\r\n");
  const { event } = await shows(scene, { kind: "contact", name: "Ann Example", vcard });
  assert.equal(
    event.content["body"],
    "Contact: Ann Example\nPhone: +1-555-0001\nEmail: ann@example.com\nOrganisation: Acme Sales\nNote: one, two three",
  );
  const { msgtype, filename, info, url } = event.content;
  assert.deepEqual([msgtype, filename], ["m.file", "Ann Example.vcf"]);
  assert.deepEqual(info, { mimetype: "text/vcard", size: Buffer.byteLength(vcard) });
  assert.match(typeof url === "string" ? url : "", /^mxc:/);
});

test("a message under another's name says so to every client", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const profile = { name: "<b>News</b>\u202e" };
  const { id, event } = await shows(scene, says("1 < 2\nx"), { profile });
  assert.equal(event.content["body"], "<b>News</b>: 1 < 2\nx");
  assert.equal(
    event.content["formatted_body"],
    "<strong data-mx-profile-fallback>&lt;b&gt;News&lt;/b&gt;: </strong>1 &lt; 2<br>x",
  );
  const shown = { id: "<b>News</b>", displayname: "<b>News</b>", has_fallback: true };
  assert.deepEqual(event.content["com.beeper.per_message_profile"], shown);
  const later = saying("bob", "2 < 3");
  await scene.network.accept([{ ...later, kind: "edit", id, version: "1" }]);
  await scene.idle();
  const changed = scene.homeserver.events.at(-1)?.content["m.new_content"];
  assert(changed !== null && typeof changed === "object" && "body" in changed);
  assert.equal(changed.body, "<b>News</b>: 2 < 3");
  assert.deepEqual(changed["com.beeper.per_message_profile"], shown);
});

test("a message under another's name does not pass for the bot's", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  for (const name of ["Bridge", "bridge", "\u202eBrid\u200bge", `Bridge${"\u200b".repeat(5000)}`]) {
    const { event } = await shows(scene, says("send me your password"), { profile: { name } });
    const { body, "com.beeper.per_message_profile": profile } = event.content;
    assert.match(JSON.stringify(body), /^"bridge \(net\): send me/i);
    assert.match(JSON.stringify(profile), /"displayname":"bridge \(net\)"/i);
  }
});

test("everybody is called only where the room lets the ghost", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const all = { t: "everyone", scope: "all", allowed: true } as const;
  const call = async (allowed: boolean) => (await shows(scene, text({ ...all, allowed }))).event;
  const levels = (users: object) =>
    scene.homeserver.state.set(`${room} m.room.power_levels `, {
      users: { ...users },
      notifications: { room: 20 },
    });
  levels({});
  assert.deepEqual((await call(true)).content["m.mentions"], {});
  levels({ [bob]: 25 });
  assert.deepEqual((await call(true)).content["m.mentions"], { room: true });
  const not = await call(false);
  assert.deepEqual([not.content["body"], not.content["m.mentions"]], ["@room", {}]);
  assert.deepEqual((await shows(scene, says("@room"))).event.content["m.mentions"], {});
});

test("a chat that is bridged is a link to its room, another is its name", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const chat = (id: string): Inline => ({
    t: "chat",
    ref: { ...lobby, id: id as typeof lobby.id },
    text: `#${id}`,
  });
  const { event } = await shows(scene, text(chat("lobby"), chat("other")));
  assert.equal(event.content["body"], "#lobby#other");
  assert.equal(
    event.content["formatted_body"],
    '<a href="https://matrix.to/#/!lobby%3Ahs.test?via=hs.test">#lobby</a>#other',
  );
});

test("what only some may see is not shown to all", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const message = saying("bob", "psst", { only: [loginId("net:ana")] });
  await scene.network.accept([message]);
  await scene.idle();
  assert(!JSON.stringify(scene.homeserver.events).includes("psst"));
  assert.equal(await scene.outcome(message.key, portal.id), "not_bridged");
  assert.match(scene.homeserver.said(room)[0] ?? "", /only net:ana may see it/);
});

test("what else the network says of a message is kept with it, within bounds", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const small = await shows(scene, says("a"), { meta: { views: 3 } });
  assert.deepEqual(small.event.content["dev.bridgebox.meta"], { views: 3 });
  const large = await shows(scene, says("b"), { meta: "x".repeat(5000) });
  assert.equal(large.event.content["dev.bridgebox.meta"], undefined);
});

test("a call says who calls and where it can be taken", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const call = (state: "ringing" | "ended" | "missed", link?: string): RemoteEvent => ({
    kind: "call",
    chat: lobby,
    at: 1,
    key: `call-${state}`,
    sender: userId("bob"),
    state,
    ...(link === undefined ? {} : { link }),
  });
  await scene.network.accept([call("ringing", "https://call.example/1"), call("ended")]);
  await scene.network.accept([call("missed")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), [
    "bob is calling. This call cannot be taken here: https://call.example/1",
    "The call of bob has ended.",
    "A call of bob was missed.",
  ]);
});

test("a vote in a poll that nobody knows is forgotten after a while", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  await scene.network.accept([votes(messageId("none"), { voter: userId("eve"), options: ["c"] })]);
  await scene.settle();
  scene.clock.advance(31_000);
  await scene.idle();
  assert.deepEqual(await scene.store.read.assertions.of(portal.id, messageId("none")), []);
  assert.equal(portal.network, net);
});
