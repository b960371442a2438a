import assert from "node:assert/strict";
import { type ServerResponse } from "node:http";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { failure, json, live, message, scene } from "../testing/scripted-server.ts";

test("M_LIMIT_EXCEEDED shuts the gate for as long as it says, and the next call waits", async () => {
  for (const [header, body, wait] of [
    [undefined, { retry_after_ms: 40 }, 40],
    ["3600", {}, 3_600_000],
    ["0", { retry_after_ms: 50 }, 50],
  ] as const) {
    let refuse = true;
    const { homeserver, requests } = await scene((_, response) => {
      if (!refuse) return json(response, 200, { event_id: "$2" });
      refuse = false;
      if (header !== undefined) response.setHeader("retry-after", header);
      json(response, 429, { errcode: "M_LIMIT_EXCEEDED", error: "slow", ...body });
    });
    const error = await failure(homeserver.send(message, live));
    assert.deepEqual([error.reached, error.retryAfter], ["no", wait]);
    const shut = homeserver.gate.closure?.until ?? 0;
    assert.ok(shut > Date.now() - 1000 + wait);
    if (wait > 1000) {
      const stop = new AbortController();
      const waiting = failure(homeserver.send(message, { class: "live", signal: stop.signal }));
      await turn();
      assert.equal(requests.length, 1, "it waits at the gate");
      stop.abort();
      assert.equal((await waiting).reached, "no");
      continue;
    }
    assert.equal(await homeserver.send(message, live), "$2");
    assert.ok(Date.now() >= shut, "not before its time");
    assert.equal(homeserver.gate.closure, undefined, "and the answer opens it");
  }
});

test("many calls in one limit make one retry, not one each", async () => {
  let limited = true;
  const { homeserver, requests } = await scene((_, response) => {
    if (!limited) return json(response, 200, { event_id: "$ok" });
    const retry_after_ms = requests.length === 1 ? 30 : 3_600_000;
    json(response, 429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms });
  });
  await failure(homeserver.send(message, live));
  const rest = Array.from({ length: 20 }, (_, n) =>
    homeserver.send({ ...message, txn: `t${n}` }, live).catch((error: unknown) => error),
  );
  while (requests.length < 2) await turn();
  await turn();
  assert.equal(requests.length, 2, "one goes ahead");
  limited = false;
  homeserver.gate.open();
  const results = await Promise.all(rest);
  assert.equal(results.filter((result) => result === "$ok").length, 19);
});

test("a limit on joins shuts the roster, not the talk", async () => {
  const roster = { class: "roster" } as const;
  for (const wait of [20, 3_600_000]) {
    let refuse = true;
    const { homeserver, requests } = await scene((request, response) => {
      if (!request.url?.includes("/join/")) return json(response, 200, { event_id: "$1" });
      if (!refuse) return json(response, 200, { room_id: "!r:hs" });
      refuse = false;
      json(response, 429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: wait });
    });
    const began = Date.now();
    await failure(homeserver.join("!r:hs", roster));
    assert.equal(homeserver.gate.closure, undefined);
    if (wait === 20) {
      assert.equal(await homeserver.join("!r:hs", roster), "!r:hs");
      assert.ok(Date.now() - began >= 19);
      continue;
    }
    const stop = new AbortController();
    const calledOff = failure(homeserver.join("!r:hs", { ...roster, signal: stop.signal }));
    assert.equal(await homeserver.send(message, live), "$1");
    assert.equal(requests.length, 2, "talk goes on while the roster waits");
    stop.abort();
    assert.equal((await calledOff).reached, "no");
  }
});

test("classes have slots of their own: history cannot hold up live talk", async () => {
  const held: ServerResponse[] = [];
  const { homeserver, requests } = await scene((request, response) => {
    if (request.url?.includes("joined_members")) held.push(response);
    else json(response, 200, { event_id: "$1" });
  });
  const history = Array.from({ length: 5 }, () =>
    homeserver.joinedMembers("!r:hs", { class: "history" }),
  );
  while (held.length < 2) await turn();
  assert.equal(await homeserver.send(message, live), "$1");
  assert.equal(requests.filter(({ url }) => url.includes("joined_members")).length, 2);
  while (held.length > 0 || requests.length < 6) {
    const response = held.shift();
    if (response)
      json(response, 200, { joined: { "@a:hs": { display_name: "A" }, "@b:hs": null } });
    await turn();
  }
  const [members] = await Promise.all(history);
  assert.deepEqual(
    members,
    new Map([
      ["@a:hs", { name: "A" }],
      ["@b:hs", { name: undefined }],
    ]),
  );
});

test("a homeserver that calls us is there: an outage is over, a limit is not", async () => {
  let limited = false;
  const { homeserver } = await scene((_, response) => {
    if (limited) json(response, 429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 60_000 });
    else response.destroy();
  });
  await failure(homeserver.send(message, live));
  assert.ok(homeserver.gate.closure, "the lost answer shut the gate");
  homeserver.heard();
  assert.equal(homeserver.gate.closure, undefined);
  limited = true;
  await failure(homeserver.send({ ...message, txn: "t2" }, live));
  homeserver.heard();
  assert.ok(homeserver.gate.closure, "it asked for patience");
});
