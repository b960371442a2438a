import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import { Router } from "express";
import type { Log } from "../adapter/index.ts";
import { createListener, type Listening } from "./listener.ts";
import { networkRouter } from "./network-routes.ts";
import type { NetworkSurface, WebhookOptions } from "./webhook.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const open: Listening[] = [];
after(async () => {
  for (const listening of open) await listening.close(0);
});

const address = "https://bridge.test/box";
const owner = '@ana"<b>:hs.test';

const scene = async (bounds?: WebhookOptions["bounds"]) => {
  const seen: Request[] = [];
  const bodies: string[] = [];
  const arrived: string[] = [];
  const waiting = new Set(["good"]);
  const networks: Record<string, NetworkSurface> = {
    closed: { name: "Closed", webhooks: "not-open" },
    plain: { name: "Plain", webhooks: undefined },
    net: {
      name: "Net & Co",
      webhooks: {
        events: async (request) => {
          seen.push(request);
          bodies.push(await request.text());
          return new Response("taken", {
            status: 202,
            headers: { "x-answer": "1", "content-security-policy": "default-src *" },
          });
        },
        breaks: () => Promise.reject(new Error("a token is in here")),
      },
    },
  };
  const listener = createListener({
    log: silent,
    appservice: Router(),
    ready: async () => ({ ok: true, state: {} }),
  });
  listener.mount(
    "/network",
    networkRouter({
      network: (id) => (Object.hasOwn(networks, id) ? networks[id] : undefined),
      returns: {
        whose: (network, state) => (network === "net" && waiting.has(state) ? owner : undefined),
        arrive: (_, answer) => {
          arrived.push(answer.toString());
          return waiting.delete(answer.get("state") ?? "");
        },
      },
      address,
      log: silent,
      ...(bounds && { bounds }),
    }),
  );
  const listening = await listener.listen({ host: "127.0.0.1", port: 0 });
  open.push(listening);
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${listening.port}/network${path}`, init);
  return { ask, seen, bodies, arrived, port: listening.port };
};

/** Begins a call without a token, and sends only so much of its body. */
const begin = async (port: number, { says, of }: { says: number; of: number }) => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  const gone = once(socket, "close");
  await once(socket, "connect");
  socket.write(`POST /network/net/events HTTP/1.1\r\nhost: a\r\ncontent-length: ${of}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.write("x".repeat(says), () => resolve()));
  return { socket, gone };
};

test("a webhook gets the call as it came, and its answer goes back", async () => {
  const { ask, seen, bodies } = await scene();
  const body = '{ "b" : 1,\r\n "a": "\u00e9" }';
  const headers = { "x-signature": "v0=abc", "content-type": "application/json" };
  const answer = await ask("/net/events?a=1&a=2", { method: "POST", body, headers });
  assert.equal(answer.status, 202);
  assert.equal(await answer.text(), "taken");
  assert.equal(answer.headers.get("x-answer"), "1");
  assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  const [request] = seen;
  assert.equal(request?.url, `${address}/network/net/events?a=1&a=2`);
  assert.equal(request?.method, "POST");
  assert.equal(request?.headers.get("x-signature"), "v0=abc");
  assert.deepEqual(bodies, [body]);
});

test("what is not there, not open, too long or breaks is refused without a word of why", async () => {
  const { ask, seen } = await scene();
  for (const path of ["/nobody/events", "/net/nothing", "/plain/events", "/net/__proto__", "/net"])
    assert.equal((await ask(path, { method: "POST" })).status, 404, path);
  assert.equal((await ask("/net/toString")).status, 404);
  assert.equal((await ask("/closed/events", { method: "POST" })).status, 503);
  assert.equal((await ask("/net/events", { method: "DELETE" })).status, 405);
  const long = await ask("/net/events", { method: "POST", body: "x".repeat(4 * 1024 * 1024 + 1) });
  assert.equal(long.status, 413);
  const broken = await ask("/net/breaks", { method: "POST", body: "{}" });
  assert.equal(broken.status, 500);
  assert.doesNotMatch(await broken.text(), /token/);
  assert.equal(seen.length, 0);
});

test("whoever shows no token fills no memory: all their bodies together are bounded", async () => {
  const { ask, seen, port } = await scene({ together: 100_000, slowest: 60_000 });
  const { socket } = await begin(port, { says: 90_000, of: 95_000 });
  const post = async (): Promise<number> =>
    (await ask("/net/events", { method: "POST", body: "y".repeat(50_000) })).status;
  // Until its bytes have come.
  while ((await post()) !== 503);
  const taken = seen.length;
  socket.destroy();
  while ((await post()) !== 202);
  assert.equal(seen.length, taken + 1);
});

test("whoever sends a body slowly is let go", async () => {
  const { seen, port } = await scene({ together: 100_000, slowest: 50 });
  const { gone } = await begin(port, { says: 10, of: 1000 });
  await gone;
  assert.equal(seen.length, 0);
});

test("a browser that comes back is asked first, and its answer arrives once", async () => {
  const { ask, arrived } = await scene();
  const asked = await ask("/net/login?state=good&code=7");
  const text = await asked.text();
  assert.equal(asked.status, 200);
  assert.match(text, /Net &amp; Co/);
  assert.match(text, /@ana&quot;&lt;b&gt;:hs\.test/);
  assert.match(asked.headers.get("content-security-policy") ?? "", /form-action 'self'/);
  assert.equal(asked.headers.get("referrer-policy"), "no-referrer");
  assert.deepEqual(arrived, [], "looking at the page is no answer");
  const post = (path: string, site = "same-origin") =>
    ask(path, { method: "POST", headers: { "sec-fetch-site": site } });
  assert.equal((await post("/net/login?state=good&code=7", "cross-site")).status, 400);
  assert.deepEqual(arrived, []);
  assert.equal((await post("/net/login?state=good&code=7")).status, 200);
  assert.deepEqual(arrived, ["state=good&code=7"]);
  assert.equal((await post("/net/login?state=good&code=7")).status, 400);
  assert.deepEqual(arrived, ["state=good&code=7"]);
});

test("a state that is wrong, doubled, absent or of another network is nobody's", async () => {
  const { ask, arrived } = await scene();
  for (const path of [
    "/net/login",
    "/net/login?state=bad&code=7",
    "/net/login?state=good&state=good",
    "/plain/login?state=good&code=7",
    "/nobody/login?state=good",
    `/net/login?state=good&code=${"x".repeat(9000)}`,
  ]) {
    assert.equal((await ask(path)).status, 400, path);
    assert.equal((await ask(path, { method: "POST" })).status, 400, path);
  }
  assert.equal((await ask("/net/login?state=good", { method: "PUT" })).status, 405);
  assert.deepEqual(arrived, []);
});

test("a person who refused on the network's page is heard at once", async () => {
  const { ask, arrived } = await scene();
  assert.equal((await ask("/net/login?error=access_denied&state=good")).status, 200);
  assert.deepEqual(arrived, ["error=access_denied&state=good"]);
});
