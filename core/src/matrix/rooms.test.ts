import assert from "node:assert/strict";
import { test } from "node:test";
import { mayPlumb, memberOf, powerForState, powerOf } from "./rooms.ts";
import type { JsonObject, MatrixEvent } from "./types.ts";

const create = (room_version: string, more: JsonObject = {}) => ({
  sender: "@founder:hs",
  content: { room_version, ...more },
});

test("power comes from the levels, and from the creation where it stands above them", () => {
  const levels = { users: { "@mod:hs": 50, "@text:hs": " 75 ", "@odd:hs": {} }, users_default: 5 };
  const two = { additional_creators: ["@second:hs", 7] };
  const cases: readonly [string, JsonObject | undefined, ReturnType<typeof create>, number][] = [
    ["@mod:hs", levels, create("11"), 50],
    ["@text:hs", levels, create("9"), 75],
    ["@odd:hs", levels, create("11"), 5],
    ["@other:hs", levels, create("11"), 5],
    ["__proto__", levels, create("11"), 5],
    ["@founder:hs", levels, create("11"), 5],
    ["@founder:hs", undefined, create("11"), 100],
    ["@other:hs", undefined, create("11"), 0],
    ["@founder:hs", { users: { "@founder:hs": 0 } }, create("12"), Infinity],
    ["@second:hs", levels, create("12", two), Infinity],
    ["@second:hs", levels, create("11", two), 5],
    ["@founder:hs", levels, create("org.example.custom"), 5],
    ["@founder:hs", levels, create("13"), Infinity],
  ];
  for (const [user, given, creation, expected] of cases) {
    assert.equal(powerOf(user, given, creation), expected, `${user} ${JSON.stringify(creation)}`);
  }
  assert.equal(powerOf("@a:hs", undefined, undefined), 0);
});

test("who may set state may plumb, nobody else", () => {
  const levels = { users: { "@mod:hs": 50 }, state_default: 60 };
  assert.equal(mayPlumb("@mod:hs", levels, create("11")), false);
  assert.equal(mayPlumb("@mod:hs", { users: { "@mod:hs": 50 } }, create("11")), true);
  assert.equal(mayPlumb("@other:hs", {}, create("11")), false);
  assert.equal(mayPlumb("@founder:hs", levels, create("12")), true);
  assert.equal(mayPlumb("@founder:hs", undefined, create("10")), true);
  assert.equal(mayPlumb("@other:hs", undefined, undefined), false);
  assert.equal(powerForState("m.room.topic", { events: { "m.room.topic": 3 } }), 3);
  assert.equal(powerForState("toString", { events: {} }), 50);
});

test("member events are read, and what is none is not", () => {
  const event = (content: JsonObject, state_key?: string): MatrixEvent => ({
    event_id: "$1",
    type: "m.room.member",
    room_id: "!r:hs",
    sender: "@a:hs",
    origin_server_ts: 1,
    content,
    ...(state_key === undefined ? {} : { state_key }),
  });
  assert.deepEqual(
    memberOf(event({ membership: "invite", displayname: "B", is_direct: true }, "@b:hs")),
    {
      user: "@b:hs",
      membership: "invite",
      name: "B",
      avatar: undefined,
      reason: undefined,
      direct: true,
    },
  );
  assert.equal(memberOf(event({ membership: "join" })), undefined);
  assert.equal(memberOf(event({ membership: "join" }, "b")), undefined);
  assert.equal(memberOf(event({ membership: "boss" }, "@b:hs")), undefined);
  assert.equal(memberOf({ ...event({ membership: "join" }, "@b:hs"), type: "x" }), undefined);
  assert.equal(memberOf(event({ membership: "join", displayname: {} }, "@b:hs"))?.name, undefined);
});
