import assert from "node:assert/strict";
import { test } from "node:test";
import { hsToken, nobody, openIngress, storeAt } from "../testing/ingress-scene.ts";
import { StoreFull } from "../store/errors.ts";
import { isObject } from "./parse.ts";
import type { Ephemeral } from "./types.ts";

const errcodeOf = (body: unknown): unknown => (isObject(body) ? body["errcode"] : undefined);

const event = (id: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  event_id: id,
  type: "m.room.message",
  room_id: "!room:hs.test",
  sender: "@alice:hs.test",
  origin_server_ts: 1,
  content: { body: "hello" },
  ...more,
});

const ok = { status: 200, type: "application/json; charset=utf-8", body: {} };

const routes: readonly [string, string][] = [
  ["PUT", "/_matrix/app/v1/transactions/1"],
  ["PUT", "/transactions/1"],
  ["POST", "/_matrix/app/v1/ping"],
  ...["/_matrix/app/v1", "/_matrix/app/unstable", ""].flatMap((prefix): [string, string][] => [
    ["GET", `${prefix}/users/%40irc_a%3Ahs.test`],
    ["GET", `${prefix}/rooms/%23irc_a%3Ahs.test`],
    ...["protocol/irc", "location/irc", "user/irc", "location", "user"].map(
      (what): [string, string] => ["GET", `${prefix}/thirdparty/${what}`],
    ),
  ]),
];

test("every route refuses everything but the token in the header, in JSON", async (t) => {
  let asked = 0;
  const count = async (): Promise<never> => {
    asked += 1;
    throw new Error("nobody may ask this");
  };
  const { ask, inbox } = await openIngress(t, {
    queries: Object.fromEntries(Object.keys(nobody).map((name) => [name, count])),
  });
  const body = JSON.stringify({ events: [event("$1")] });
  const attempts: readonly [string | null, string, number, string][] = [
    [null, "", 401, "M_MISSING_TOKEN"],
    [null, `?access_token=${hsToken}`, 401, "M_MISSING_TOKEN"],
    ["Bearer ", "", 401, "M_MISSING_TOKEN"],
    [`Basic ${Buffer.from(`hs:${hsToken}`).toString("base64")}`, "", 401, "M_MISSING_TOKEN"],
    [hsToken, "", 401, "M_MISSING_TOKEN"],
    ["Bearer wrong", "", 403, "M_FORBIDDEN"],
    ["Bearer wrong", `?access_token=${hsToken}`, 403, "M_FORBIDDEN"],
    [`Bearer ${hsToken.slice(0, -1)}`, "", 403, "M_FORBIDDEN"],
    [`Bearer ${hsToken}x`, "", 403, "M_FORBIDDEN"],
  ];
  for (const [method, path] of routes) {
    for (const [token, query, status, errcode] of attempts) {
      const answer = await ask(method, path + query, {
        token,
        ...(method === "PUT" ? { body } : {}),
      });
      assert.equal(answer.status, status, `${method} ${path}${query} with ${String(token)}`);
      assert.match(JSON.stringify(answer.body), new RegExp(errcode));
      assert.ok(!JSON.stringify(answer.body).includes(hsToken));
    }
  }
  assert.equal(asked, 0);
  assert.deepEqual(await inbox(), []);
});

test("unknown paths are 404 and wrong methods 405, both M_UNRECOGNIZED", async (t) => {
  const { ask } = await openIngress(t);
  for (const path of ["/", "/_matrix/app/v1/nothing", "/_matrix/app/v1/transactions"]) {
    const { status, body } = await ask("GET", path);
    assert.deepEqual([status, errcodeOf(body)], [404, "M_UNRECOGNIZED"], path);
  }
  for (const [method, path] of routes) {
    const { status, body } = await ask(method === "GET" ? "PUT" : "DELETE", path);
    assert.deepEqual([status, errcodeOf(body)], [405, "M_UNRECOGNIZED"], path);
  }
  const { status, body } = await ask("GET", "/_matrix/app/v1/users/%ff");
  assert.deepEqual([status, errcodeOf(body)], [400, "M_INVALID_PARAM"]);
});

