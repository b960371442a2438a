import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { failure, json, message, scene, token } from "../testing/scripted-server.ts";
import type { Script } from "../testing/scripted-server.ts";
import type { Given } from "./types.ts";

const puppet = "puppet-token-1234567890";
const ana = "@ana:hs.test";
const eve = "@eve:other.test";

const open = (
  script: Script = (_, response) => json(response, 200, { event_id: "$1", user_id: ana }),
  { given }: { readonly given?: Given } = {},
) =>
  scene(script, {
    admit: (mxid) => mxid.startsWith("@irc_"),
    puppets: {
      asToken: puppet,
      owns: (mxid) => Promise.resolve(["@ana:hs.test", "@eve:other.test"].includes(mxid)),
      given: (mxid) => Promise.resolve([ana, eve].includes(mxid) ? given : undefined),
    },
  });

test("a person who has a login speaks by the second token, our own users by the first", async () => {
  const { homeserver, requests } = await open();
  await homeserver.send(message, { class: "live", as: ana });
  await homeserver.send(message, { class: "live", as: "@irc_bob:hs.test" });
  await homeserver.send(message, { class: "live" });
  assert.deepEqual(
    requests.map((one) => one.token),
    [`Bearer ${puppet}`, `Bearer ${token}`, `Bearer ${token}`],
  );
  assert.match(requests[0]?.url ?? "", /user_id=%40ana%3Ahs\.test/);
});

test("nobody else's account is ever used: not a stranger's, not one of another homeserver", async () => {
  const { homeserver, requests } = await open();
  for (const as of [
    "@mallory:hs.test",
    "@eve:other.test",
    "@ana:hs.test.evil",
    "@ana:hs.test:evil",
    "ana:hs.test",
    "",
  ]) {
    const error = await failure(homeserver.send(message, { class: "live", as }));
    assert.equal(error.reached, "no", as);
  }
  assert.equal(requests.length, 0);
});

test("as a person it only speaks, takes back, reads and comes: keys, profile and rooms are theirs", async () => {
  const { homeserver, requests } = await open();
  const call = { class: "live", as: ana } as const;
  const path = "/_matrix/client/v3/keys/device_signing/upload";
  const refused = [
    () => homeserver.request({ does: "replace keys", method: "POST", path, body: {} }, call),
    () => homeserver.setDisplayName(ana, "Eve", call),
    () => homeserver.createRoom({}, call),
    () => homeserver.leave("!r:hs.test", call),
    () => homeserver.setState({ room: "!r:hs.test", type: "m.room.name", key: "" }, {}, call),
    () => homeserver.joinedMembers("!r:hs.test", call),
    () => homeserver.media.create(call),
  ];
  for (const one of refused) assert.equal((await failure(one())).reached, "no");
  assert.equal(requests.length, 0);
  await homeserver.redact({ room: "!r:hs.test", event: "$1", txn: "t" }, call);
  await homeserver.setReceipt("!r:hs.test", "$1", call);
  await homeserver.whoami(call);
  assert.equal(requests.length, 3);
});

test("what somebody sees of a chat is theirs alone: of nobody else, and nothing more of it", async () => {
  const { homeserver, requests } = await open();
  const call = { class: "live", as: ana } as const;
  const room = "!r:hs.test";
  await homeserver.setAccountData({ type: "m.direct" }, {}, call);
  await homeserver.setAccountData({ type: "m.marked_unread", room }, { unread: true }, call);
  await homeserver.setTag(room, "m.favourite", true, call);
  await homeserver.setMuted(room, false, call);
  const done = requests.length;
  const path = "/_matrix/client/v3/user/%40bob%3Ahs.test/account_data/m.direct";
  for (const refused of [
    () => homeserver.request({ does: "look", method: "GET", path }, call),
    () => homeserver.setAccountData({ type: "m.secret_storage.default_key" }, {}, call),
    () => homeserver.setAccountData({ type: "m.direct", room }, {}, call),
    () => homeserver.setTag(room, "u.mine", true, call),
  ])
    assert.equal((await failure(refused())).reached, "no");
  assert.deepEqual([done, requests.length], [4, 4]);
});

