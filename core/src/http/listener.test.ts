import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, test } from "node:test";
import { Router } from "express";
import type { Log } from "../adapter/index.ts";
import { createListener, type Listening } from "./listener.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const open: Listening[] = [];
after(async () => {
  for (const listening of open) await listening.close(0);
});

const scene = async (ready = true): Promise<{ port: number; listening: Listening }> => {
  const appservice = Router();
  appservice.get("/breaks", () => {
    throw new Error("with a secret in it");
  });
  const listener = createListener({
    log: silent,
    appservice,
    ready: async () => ({ ok: ready, state: { store: ready ? "open" : "the disk is full" } }),
  });
  listener.mount("/metrics", (_, response) => void response.type("text/plain").send("up 1\n"));
  const listening = await listener.listen({ host: "127.0.0.1", port: 0 });
  open.push(listening);
  return { port: listening.port, listening };
};

const get = (port: number, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`);

test("live and ready answer under both names, ready with what is missing", async () => {
  const { port } = await scene();
  const away = await scene(false);
  for (const prefix of ["", "/_matrix/mau"]) {
    assert.deepEqual(await (await get(port, `${prefix}/live`)).json(), { live: true });
    assert.equal((await get(port, `${prefix}/ready`)).status, 200);
    assert.equal((await get(away.port, `${prefix}/live`)).status, 200);
    const missing = await get(away.port, `${prefix}/ready`);
    assert.equal(missing.status, 503);
    assert.deepEqual(await missing.json(), { ready: false, state: { store: "the disk is full" } });
  }
});

test("what is mounted answers, and everything has the headers that keep browsers out", async () => {
  const { port } = await scene();
  const metrics = await get(port, "/metrics");
  assert.equal(await metrics.text(), "up 1\n");
  for (const path of ["/metrics", "/live", "/nothing", "/breaks"]) {
    const { headers } = await get(port, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("x-powered-by"), null);
    assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/);
  }
});

test("whatever goes wrong is JSON and tells no secret", async () => {
  const { port } = await scene();
  for (const [path, status, errcode] of [
    ["/nothing", 404, "M_UNRECOGNIZED"],
    ["/breaks", 500, "M_UNKNOWN"],
  ] as const) {
    const response = await get(port, path);
    assert.equal(response.status, status);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    const body = await response.text();
    assert.match(body, new RegExp(`"errcode":"${errcode}"`));
    assert.ok(!body.includes("secret"));
  }
});

test("a taken port is one clear sentence", async () => {
  const { port } = await scene();
  const listener = createListener({
    log: silent,
    appservice: Router(),
    ready: async () => ({ ok: true, state: null }),
  });
  await assert.rejects(listener.listen({ host: "127.0.0.1", port }), {
    message: `The box does not listen – 127.0.0.1:${port} is taken by another program – stop that program, or give the box another port.`,
  });
});

test("close ends idle connections at once and lingering ones after the grace", async () => {
  const { port, listening } = await scene();
  await (await get(port, "/live")).text();
  const lingering = connect(port, "127.0.0.1");
  lingering.on("error", () => undefined);
  const gone = new Promise((resolve) => lingering.on("close", resolve));
  await new Promise<void>((resolve) =>
    lingering.write("PUT /transactions/1 HTTP/1.1\r\nhost: a\r\n", () => resolve()),
  );
  await listening.close(20);
  await gone;
  await assert.rejects(get(port, "/live"));
});