test("a transaction is in the inbox when it is answered, and listeners know", async (t) => {
  const { push, ask, inbox, ingress } = await openIngress(t);
  let commits = 0;
  const stop = ingress.onCommitted(() => (commits += 1));
  assert.deepEqual(await push("1", [event("$1"), event("$2")]), ok);
  assert.deepEqual(await inbox(), ["$1", "$2"]);
  assert.equal(commits, 1);
  const legacy = JSON.stringify({ events: [event("$3")] });
  assert.deepEqual(await ask("PUT", "/transactions/2", { body: legacy }), ok);
  assert.deepEqual(await push("3", []), ok);
  assert.equal(commits, 2, "a commit that added nothing is no news");
  stop();
  await push("4", [event("$4")]);
  assert.equal(commits, 2);
  assert.deepEqual(ingress.counts, { transactions: 4, stored: 4, repeated: 0, skipped: 0 });
  assert.notEqual(ingress.lastContact, undefined);
});

test("twice, out of order, under a new id, after a restart: applied once", async (t) => {
  const path = await storeAt(t);
  const first = await openIngress(t, { path });
  await first.push("2", [event("$2")]);
  await first.push("1", [event("$1")]);
  assert.deepEqual(await first.push("1", [event("$1")]), ok);
  assert.deepEqual(await first.push("3", [event("$2"), event("$3"), event("$3")]), ok);
  await Promise.all([first.push("4", [event("$4")]), first.push("4", [event("$4")])]);
  assert.deepEqual(await first.inbox(), ["$2", "$1", "$3", "$4"]);
  for (const { seq } of await first.store.read.inbox.next(10)) {
    await first.store.commit((tx) => tx.inbox.done(seq));
  }
  await first.store.close();
  const second = await openIngress(t, { path });
  await second.push("1", [event("$1")]);
  await second.push("2", [event("$3"), event("$4")]);
  assert.deepEqual(await second.inbox(), []);
  await second.push("1", [event("$new")]);
  assert.deepEqual(await second.inbox(), ["$new"], "an old id with a new event loses nothing");
});

test("a transaction that the homeserver kept back is asked for, and comes in its place", async (t) => {
  const { push, inbox } = await openIngress(t);
  assert.deepEqual(await push("1", [event("$1")]), ok);
  const refused = await push("3", [event("$3")]);
  assert.equal(refused.status, 503);
  assert.deepEqual(await push("2", [event("$2")]), ok);
  assert.deepEqual(await push("3", [event("$3")]), ok);
  assert.deepEqual(await inbox(), ["$1", "$2", "$3"]);
});

test("6 MB and 10,000 events go in whole, in order and once", async (t) => {
  const { push, inbox, ingress } = await openIngress(t);
  const large = event("$large", { content: { body: "x".repeat(6_000_000) } });
  assert.deepEqual(await push("1", [large]), ok);
  const many = Array.from({ length: 10_000 }, (_, n) => event(`$${n}`));
  assert.deepEqual(await push("2", many), ok);
  assert.deepEqual(await inbox(), ["$large", ...many.map(({ event_id }) => event_id)]);
  assert.deepEqual(await push("2", many), ok);
  assert.equal(ingress.counts.stored, 10_001);
  assert.equal(ingress.counts.repeated, 10_000);
});

test("beyond the limit it is 413 in JSON, declared or not", async (t) => {
  const { ask, inbox } = await openIngress(t, { most: 1000 });
  const body = JSON.stringify({ events: [event("$1", { content: { body: "x".repeat(2000) } })] });
  for (const each of [body, new Blob([body]).stream()]) {
    const answer = await ask("PUT", "/_matrix/app/v1/transactions/1", { body: each });
    assert.deepEqual([answer.status, errcodeOf(answer.body)], [413, "M_TOO_LARGE"]);
  }
  assert.deepEqual(await inbox(), []);
});

