import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, describe, test } from "node:test";
import { WebSocket as Client } from "ws";
import { SlackServer } from "./index.ts";
import type { Channel, User } from "./index.ts";
import { acknowledgementProblems, saidProblems } from "./heard.ts";
import { eventProblems, frameProblems, sessionProblems } from "./pushed.ts";
import { replyProblems } from "./replies.ts";

const ts = "1700000000.000001";
const posted = {
  ok: true,
  channel: "C0123456789",
  ts,
  message: { type: "message", ts, text: "hello", bot_id: "B0123456789" },
};
const sent = {
  token: "verification",
  team_id: "T0TEAM001",
  api_app_id: "A0123456789",
  event: {
    type: "message",
    ts,
    event_ts: ts,
    text: "hello",
    user: "U0123456789",
    channel: "C0123456789",
    channel_type: "channel",
  },
  type: "event_callback",
  event_id: "Ev0123456789",
  event_time: 1_700_000_000,
  authorizations: [],
  is_ext_shared_channel: false,
  event_context: "context",
};

describe("what this server says is judged", () => {
  test("a right reply, a right event and right frames have no problem", () => {
    assert.deepEqual(replyProblems("chat.postMessage", posted), []);
    assert.deepEqual(replyProblems("reactions.add", { ok: false, error: "already_reacted" }), []);
    assert.deepEqual(eventProblems(sent), []);
    assert.deepEqual(sessionProblems(sent.event), []);
    const typing = { type: "user_typing", channel: "C0123456789", user: "U0123456789" };
    assert.deepEqual(sessionProblems(typing), []);
  });

  const { ts: _ts, ...timeless } = posted;
  const wrongReplies = [
    ["without ts", "chat.postMessage", timeless],
    ["a number for a text", "chat.postMessage", { ...posted, ts: 1_700_000_000.000001 }],
    ["a channel that is none", "chat.postMessage", { ...posted, channel: "general" }],
    ["a key that Slack does not have", "chat.postMessage", { ...posted, timestamp: ts }],
    [
      "wrong deep inside",
      "chat.postMessage",
      { ...posted, message: { ...posted.message, text: null } },
    ],
    [
      "the same person twice",
      "conversations.members",
      { ok: true, members: ["U01", "U01"], response_metadata: { next_cursor: "" } },
    ],
    ["neither a result nor a refusal", "chat.postMessage", {}],
    ["a refusal without a reason", "reactions.add", { ok: false }],
    ["the reason of another method", "reactions.add", { ok: false, error: "name_taken" }],
    ["no scope that is missing", "reactions.add", { ok: false, error: "missing_scope" }],
    ["a method of which nothing is known", "chat.shout", { ok: true }],
  ] as const;
  for (const [name, method, reply] of wrongReplies)
    test(`a reply: ${name}`, () => assert.notDeepEqual(replyProblems(method, reply), []));

  const { text: _text, ...silent } = sent.event;
  const { event_context: _context, ...alone } = sent;
  const wrongEvents = [
    ["without its text", { ...sent, event: silent }],
    ["a number for a text", { ...sent, event: { ...sent.event, ts: 1 } }],
    ["by nobody", { ...sent, event: { ...sent.event, user: undefined, subtype: "me_message" } }],
    ["of a kind that is none", { ...sent, event: { type: "shout", event_ts: ts } }],
    ["without its context", alone],
    ["authorized by a number", { ...sent, authorizations: [7] }],
  ] as const;
  for (const [name, payload] of wrongEvents)
    test(`an event: ${name}`, () => {
      assert.notDeepEqual(eventProblems(JSON.parse(JSON.stringify(payload)) as typeof sent), []);
    });

  test("what clients say on sockets", () => {
    assert.deepEqual(acknowledgementProblems({ envelope_id: "1", payload: {} }), []);
    assert.notDeepEqual(acknowledgementProblems({ payload: {} }), []);
    assert.notDeepEqual(acknowledgementProblems({ envelope_id: 1 }), []);
    assert.deepEqual(saidProblems({ id: 1, type: "typing", channel: "C0123456789" }), []);
    assert.notDeepEqual(saidProblems({ id: 1, type: "typing", channel: "general" }), []);
    assert.notDeepEqual(saidProblems({ id: 1, type: "message", text: "hello" }), []);
  });

  test("a frame of no kind, or without what belongs to its kind", () => {
    assert.notDeepEqual(frameProblems({ type: "shout" }), []);
    assert.notDeepEqual(frameProblems({ type: "hello" }), []);
    assert.notDeepEqual(sessionProblems({ type: "user_typing", channel: "C0123456789" }), []);
  });
});

describe("a violation at the wire", () => {
  let server: SlackServer;
  let bob: User;
  let general: Channel;
  let token = "";
  before(async () => {
    server = await SlackServer.listen();
    const { bot, botToken } = server.addApp();
    token = botToken.text;
    bob = server.addUser("bob");
    general = server.addChannel("general", [bob, bot]);
  });
  beforeEach(() => void server.violations.splice(0));
  after(() => server.close());

  const call = (method: string, args: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${server.apiUrl}${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams(args),
    });

  test("is a reply with a wrong shape", async () => {
    await call("users.info", { user: bob.id });
    assert.deepEqual(server.violations, []);
    // As a fault of this server would do it.
    Object.assign(bob, { realName: 7 });
    await call("users.info", { user: bob.id });
    bob.realName = "bob";
    assert.match(
      server.violations.join("\n"),
      /our reply to users\.info: .*real_name must be string/,
    );
  });

  test("is a refusal that Slack does not have", async () => {
    server.fail("users.info", "bob_is_asleep");
    await call("users.info", { user: bob.id });
    assert.deepEqual(server.violations, ["our reply to users.info: it has no error bob_is_asleep"]);
  });

  test("is an event with a wrong shape", () => {
    server.say(bob, general, "hello");
    assert.deepEqual(server.violations, []);
    server.say(bob, general, 7 as unknown as string);
    assert.match(server.violations.join("\n"), /an event: message: \/text must be string/);
  });

  test("is a frame that is no JSON, or no object, and the socket goes on", async () => {
    const { app } = server.addApp();
    const link = new URL(`/link?app_id=${app.id}`, server.apiUrl);
    link.protocol = "ws:";
    const socket = new WebSocket(link);
    await once(socket, "message");
    for (const frame of ["{", "null", "[]", new Uint8Array([255])]) socket.send(frame);
    socket.send(JSON.stringify({ envelope_id: "the last" }));
    await server.until(() => server.violations.at(-1)?.endsWith("the last"));
    socket.close();
    await once(socket, "close");
    const no = "an acknowledgement: it is no JSON object";
    const last = "an acknowledgement of nothing: the last";
    assert.deepEqual(server.violations, [no, no, no, no, last]);
  });

  test("is a browser's frame that is no JSON, and the socket goes on", async () => {
    server.addToken("session", bob);
    const cookie = [...server.world.tokens.values()].find(({ user }) => user === bob)?.cookie;
    const link = new URL(`/?user=${bob.id}`, server.apiUrl);
    link.protocol = "ws:";
    const socket = new Client(link, { headers: { cookie: `d=${cookie}` } });
    await once(socket, "message");
    socket.send("{");
    socket.send(JSON.stringify({ type: "ping", id: 1 }));
    const [pong] = (await once(socket, "message")) as [Buffer];
    assert.match(pong.toString(), /"pong"/);
    socket.close();
    await once(socket, "close");
    assert.deepEqual(server.violations, ["a browser's frame: it is no JSON object"]);
  });
});
