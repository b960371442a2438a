import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, json, message, scene, token } from "../testing/scripted-server.ts";
import type { Script } from "../testing/scripted-server.ts";

const puppet = "puppet-token-1234567890";
const ana = "@ana:hs.test";

const open = (script: Script = (_, response) => json(response, 200, { event_id: "$1" })) =>
  scene(script, {
    admit: (mxid) => mxid.startsWith("@irc_"),
    puppets: {
      asToken: puppet,
      owns: (mxid) => Promise.resolve(["@ana:hs.test", "@eve:other.test"].includes(mxid)),
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