test("what is no transaction is 400 in JSON, and the next one passes", async (t) => {
  const { ask, push, inbox } = await openIngress(t);
  const bodies: readonly [string, string][] = [
    ["", "M_NOT_JSON"],
    ["{", "M_NOT_JSON"],
    ["<html>", "M_NOT_JSON"],
    ["null", "M_BAD_JSON"],
    ["[]", "M_BAD_JSON"],
    ["{}", "M_BAD_JSON"],
    ['{"events":{}}', "M_BAD_JSON"],
    ['{"events":"$1"}', "M_BAD_JSON"],
    [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, "M_BAD_JSON"],
  ];
  for (const [body, errcode] of bodies) {
    const answer = await ask("PUT", "/_matrix/app/v1/transactions/1", { body });
    assert.equal(answer.status, 400);
    assert.equal(errcodeOf(answer.body), errcode, body.slice(0, 20));
  }
  assert.deepEqual(await push("1", [event("$1")]), ok);
  assert.deepEqual(await inbox(), ["$1"]);
});

test("an event that is none is skipped with a log line; the others pass", async (t) => {
  const { ask, inbox, ingress, warnings } = await openIngress(t);
  const without = (key: string): unknown => ({ ...event(`$no-${key}`), [key]: undefined });
  const nested: unknown = JSON.parse(`${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`);
  const bad = [
    ...["event_id", "type", "room_id", "sender", "content", "origin_server_ts"].map(without),
    null,
    7,
    "event",
    [],
    event("", {}),
    event("$\ud800"),
    event("$state", { state_key: 7 }),
    event("$time", { origin_server_ts: "now" }),
    event("$long", { sender: `@${"a".repeat(5000)}` }),
    event("$deep", { content: nested }),
    event("$deep2", { unsigned: nested }),
  ];
  const events = [event("$first"), ...bad, event("$last")];
  const body = JSON.stringify({ events });
  const answer = await ask("PUT", "/_matrix/app/v1/transactions/a%0Ab", { body });
  assert.deepEqual(answer, ok);
  assert.deepEqual(await inbox(), ["$first", "$last"]);
  assert.equal(ingress.counts.skipped, bad.length);
  assert.equal(warnings.length, 1);
  assert.deepEqual(
    [warnings[0]?.data?.["transaction"], warnings[0]?.data?.["count"]],
    ["a b", bad.length],
  );
});

