import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, json, live, scene } from "../testing/scripted-server.ts";
import type { Views } from "./types.ts";

const read = async (answer: object): Promise<Views> => {
  const { homeserver } = await scene((_, response) => json(response, 200, answer));
  return homeserver.readViews(undefined, live);
};

const silent = { enabled: true, actions: [] };

test("tags, marks and mutes are read as clients write them", async () => {
  const events = [
    { type: "m.tag", content: { tags: { "m.favourite": { order: 0.1 }, "u.mine": {} } } },
    { type: "com.famedly.marked_unread", content: { unread: true } },
  ];
  const { next, rooms, muted } = await read({
    next_batch: "s1",
    rooms: { join: { "!a:hs.test": { account_data: { events } }, "!b:hs.test": {} } },
    account_data: {
      events: [
        {
          type: "m.push_rules",
          content: {
            global: {
              override: [{ rule_id: "!c:hs.test", ...silent }],
              room: [
                { rule_id: "!a:hs.test", enabled: true, actions: ["dont_notify"] },
                { rule_id: "!d:hs.test", enabled: false, actions: [] },
                { rule_id: "!e:hs.test", enabled: true, actions: ["notify"] },
              ],
            },
          },
        },
      ],
    },
  });
  assert.equal(next, "s1");
  const view = { tags: ["m.favourite", "u.mine"], unread: true };
  assert.deepEqual([...rooms], [["!a:hs.test", view]]);
  assert.deepEqual([...(muted ?? [])], ["!c:hs.test", "!a:hs.test"]);
});

test("what is of no such form is nothing", async () => {
  const odd = [null, 1, { type: "m.tag" }, { type: "m.tag", content: [] }, { content: {} }];
  const events = [...odd, { type: "m.push_rules", content: { global: { room: [1, null] } } }];
  const data = { account_data: { events } };
  const { rooms, muted } = await read({
    next_batch: "s",
    rooms: { join: { "!a": data } },
    ...data,
  });
  assert.deepEqual([rooms.size, muted?.size], [0, 0]);
  for (const join of [[], "x", { "!a": null }, { "!a": { account_data: [] } }])
    assert.equal((await read({ next_batch: "s", rooms: { join } })).rooms.size, 0);
  await failure(read({}));
});
