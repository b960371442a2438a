import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../testing/until.ts";
import { checkpointReporter } from "./checkpoints.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { postedTo } from "../testing/post-place.ts";

const one: Checkpoint = {
  event: "$1",
  room: "!room:hs.test",
  type: "m.room.message",
  msgtype: "m.text",
  state: "accepted",
  at: 1000,
};

test("how far a message has come is posted in the words that hosts of bridges know", async (t) => {
  const place = await postedTo(t);
  const post = checkpointReporter({ ...place.posting, key: "status.checkpoints" });
  post(one);
  post({
    ...one,
    state: "not_bridged",
    code: "unsupported",
    sentence: "it has no polls.",
    at: 2000,
  });
  await until("both are posted", () => place.posted.flatMap(checkpointsIn).length === 2);
  assert.deepEqual(place.posted.flatMap(checkpointsIn), [
    {
      event_id: "$1",
      room_id: "!room:hs.test",
      step: "BRIDGE",
      timestamp: 1000,
      status: "SUCCESS",
      event_type: "m.room.message",
      message_type: "m.text",
      reported_by: "BRIDGE",
      retry_num: 0,
    },
    {
      event_id: "$1",
      room_id: "!room:hs.test",
      step: "REMOTE",
      timestamp: 2000,
      status: "UNSUPPORTED",
      event_type: "m.room.message",
      message_type: "m.text",
      reported_by: "BRIDGE",
      retry_num: 0,
      info: "it has no polls.",
    },
  ]);
  assert.deepEqual(new Set(place.posted.map(({ token }) => token)), new Set(["Bearer secret"]));
});

test("each end has its word", async (t) => {
  const place = await postedTo(t);
  const post = checkpointReporter({ ...place.posting, key: "status.checkpoints" });
  const ends: readonly Partial<Checkpoint>[] = [
    { state: "delivered" },
    { state: "retrying", code: "network" },
    { state: "failed", code: "expired" },
    { state: "failed", code: "forbidden" },
    { state: "not_bridged", code: "forbidden" },
    { state: "doubtful", code: "doubtful" },
  ];
  for (const end of ends) post({ ...one, ...end });
  await until("all are posted", () => place.posted.flatMap(checkpointsIn).length === ends.length);
  assert.deepEqual(
    place.posted.flatMap(checkpointsIn).map(({ status }) => status),
    ["SUCCESS", "WILL_RETRY", "TIMEOUT", "PERM_FAILURE", "PERM_FAILURE", "TIMEOUT"],
  );
});

test("what is not taken is posted again in its order, with what came meanwhile behind it", async (t) => {
  const place = await postedTo(t);
  place.answers.push(502, 502);
  const post = checkpointReporter({ ...place.posting, key: "status.checkpoints" });
  post(one);
  await until("it was refused", () => place.posted.length === 1);
  post({ ...one, event: "$2" });
  await until("both are taken", () => {
    place.clock.advance(1000);
    return place.posted.length === 3;
  });
  assert.deepEqual(
    checkpointsIn(place.posted[2]).map(({ event_id }) => event_id),
    ["$1", "$2"],
  );
  assert.deepEqual(place.warned, [
    "What is posted to status.checkpoints was not taken; it is tried again",
  ]);
});

const checkpointsIn = (
  posted: { readonly body: Readonly<Record<string, unknown>> } | undefined,
): readonly Readonly<Record<string, unknown>>[] =>
  (posted?.body["checkpoints"] ?? []) as readonly Readonly<Record<string, unknown>>[];