test("hostile but whole content comes back as it was and touches nothing", async (t) => {
  const { ask, store } = await openIngress(t);
  const content =
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"body":"a\\u0000b\\ud800c"}';
  const body = `{"events":[${JSON.stringify(event("$1")).replace('{"body":"hello"}', content)}],"__proto__":{"events":[]}}`;
  assert.deepEqual(await ask("PUT", "/_matrix/app/v1/transactions/1", { body }), ok);
  const [row] = await store.read.inbox.next(1);
  const kept = isObject(row?.event) ? row.event["content"] : undefined;
  assert.equal(JSON.stringify(kept), JSON.stringify(JSON.parse(content)));
  assert.equal(Object.getPrototypeOf(kept), Object.prototype);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

test("a store that cannot be written answers 503, and the homeserver's retry arrives", async (t) => {
  let full = true;
  const { push, inbox, ingress } = await openIngress(t, {
    commit: (store) => async (work) => {
      if (full) throw new StoreFull(undefined);
      return store.commit(work);
    },
  });
  const typing = { ephemeral: [{ type: "m.typing", room_id: "!r:hs", content: {} }] };
  const heard: unknown[] = [];
  ingress.onEphemeral((list) => heard.push(...list));
  const refused = await push("1", [event("$1")], typing);
  assert.deepEqual([refused.status, errcodeOf(refused.body)], [503, "M_UNKNOWN"]);
  assert.equal(heard.length, 0);
  full = false;
  assert.deepEqual(await push("1", [event("$1")], typing), ok);
  assert.deepEqual(await inbox(), ["$1"]);
  assert.equal(heard.length, 1);
});

test("ephemeral events are read once from either key, and not again with a repeated transaction", async (t) => {
  const { push, ingress, inbox } = await openIngress(t);
  const heard: Ephemeral[] = [];
  ingress.onEphemeral((list) => heard.push(...list));
  const typing = { type: "m.typing", room_id: "!r:hs", content: { user_ids: ["@a:hs"] } };
  const presence = { type: "m.presence", sender: "@a:hs", content: { presence: "online" } };
  const legacy = "de.sorunome.msc2409.ephemeral";
  await push("1", [], { ephemeral: [typing, 7, { type: "x" }], [legacy]: [typing] });
  await push("1", [], { ephemeral: [typing] });
  await push("2", [], { [legacy]: [presence] });
  await push("3", [], { ephemeral: "none", "de.sorunome.msc2409.to_device": [{}] });
  assert.deepEqual(heard, [
    { type: "m.typing", room: "!r:hs", sender: undefined, content: typing.content },
    { type: "m.presence", room: undefined, sender: "@a:hs", content: presence.content },
  ]);
  assert.deepEqual(await inbox(), []);
});

test("ping and queries are answered, and a query that fails is no crash", async (t) => {
  const { ask } = await openIngress(t, {
    queries: {
      user: async (mxid) => mxid === "@irc_a/b:hs.test",
      alias: async (alias) => {
        if (alias === "#broken:hs.test") throw new Error("the network is away");
        return alias === "#irc_a:hs.test";
      },
      protocol: async (name) => (name === "irc" ? { instances: [] } : undefined),
      location: async (_, fields) => [{ fields }],
      personOf: async (userid) => (userid === "@a:hs.test" ? [{ userid }] : []),
    },
  });
  const v1 = "/_matrix/app/v1";
  assert.deepEqual(await ask("POST", `${v1}/ping`, { body: '{"transaction_id":"x"}' }), ok);
  assert.deepEqual(await ask("GET", `${v1}/users/%40irc_a%2Fb%3Ahs.test`), ok);
  assert.equal((await ask("GET", `${v1}/users/%40bob%3Ahs.test`)).status, 404);
  assert.deepEqual(await ask("GET", `/rooms/%23irc_a%3Ahs.test?access_token=${hsToken}`), ok);
  assert.equal((await ask("GET", `${v1}/rooms/%23other%3Ahs.test`)).status, 404);
  const broken = await ask("GET", `${v1}/rooms/%23broken%3Ahs.test`);
  assert.deepEqual([broken.status, errcodeOf(broken.body)], [500, "M_UNKNOWN"]);
  assert.deepEqual((await ask("GET", "/_matrix/app/unstable/thirdparty/protocol/irc")).body, {
    instances: [],
  });
  assert.equal((await ask("GET", `${v1}/thirdparty/protocol/icq`)).status, 404);
  const location = `${v1}/thirdparty/location/irc?channel=a&access_token=t&x=1&x=2`;
  assert.deepEqual((await ask("GET", location)).body, [{ fields: { channel: "a" } }]);
  const whose = `${v1}/thirdparty/user`;
  assert.equal((await ask("GET", `${whose}?userid=%40a%3Ahs.test`)).status, 200);
  for (const nothing of [whose, `${whose}?userid=x`, `${whose}/irc?nick=x`])
    assert.equal(errcodeOf((await ask("GET", nothing)).body), "M_NOT_FOUND", nothing);
});

test("only what holds nothing but spent echoes is answered when more may have gathered", async (t) => {
  const gathering = Promise.withResolvers<void>();
  const asking = Promise.withResolvers<void>();
  let asked = 0;
  const { push, inbox } = await openIngress(t, {
    isSpent: async ({ event_id }) => event_id.startsWith("$echo"),
    gathered: () => {
      asked += 1;
      asking.resolve();
      return gathering.promise;
    },
  });
  assert.deepEqual(await push("1", [event("$echo1"), event("$said")]), ok);
  assert.equal(asked, 0);
  let answered = false;
  const answer = push("2", [event("$echo2")]).finally(() => (answered = true));
  await asking.promise;
  assert.deepEqual(await push("3", [event("$other")]), ok);
  assert.deepEqual([answered, asked], [false, 1]);
  gathering.resolve();
  assert.deepEqual(await answer, ok);
  assert.deepEqual(await inbox(), ["$said", "$other"]);
});
