import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, test } from "node:test";
import type { TestContext } from "node:test";
import { Router } from "express";
import type { Log } from "../adapter/index.ts";
import { makeLinks } from "../engine/media/links.ts";
import { until } from "../testing/until.ts";
import { createListener, type Listening } from "./listener.ts";
import { mediaRoute, type PublicFile } from "./media-route.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const open: Listening[] = [];
after(async () => {
  for (const listening of open) await listening.close(0);
});

const links = makeLinks(new Uint8Array(32).fill(7), "");

const scene = async (file: () => PublicFile, patience?: number) => {
  const asked: string[] = [];
  const listener = createListener({
    log: silent,
    appservice: Router(),
    ready: async () => ({ ok: true, state: {} }),
  });
  listener.mount(
    "/media",
    mediaRoute({
      read: (path) => links.read(path, 1000),
      open: async (mxc) => {
        asked.push(mxc);
        return file();
      },
      log: silent,
      ...(patience === undefined ? {} : { patience }),
    }),
  );
  const listening = await listener.listen({ host: "127.0.0.1", port: 0 });
  open.push(listening);
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${listening.port}${path}`, init);
  return { ask, asked, port: listening.port };
};

const bodyOf = (text: string): ReadableStream<Uint8Array> =>
  ReadableStream.from([new TextEncoder().encode(text)]);

const path = (name = "cat.png", expires = 2000): string =>
  links.make({ mxc: "mxc://hs.test/cat", name, expires }) ?? "";

test("a file is saved by browsers, never shown or run, whatever it is", async () => {
  for (const [mime, told] of [
    ["image/png", "image/png"],
    ["text/html", "application/octet-stream"],
    ["image/svg+xml", "application/octet-stream"],
    ["application/xhtml+xml", "application/octet-stream"],
    [undefined, "application/octet-stream"],
  ] as const) {
    const { ask, asked } = await scene(() => ({ body: bodyOf("<svg/>"), size: 6, mime }));
    const answer = await ask(path('ca\'t "1".png'));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), told);
    assert.equal(
      answer.headers.get("content-disposition"),
      `attachment; filename="file"; filename*=UTF-8''ca%27t%20%221%22.png`,
    );
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.match(
      answer.headers.get("content-security-policy") ?? "",
      /^sandbox; default-src 'none'/,
    );
    assert.equal(answer.headers.get("content-length"), "6");
    assert.equal(await answer.text(), "<svg/>");
    assert.deepEqual(asked, ["mxc://hs.test/cat"]);
  }
});

test("a link that is wrong, altered or expired asks the homeserver nothing", async () => {
  const { ask, asked } = await scene(() => ({ body: bodyOf("x") }));
  const good = path();
  for (const bad of [
    path("cat.png", 999),
    good.replace("cat.png", "dog.png"),
    good.replace("/cat/", "/dog/"),
    `${good}?x=1`,
    good.replace("/cat/", "/%2e%2e/"),
    good.replace("/cat/", "/cat%2f..%2f/"),
    "/media",
    "/media/",
    "/media/mxc://hs.test/cat",
    "/MEDIA/x",
  ]) {
    const answer = await ask(bad);
    assert(answer.status >= 400 && answer.status < 500, `${bad}: ${answer.status}`);
  }
  assert.equal((await ask(good, { method: "POST" })).status, 405);
  assert.deepEqual(asked, []);
});

test("HEAD tells of a file without it, and a file that cannot be had is an error", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
  const { ask } = await scene(() => ({ body, size: 5, mime: "image/png" }));
  const head = await ask(path(), { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), "5");
  assert.equal(cancelled, true);
  const broken = await scene(() => {
    throw new Error("with a secret");
  });
  const answer = await broken.ask(path());
  assert.equal(answer.status, 502);
  assert.doesNotMatch(await answer.text(), /secret/);
});

test("a file that breaks off ends the connection, so that nobody takes it for whole", async () => {
  const { ask } = await scene(() => ({
    body: new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(3)),
      pull: (controller) => controller.error(new Error("gone")),
    }),
    size: 10,
  }));
  await assert.rejects(async () => (await ask(path())).arrayBuffer());
});

/** A file without an end, and who has let go of it. */
const endless = (gone: () => void): PublicFile => ({
  body: new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel: gone,
  }),
});

/** Asks for it and reads nothing of the answer. */
const askWithoutReading = (t: TestContext, port: number, at: string): void => {
  const socket = connect(port, "127.0.0.1").pause();
  socket.on("error", () => undefined);
  socket.write(`GET ${at} HTTP/1.1\r\nhost: box\r\n\r\n`);
  t.after(() => void socket.destroy());
};

test("who does not read an answer is let go, and the others have their files", async (t) => {
  let gone = 0;
  let slow = true;
  const file = () => (slow ? endless(() => (gone += 1)) : { body: bodyOf("x") });
  const { ask, asked, port } = await scene(file, 200);
  for (let index = 0; index < 16; index += 1) askWithoutReading(t, port, path(`slow-${index}.png`));
  await until("all of them are served", () => asked.length === 16, 20_000);
  slow = false;
  await until("all of them are let go", () => gone === 16, 20_000);
  assert.equal(await (await ask(path())).text(), "x");
});

test("one link has two answers at once, and takes nothing from another", async (t) => {
  let slow = true;
  const file = () => (slow ? endless(() => undefined) : { body: bodyOf("x") });
  const { ask, asked, port } = await scene(file);
  for (let index = 0; index < 2; index += 1) askWithoutReading(t, port, path());
  await until("both are served", () => asked.length === 2, 20_000);
  slow = false;
  const refused = await ask(path());
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
  assert.equal((await ask(path("dog.png"))).status, 200);
});
