import assert from "node:assert/strict";
import { test } from "node:test";

import { failure, json, live, scene } from "../testing/scripted-server.ts";

/** What is told of each call, where the homeserver answers all of them so. */
const counted = async (status: number, errcode: string) => {
  const told: [string, boolean][] = [];
  const { homeserver } = await scene(
    (_, response) => json(response, status, { errcode, error: "no" }),
    { called: (does, ok) => void told.push([does, ok]) },
  );
  return { homeserver, told };
};

test("that there is nothing is an answer for whoever asks whether there is, and no failed call", async () => {
  const { homeserver, told } = await counted(404, "M_NOT_FOUND");
  const as = { ...live, as: "@ghost:hs.test" };
  const place = { room: "!r:hs.test", type: "m.room.topic", key: "" };
  assert.equal(await homeserver.getState(place, live), undefined);
  assert.equal(await homeserver.getStateEvent(place, live), undefined);
  assert.equal(await homeserver.resolveAlias("#a:hs.test", live), undefined);
  assert.equal(await homeserver.getEvent("!r:hs.test", "$e", live), undefined);
  assert.equal(await homeserver.getDisplayName("@a:hs.test", live), undefined);
  assert.equal(await homeserver.getAccountData({ type: "t" }, as), undefined);
  assert.equal(await homeserver.isMuted("!r:hs.test", as), false);
  await homeserver.setMuted("!r:hs.test", false, as);
  await homeserver.removeAlias("#a:hs.test", live);
  const reaction = { room: "!r:hs.test", event: "$e", sender: "@a:hs.test", key: "x" };
  assert.equal(await homeserver.findAnnotation(reaction, live), undefined);
  assert.equal(told.length, 10);
  assert.deepEqual(
    told.filter(([, ok]) => !ok),
    [],
  );
});

test("a user who is registered already, and a path that an older homeserver has not, are none either", async () => {
  const taken = await counted(400, "M_USER_IN_USE");
  await taken.homeserver.register("ghost", live);
  assert.deepEqual(taken.told, [["register a user", true]]);
  const older = await counted(404, "M_UNRECOGNIZED");
  assert.equal(await older.homeserver.media.create(live), undefined);
  await failure(older.homeserver.media.get("mxc://hs.test/1", live));
  assert.deepEqual(older.told, [
    ["reserve a place for a file", true],
    ["fetch a file", true],
    ["fetch a file", false],
  ]);
});

test("the same answer to a caller who is not ready for it is a failed call", async () => {
  const { homeserver, told } = await counted(404, "M_NOT_FOUND");
  await failure(homeserver.join("!r:hs.test", live));
  await failure(homeserver.media.get("mxc://hs.test/1", live));
  assert.deepEqual(told, [
    ["join a room", false],
    ["fetch a file", false],
  ]);
});
