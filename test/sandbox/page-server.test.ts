import assert from "node:assert/strict";
import { request } from "node:http";
import { test, type TestContext } from "node:test";
import { servePage } from "./page-server.ts";
import { Refusal } from "./types.ts";

const start = async (t: TestContext) => {
  const said: string[] = [];
  const server = await servePage({
    port: 0,
    all: () => [],
    subscribe: () => () => undefined,
    picture: () => undefined,
    do: ({ text }) => {
      if (text === "no") return Promise.reject(new Refusal("Not sent – so it is – wait."));
      said.push(text);
      return Promise.resolve();
    },
    act: () => Promise.resolve(),
  });
  t.after(() => server.close());
  const own = `http://127.0.0.1:${server.port}`;
  const ask = (path: string, headers: Record<string, string>, body?: unknown) =>
    new Promise<{ status: number; text: string; policy: string }>((resolve, reject) => {
      const method = body === undefined ? "GET" : "POST";
      const sent = request(`${own}${path}`, { method, headers }, (reply) => {
        let text = "";
        reply.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        const policy = String(reply.headers["content-security-policy"]);
        reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text, policy }));
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return { ask, said, own };
};

const json = { "content-type": "application/json" };
const words = { room: "lobby", side: "matrix", what: "say", as: "Ana", text: "hello" };

test("the page and its parts are served under a strict policy, and nothing else is", async (t) => {
  const { ask } = await start(t);
  const page = await ask("/", {});
  assert.equal(page.status, 200);
  assert.match(page.policy, /default-src 'none'; script-src 'self'/);
  const scripts = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = ""]) => path);
  assert.ok(scripts.includes("/app.js"));
  const seen = new Set<string>();
  for (const path of scripts) {
    const part = await ask(path, {});
    assert.equal(part.status, 200, path);
    for (const [, name = ""] of part.text.matchAll(/from "\.(\/[^"]+)"/g)) {
      if (!seen.has(name) && path !== "/lib/preact.js") scripts.push(name);
      seen.add(name);
    }
  }
  assert.ok(seen.has("/lib/preact.js"));
  for (const path of ["/index.ts", "/../index.ts", "/page/app.js", "/%2e%2e/index.ts"]) {
    assert.equal((await ask(path, {})).status, 404, path);
  }
});

test("only the page itself may press the buttons", async (t) => {
  const { ask, said, own } = await start(t);
  const act = (headers: Record<string, string>) => ask("/api/do", { ...json, ...headers }, words);
  assert.equal((await act({ origin: own })).status, 200);
  assert.deepEqual(said, ["hello"]);
  const strangers: Record<string, string>[] = [
    {},
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: own, "sec-fetch-site": "cross-site" },
    { origin: "http://evil.example:80", host: "evil.example:80" },
  ];
  for (const headers of strangers) {
    assert.equal((await act(headers)).status, 403, JSON.stringify(headers));
  }
  assert.equal((await ask("/api/stream", { host: "rebound.example" })).status, 403);
  assert.equal((await ask("/", { host: "rebound.example" })).status, 403);
  assert.deepEqual(said, ["hello"]);
});

test("a form of another kind, a wrong room and a refusal are told apart", async (t) => {
  const { ask, own } = await start(t);
  const plain = { origin: own, "content-type": "text/plain" };
  assert.equal((await ask("/api/do", plain, words)).status, 400);
  const strange = { ...words, room: "__proto__" };
  assert.equal((await ask("/api/do", { ...json, origin: own }, strange)).status, 400);
  const refused = await ask("/api/do", { ...json, origin: own }, { ...words, text: "no" });
  assert.equal(refused.status, 409);
  assert.match(refused.text, /Not sent – so it is – wait\./);
  assert.equal((await ask("/api/act", { ...json, origin: own }, { act: "rm" })).status, 400);
});
