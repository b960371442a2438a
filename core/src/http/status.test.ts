import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import express from "express";
import { loginId, networkId } from "../adapter/index.ts";
import { statusRouter } from "./status.ts";
import type { StatusNews, StatusSnapshot, StatusSource } from "./status-types.ts";

const network = networkId("acme");
const token = "an-admin-token";
const home = { reachable: true, since: 1, why: null };
const snapshot: StatusSnapshot = {
  at: 2,
  startedAt: 1,
  homeserver: home,
  networks: [{ id: network, type: "acme", logins: [] }],
  queues: [],
  outcomes: [],
};

const start = async (t: TestContext) => {
  const listeners = new Set<(news: StatusNews) => void>();
  const asked = { limit: 0, depth: 0 };
  const source: StatusSource = {
    snapshot: () => Promise.resolve(snapshot),
    outcomes: (limit) => {
      asked.limit = limit;
      return Promise.resolve([]);
    },
    depth: () => {
      asked.depth += 1;
      return Promise.resolve([{ network, direction: "out", count: asked.depth }]);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const ending = new AbortController();
  const app = express();
  app.use("/_bridgebox/v1", statusRouter({ source, token, signal: ending.signal }));
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    ending.abort();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const get = (path: string, authorization: string | undefined = `Bearer ${token}`) =>
    fetch(`http://127.0.0.1:${port}/_bridgebox/v1${path}`, {
      headers: authorization === "" ? {} : { authorization },
    });
  const tell = (news: StatusNews): void => listeners.forEach((listener) => listener(news));
  return { get, tell, asked, listeners, ending };
};

test("only the admin token opens the status, and only in the header", async (t) => {
  const { get } = await start(t);
  for (const path of ["/status", "/events", "/outcomes"]) {
    assert.equal((await get(path, "")).status, 401);
    assert.equal((await get(`${path}?access_token=${token}`, "")).status, 401);
    assert.equal((await get(path, "Bearer wrong")).status, 403);
  }
  const reply = await get("/status");
  assert.equal(reply.status, 200);
  assert.deepEqual(await reply.json(), snapshot);
});

test("a limit is a number, and never more than the most", async (t) => {
  const { get, asked } = await start(t);
  await get("/outcomes?limit=7");
  assert.equal(asked.limit, 7);
  await get("/outcomes?limit=999999");
  assert.equal(asked.limit, 1000);
  assert.equal((await get("/outcomes?limit=-1")).status, 400);
  assert.equal((await get("/outcomes?limit[a]=1")).status, 400);
});

test("the stream begins with everything, tells the news, and ends with the box", async (t) => {
  const { get, tell, listeners, ending } = await start(t);
  const reply = await get("/events");
  assert.match(reply.headers.get("content-type") ?? "", /^text\/event-stream/);
  const next = reader(reply);
  assert.match(await next("event: status"), /"acme"/);
  const login = loginId("acme:1");
  const told = { network, login, owner: null, name: "bot", since: 3, catchesUp: false, why: null };
  tell({ what: "login", login: { ...told, state: "connected" } });
  assert.match(await next("event: login"), /"connected"/);
  tell({ what: "homeserver", homeserver: { ...home, reachable: false, why: "it is stopped" } });
  assert.match(await next("event: homeserver"), /it is stopped/);
  ending.abort();
  await next("the end");
  assert.equal(listeners.size, 0);
});

test("a thousand queued items are a few depths", async (t) => {
  const { get, tell, asked } = await start(t);
  const next = reader(await get("/events"));
  await next("event: status");
  for (let index = 0; index < 1000; index += 1) tell({ what: "queue" });
  assert.match(await next('"count":2'), /event: queue/);
  assert.equal(asked.depth, 2);
});

/** Reads on until a text was there, or to the end. */
const reader = (reply: Response): ((text: string) => Promise<string>) => {
  assert.ok(reply.body);
  const chunks = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let all = "";
  return async (text) => {
    while (!all.includes(text)) {
      const { value, done } = await chunks.read();
      if (done) break;
      all += value;
    }
    return all;
  };
};
