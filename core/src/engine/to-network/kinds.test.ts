import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { userId } from "../../adapter/index.ts";
import type { ChatFeatures, Part, RemoteEvent } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { every, toPlain } from "../../richtext/index.ts";
import { ana, net, openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { logIn } from "../../testing/log-in.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "../../testing/scripted-network.ts";

const room = "!lobby:hs.test";

/** A chat in which ana speaks as herself. */
const withAna = async (t: TestContext, network = new ScriptedNetwork()): Promise<Scene> => {
  const scene = await openEngine(t, { network });
  await scene.plumb();
  await logIn(scene, "ana");
  return scene;
};

const sends = async (
  scene: Scene,
  type: string,
  content: JsonObject,
  sender = ana,
): Promise<string> => {
  const event = scene.homeserver.event({ room_id: room, type, sender, content });
  await scene.push(event);
  await scene.idle();
  return event.event_id;
};

/** The part of the last draft, which without a plan is its body. */
const lastPart = ({ network }: Scene): Part =>
  network.sent.at(-1)?.order.draft.body as unknown as Part;

const words = (part: Part): string => (part.kind === "text" ? toPlain(part.text) : part.kind);

const features = (scene: Scene, more: Partial<ChatFeatures>): Promise<void> => {
  const changed = { ...scriptedInfo.features, version: JSON.stringify(more), ...more };
  const event: RemoteEvent = { kind: "chat", chat: lobby, at: 1, info: { features: changed } };
  return scene.network.accept([event]);
};

const unstable = "org.matrix.msc3381.poll";
const pollStart = {
  [`${unstable}.start`]: {
    question: { "org.matrix.msc1767.text": "cake or pie?" },
    kind: `${unstable}.undisclosed`,
    max_selections: 1,
    answers: [
      { id: "uuid-cake", "org.matrix.msc1767.text": "cake" },
      { id: "uuid-pie", "org.matrix.msc1767.text": "pie" },
    ],
  },
};

const vote = (about: string, answers: readonly string[]): JsonObject => ({
  "m.relates_to": { rel_type: "m.reference", event_id: about },
  [`${unstable}.response`]: { answers: [...answers] },
});

test("a poll goes out as one, by either name; its votes and its end follow", async (t) => {
  const scene = await withAna(t);
  const poll = await sends(scene, `${unstable}.start`, pollStart);
  const part = {
    id: "",
    kind: "poll",
    question: "cake or pie?",
    options: [
      { id: "1", text: "cake" },
      { id: "2", text: "pie" },
    ],
    max: 1,
    hidden: true,
  };
  assert.deepEqual(lastPart(scene), part);
  const stable = {
    "m.poll": {
      question: { "m.text": [{ body: "cake or pie?" }] },
      kind: "m.undisclosed",
      answers: [
        { "m.id": "a", "m.text": [{ body: "cake" }] },
        { "m.id": "b", "m.text": [{ body: "pie" }] },
      ],
    },
  };
  await sends(scene, "m.poll.start", stable);
  assert.deepEqual(lastPart(scene), part);
  await sends(scene, `${unstable}.response`, vote(poll, ["uuid-pie", "uuid-cake", "nonsense"]));
  await sends(scene, `${unstable}.response`, vote(poll, []));
  await sends(scene, "m.poll.response", { ...vote(poll, []), "m.selections": ["uuid-cake"] });
  assert.deepEqual(scene.network.did, [
    ["vote", { id: "s1", options: ["2"] }],
    ["vote", { id: "s1", options: [] }],
    ["vote", { id: "s1", options: ["1"] }],
  ]);
  const votes = { kind: "votes", chat: lobby, at: 9, id: "s1" } as const;
  await scene.network.accept([
    { ...votes, voter: userId("ana"), options: ["1"] } as unknown as RemoteEvent,
    { ...votes, voter: userId("bob"), options: ["2"] } as unknown as RemoteEvent,
  ]);
  await scene.idle();
  const shown = scene.homeserver.events.filter(
    ({ type, sender }) => type === `${unstable}.response` && sender !== ana,
  );
  assert.deepEqual(
    shown.map(({ sender, content }) => [sender, content[`${unstable}.response`]]),
    [["@net_bob:hs.test", { answers: ["uuid-pie"] }]],
  );
  await sends(scene, `${unstable}.end`, vote(poll, []));
  await scene.network.accept([{ ...votes, closed: true } as unknown as RemoteEvent]);
  await scene.idle();
  assert.deepEqual(scene.network.did.at(-1), ["closePoll", { id: "s1" }]);
  assert.equal(scene.homeserver.events.filter(({ type }) => type.endsWith("poll.end")).length, 1);
});

test("who has no account there does not vote in others' names, and is told", async (t) => {
  const scene = await withAna(t);
  const message = saying("bob", "");
  const options = [{ id: "c", text: "cake" }];
  const part = { id: message.content.parts[0]?.id, kind: "poll", question: "?", options, max: 1 };
  const content = { parts: [{ ...part, hidden: false } as Part] };
  await scene.network.accept([{ ...message, content }]);
  await scene.idle();
  const poll = scene.homeserver.events.at(-1)?.event_id ?? "";
  await sends(scene, `${unstable}.response`, vote(poll, ["c"]), "@ben:hs.test");
  assert.deepEqual(scene.network.did, []);
  assert.match(scene.homeserver.said(room).at(-1) ?? "", /^Your vote did not reach net: each/);
  await sends(scene, `${unstable}.response`, vote(poll, ["c"]));
  assert.deepEqual(scene.network.did, [["vote", { id: message.id, options: ["c"] }]]);
  await sends(scene, `${unstable}.end`, vote(poll, []));
  assert.match(scene.homeserver.said(room).at(-1) ?? "", /^Your end of a poll did not reach net/);
});

test("where there are no polls, one is words", async (t) => {
  const scene = await withAna(t);
  await features(scene, { parts: [] });
  await sends(scene, `${unstable}.start`, pollStart);
  assert.equal(words(lastPart(scene)), "Poll: cake or pie?\n1. cake\n2. pie");
  const broken = await sends(scene, `${unstable}.start`, { [`${unstable}.start`]: {} });
  const portal = await scene.engine.works.portals.find(net, lobby);
  assert(portal);
  assert.equal(await scene.outcome(broken, portal.id), "not_bridged");
});

const place = {
  msgtype: "m.location",
  body: "Location was shared at geo:60.17,24.94;u=10",
  geo_uri: "geo:60.17,24.94;u=10",
  "org.matrix.msc3488.location": { uri: "geo:60.17,24.94", description: "the  café" },
};

test("a place goes out as one, or as a name with a map", async (t) => {
  const scene = await withAna(t);
  await sends(scene, "m.room.message", place);
  const part = { id: "", kind: "location", lat: 60.17, lon: 24.94, name: "the café" };
  assert.deepEqual(lastPart(scene), part);
  await features(scene, { parts: [] });
  await sends(scene, "m.room.message", place);
  const map = "https://www.openstreetmap.org/?mlat=60.17&mlon=24.94#map=16/60.17/24.94";
  assert.equal(words(lastPart(scene)), `the café (60.17,24.94): ${map}`);
  await sends(scene, "m.room.message", { ...place, geo_uri: "geo:91,0" });
  assert.equal(
    words(lastPart(scene)),
    "[location: Location was shared at geo:60.17,24.94;u=10 geo:91,0]",
  );
});

test("everybody is called by who may call the room, and by nobody else", async (t) => {
  const scene = await withAna(t);
  const says = async (more: JsonObject = {}) => {
    const text = { msgtype: "m.text", body: "hey @room, hello@room.example", ...more };
    await sends(scene, "m.room.message", text);
    const part = lastPart(scene);
    assert(part.kind === "text");
    return [...every(part.text)].filter(({ t }) => t === "everyone").length;
  };
  const power = (level: number) =>
    scene.homeserver.state.set(`${room} m.room.power_levels `, { users: { [ana]: level } });
  const meant = { "m.mentions": { room: true } };
  power(0);
  assert.equal(await says(meant), 0);
  power(50);
  assert.equal(await says(meant), 1);
  assert.equal(await says(), 1, "an old client means it by the word");
  assert.equal(await says({ "m.mentions": {} }), 0, "it was said and not meant");
  const html = "<code>@room</code> <b>@room</b>";
  const marked = { format: "org.matrix.custom.html", formatted_body: html };
  assert.equal(await says({ ...meant, ...marked }), 1);
});

test("people and chats of the network are named as such, and nobody else's", async (t) => {
  const scene = await withAna(t);
  scene.homeserver.aliases.set("#lobby:hs.test", room);
  const link = (to: string) => `<a href="https://matrix.to/#/${encodeURIComponent(to)}">x</a>`;
  const named = [room, "#lobby:hs.test", "@net_bob:hs.test", "!other:hs.test", "@eve:hs.test"];
  await scene.network.accept([saying("bob", "hello")]);
  await scene.idle();
  await sends(scene, "m.room.message", {
    msgtype: "m.text",
    body: "x",
    format: "org.matrix.custom.html",
    formatted_body: named.map(link).join(" "),
  });
  const part = lastPart(scene);
  assert(part.kind === "text");
  const found = [...every(part.text)].flatMap((it): readonly string[] =>
    it.t === "chat" ? [it.ref.id] : it.t === "user" ? [it.id] : [],
  );
  assert.deepEqual(found, ["lobby", "lobby", "bob"]);
});

test("a picture among the words goes out with its name", async (t) => {
  const scene = await withAna(t);
  const emoji = '<img data-mx-emoticon src="mxc://hs.test/blob" alt=":blob:" height="32">';
  await sends(scene, "m.room.message", {
    msgtype: "m.text",
    body: ":blob:",
    format: "org.matrix.custom.html",
    formatted_body: `${emoji}<img data-mx-emoticon src="https://evil.example/x" alt="no">`,
  });
  const part = lastPart(scene);
  assert(part.kind === "text");
  const locator = { mxc: "mxc://hs.test/blob" };
  assert.deepEqual(
    [...every(part.text)],
    [
      { t: "emoji", name: "blob", media: { locator, name: "blob" } },
      { t: "text", text: "no" },
    ],
  );
});

const threaded = (root: string, more: JsonObject = {}): JsonObject => ({
  msgtype: "m.text",
  body: "leaf",
  "m.relates_to": {
    rel_type: "m.thread",
    event_id: root,
    is_falling_back: true,
    "m.in_reply_to": { event_id: root },
    ...more,
  },
});

test("a call and a place that moves are not passed on, and the room is told", async (t) => {
  const scene = await withAna(t);
  await sends(scene, "m.call.invite", { call_id: "1", offer: { sdp: "x" } });
  const type = "org.matrix.msc3672.beacon_info";
  const event = { room_id: room, type, sender: ana, state_key: ana, content: { live: true } };
  await scene.push(scene.homeserver.event(event));
  await scene.idle();
  assert.deepEqual(scene.network.sent, []);
  assert.deepEqual(scene.homeserver.said(room), [
    "Your message did not reach net: calls are not passed on. Call there.",
    "Your message did not reach net: a place that moves is not passed on. Send where you are now.",
  ]);
});

test("a thread is one where the chat has threads, else an answer to its root", async (t) => {
  const network = new ScriptedNetwork();
  const planned: unknown[] = [];
  network.more = {
    plan: ({ content: { parts, ...content } }) => {
      planned.push(JSON.parse(JSON.stringify(content)));
      return parts.map((part) => ({ part: part.id, body: null, plain: part.kind }));
    },
  };
  const scene = await withAna(t, network);
  await features(scene, { thread: "inline" });
  const root = saying("bob", "root");
  const other = saying("bob", "other");
  await network.accept([root, other]);
  await scene.idle();
  const [one, two] = scene.homeserver.events
    .filter(({ type }) => type === "m.room.message")
    .map(({ event_id }) => event_id);
  assert(one !== undefined && two !== undefined);
  const target = ({ id, at, sender }: typeof root, excerpt: string) => ({
    excerpt,
    senderName: "bob",
    id,
    part: "",
    ids: [id],
    at,
    sender,
  });
  await sends(scene, "m.room.message", threaded(one));
  assert.deepEqual(planned.at(-1), { thread: { root: target(root, "root") } });
  const answer = { is_falling_back: false, "m.in_reply_to": { event_id: two } };
  await sends(scene, "m.room.message", threaded(one, answer));
  assert.deepEqual(planned.at(-1), {
    thread: { root: target(root, "root") },
    replyTo: target(other, "other"),
  });
  await features(scene, { thread: "none" });
  await sends(scene, "m.room.message", threaded(one, { "m.in_reply_to": { event_id: two } }));
  assert.deepEqual(planned.at(-1), { replyTo: target(root, "root") });
});

test("where an edit was said anew, a deletion takes back all that was said", async (t) => {
  const network = new ScriptedNetwork();
  const removed: string[] = [];
  network.more = {
    remove: (_chat, id) => {
      removed.push(id);
      return Promise.resolve();
    },
  };
  const scene = await withAna(t, network);
  const said = await sends(scene, "m.room.message", { msgtype: "m.text", body: "the password" });
  const edit = (body: string): JsonObject => ({
    msgtype: "m.text",
    body: `* ${body}`,
    "m.new_content": { msgtype: "m.text", body },
    "m.relates_to": { rel_type: "m.replace", event_id: said },
  });
  await sends(scene, "m.room.message", edit("my password"));
  assert.equal(words(lastPart(scene)), "(edited) my password");
  await sends(scene, "m.room.message", edit("our password"));
  assert.equal(words(lastPart(scene)), "(edited) our password");
  const redaction = scene.homeserver.event({
    room_id: room,
    type: "m.room.redaction",
    sender: ana,
    redacts: said,
    content: {},
  });
  await scene.push(redaction);
  await scene.idle();
  assert.deepEqual(removed, ["s1", "s2", "s3"]);
});