test("what she mutes and tags is read by the registration, never by a session of hers", async () => {
  const answer = (_: unknown, response: ServerResponse): void =>
    json(response, 200, { next_batch: "s2" });
  const { homeserver, requests } = await open(answer, { given: { token: own } });
  assert.equal((await homeserver.readViews("s1", { class: "live", as: ana })).next, "s2");
  assert.deepEqual(
    requests.map((one) => one.token),
    [`Bearer ${puppet}`],
  );
  const url = new URL(requests[0]?.url ?? "", "http://hs.test");
  assert.equal(url.searchParams.get("set_presence"), "offline");
  assert.equal(url.searchParams.get("since"), "s1");
  const far = await failure(homeserver.readViews("s1", { class: "live", as: eve }));
  assert.deepEqual([far.reached, requests.length], ["no", 1]);
});

const own = "syt_a-token-of-her-own";

test("a token that she gave is used before the registration's, but for what bears a time of its own", async () => {
  const { homeserver, requests } = await open(undefined, { given: { token: own } });
  await homeserver.send(message, { class: "live", as: ana });
  await homeserver.send({ ...message, ts: 1 }, { class: "live", as: ana });
  assert.deepEqual(
    requests.map((one) => one.token),
    [`Bearer ${own}`, `Bearer ${puppet}`],
  );
  assert.ok(!requests[0]?.url.includes("user_id"), requests[0]?.url);
});

test("where her homeserver asks her for patience, the box's own calls go on", async () => {
  const { homeserver } = await open(
    (request, response) =>
      request.headers.authorization === `Bearer ${own}`
        ? json(response, 429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 3_600_000 })
        : json(response, 200, { event_id: "$1" }),
    { given: { token: own } },
  );
  const error = await failure(homeserver.send(message, { class: "live", as: ana }));
  assert.deepEqual([error.errcode, error.retryAfter], ["M_LIMIT_EXCEEDED", 3_600_000]);
  assert.ok(!`${error.message} ${error.stack}`.includes(own));
  assert.equal(homeserver.gate.closure, undefined);
  await homeserver.send(message, { class: "live" });
});

test("who is of another homeserver speaks there, by their token, and nothing of the box's goes there", async () => {
  const far = await scene((_, response) => json(response, 200, { event_id: "$far" }));
  const place = { address: far.address, isTrusted: true };
  const { homeserver, requests } = await open(undefined, { given: { token: own, place } });
  assert.equal(await homeserver.send(message, { class: "live", as: eve }), "$far");
  assert.deepEqual(
    far.requests.map(({ token: used, url }) => [used, url.includes("?")]),
    [[`Bearer ${own}`, false]],
  );
  assert.equal(requests.length, 0);
  const local = await failure(homeserver.send(message, { class: "live", as: ana }));
  assert.equal(local.reached, "no", "a token for another homeserver is not tried here");
});

test("another homeserver that is away shuts its own gate only, and nobody waits for it", async () => {
  const place = { address: "http://127.0.0.1:9", isTrusted: true };
  const { homeserver } = await open(undefined, { given: { token: own, place } });
  for (let tries = 0; tries < 3; tries += 1) {
    const error = await failure(homeserver.send(message, { class: "live", as: eve }));
    assert.deepEqual([error.errcode, error.reached], ["NETWORK", "no"]);
  }
  assert.equal(homeserver.gate.closure, undefined);
});

test("a homeserver that a stranger names is called on the open internet only, whatever its name means", async () => {
  const inside = await scene((_, response) => json(response, 200, { event_id: "$1" }));
  const { port } = new URL(inside.address);
  const place = { address: `http://localhost:${port}`, isTrusted: false };
  const { homeserver } = await open(undefined, { given: { token: own, place } });
  const error = await failure(homeserver.send(message, { class: "live", as: eve }));
  assert.deepEqual([error.reached, inside.requests.length], ["no", 0]);
});

test("its token is in no error, whatever the homeserver says", async () => {
  const { homeserver } = await open((request, response) =>
    json(response, 401, {
      errcode: "M_UNKNOWN_TOKEN",
      error: `no ${request.headers.authorization}`,
    }),
  );
  const error = await failure(homeserver.send(message, { class: "live", as: ana }));
  assert.equal(error.errcode, "M_UNKNOWN_TOKEN");
  assert.ok(!`${error.message} ${error.stack}`.includes(puppet));
});
