import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Log } from "../adapter/index.ts";
import { type ConnectedHomeserver, connectHomeserver } from "./client.ts";
import { MatrixError } from "./types.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const live = { class: "live" } as const;
const mxc = "mxc://hs.test/abc";
const ending: (() => Promise<void>)[] = [];
let spool: string;
before(async () => {
  spool = await mkdtemp(join(tmpdir(), "media-"));
});
after(async () => {
  for (const end of ending) await end();
  await rm(spool, { recursive: true });
});

interface Scene {
  readonly homeserver: ConnectedHomeserver;
  readonly seen: { line: string; length: string | undefined; bytes: number }[];
}

/** A homeserver that takes 1000 bytes at most, and otherwise does what the script says. */
const scene = async (
  script: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Scene> => {
  const seen: Scene["seen"] = [];
  const server = createServer((request, response) => {
    const { length } = { length: request.headers["content-length"] };
    const entry = { line: `${request.method} ${request.url}`, length, bytes: 0 };
    seen.push(entry);
    request.on("data", (chunk: Buffer) => (entry.bytes += chunk.length));
    request.on("error", () => undefined);
    if (request.url?.endsWith("/config")) response.end('{"m.upload.size":1000}');
    else if (request.method === "PUT") request.on("end", () => script(request, response));
    else script(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const homeserver = connectHomeserver({
    address: `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}`,
    domain: "hs.test",
    bot: "@bot:hs.test",
    asToken: "t",
    asId: "box",
    log: silent,
    spool,
  });
  ending.push(async () => {
    await homeserver.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { homeserver, seen };
};

const answer =
  (status: number, body: unknown) => (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };

const streamOf = (...sizes: readonly number[]): ReadableStream<Uint8Array> =>
  ReadableStream.from(sizes.map((size) => new Uint8Array(size)));

const failure = async (promise: Promise<unknown>): Promise<MatrixError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof MatrixError, `rejected with a MatrixError, not ${String(error)}`);
  return error;
};

const spooled = (): Promise<string[]> => readdir(spool);

test("a place is reserved, then filled with a length, known or not", async () => {
  const { homeserver, seen } = await scene((request, response) =>
    answer(200, request.method === "POST" ? { content_uri: mxc } : {})(request, response),
  );
  const place = await homeserver.media.create(live);
  assert.equal(place, mxc);
  const mime = "image/png";
  await homeserver.media.put(
    place,
    { body: streamOf(300, 400), size: 700, mime, name: "a b" },
    live,
  );
  await homeserver.media.put(place, { body: streamOf(1, 2, 3), mime }, live);
  const upload = "PUT /_matrix/media/v3/upload/hs.test/abc";
  assert.deepEqual(seen.slice(1), [
    { line: "GET /_matrix/client/v1/media/config", length: undefined, bytes: 0 },
    { line: `${upload}?filename=a%20b`, length: "700", bytes: 700 },
    { line: upload, length: "6", bytes: 6 },
  ]);
  assert.deepEqual(await spooled(), []);
});

test("what waits for its length has no name on disk, so that no kill leaves it there", async () => {
  const looks: (readonly string[])[] = [];
  const look = async (): Promise<void> => void looks.push(await spooled());
  const { homeserver, seen } = await scene((request, response) => {
    void look().then(() => answer(200, {})(request, response));
  });
  let left = 3;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        await look();
        left -= 1;
        if (left < 0) controller.close();
        else controller.enqueue(new Uint8Array(200));
      },
    },
    { highWaterMark: 0 },
  );
  await homeserver.media.put(mxc, { body, mime: "a/b" }, live);
  assert.deepEqual(looks, [[], [], [], [], []]);
  assert.equal(seen.at(-1)?.bytes, 600);
});

test("filled already is a success, any other refusal is not", async () => {
  const file = () => ({ body: streamOf(3), size: 3, mime: "a/b" });
  const taken = await scene(answer(409, { errcode: "M_CANNOT_OVERWRITE_MEDIA", error: "x" }));
  await taken.homeserver.media.put(mxc, file(), live);
  const refusing = await scene(answer(403, { errcode: "M_FORBIDDEN", error: "x" }));
  assert.equal((await failure(refusing.homeserver.media.put(mxc, file(), live))).status, 403);
});

test("too large is refused before it leaves, and nothing stays behind", async () => {
  const { homeserver, seen } = await scene(answer(200, {}));
  for (const size of [1001, undefined]) {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(600)),
      cancel: () => void (cancelled = true),
    });
    const error = await failure(homeserver.media.put(mxc, { body, size, mime: "a/b" }, live));
    assert.deepEqual([error.errcode, error.reached], ["M_TOO_LARGE", "no"]);
    assert.equal(cancelled, true, "the source is told");
  }
  assert.ok(!seen.some(({ line }) => line.startsWith("PUT")));
  assert.deepEqual(await spooled(), []);
});

test("a source that breaks off or lies is no fault of the homeserver", async () => {
  const { homeserver } = await scene(answer(200, {}));
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new Error("the network is away")),
  });
  for (const [body, size] of [
    [broken, 10],
    [streamOf(5), 10],
    [streamOf(5, 6), 10],
  ] as const) {
    const error = await failure(homeserver.media.put(mxc, { body, size, mime: "a/b" }, live));
    assert.deepEqual([error.errcode, error.reached], ["SOURCE", "no"]);
    assert.equal(homeserver.gate.closure, undefined);
  }
});

test("a file comes down authenticated, or the old way where the server is old", async () => {
  const { homeserver, seen } = await scene((request, response) => {
    if (request.url?.startsWith("/_matrix/client/v1")) {
      return answer(404, { errcode: "M_UNRECOGNIZED", error: "x" })(request, response);
    }
    response
      .writeHead(200, { "content-type": "Image/PNG; charset=UTF-8", "content-length": "4" })
      .end("data");
  });
  const { body, size, mime } = await homeserver.media.get(mxc, live);
  assert.equal(await new Response(body).text(), "data");
  assert.deepEqual([size, mime], [4, "image/png"]);
  assert.deepEqual(
    seen.map(({ line }) => line),
    [
      "GET /_matrix/client/v1/media/download/hs.test/abc",
      "GET /_matrix/media/v3/download/hs.test/abc",
    ],
  );
  const gone = await scene(answer(404, { errcode: "M_NOT_FOUND", error: "x" }));
  assert.equal((await failure(gone.homeserver.media.get(mxc, live))).errcode, "M_NOT_FOUND");
  assert.equal(gone.seen.length, 1, "not there is not there");
});

test("a download waits for its reader, ends with it, and says when it breaks", async () => {
  let written = 0;
  const closed = Promise.withResolvers<void>();
  const endless = await scene((_, response) => {
    response.writeHead(200);
    response.on("close", () => closed.resolve());
    const more = (): void => {
      do written += 65_536;
      while (response.write(Buffer.alloc(65_536)));
      response.once("drain", more);
    };
    more();
  });
  const { body } = await endless.homeserver.media.get(mxc, live);
  let before = -1;
  while (before !== written) {
    before = written;
    for (let n = 0; n < 50; n += 1) await turn();
  }
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes for nobody`);
  await body.cancel();
  await closed.promise;

  const breaking = await scene((_, response) => {
    response.writeHead(200, { "content-length": "10" });
    response.write("half", () => response.socket?.destroy());
  });
  const half = await breaking.homeserver.media.get(mxc, live);
  assert.match((await failure(new Response(half.body).text())).message, /fetch a file/);
});

test("what is no mxc is never asked for", async () => {
  const { homeserver, seen } = await scene(answer(200, {}));
  for (const bad of [
    "https://hs.test/abc",
    "mxc://hs.test",
    "mxc://hs.test/..",
    "mxc://hs.test/a/b",
    "mxc://hs.test/%2e%2e",
    "mxc://hs.test/a?b",
    "mxc://../abc",
    "",
  ]) {
    assert.equal((await failure(homeserver.media.get(bad, live))).reached, "no", bad);
  }
  assert.equal(seen.length, 0);
});

test("no more places than allowed: the file goes without one, at once, and no gate shuts", async () => {
  const { homeserver, seen } = await scene((request, response) => {
    if (request.url?.endsWith("/create"))
      return answer(429, { errcode: "M_LIMIT_EXCEEDED", error: "no", retry_after_ms: 86_400_000 })(
        request,
        response,
      );
    request.resume().on("end", () => answer(200, { content_uri: mxc })(request, response));
  });
  assert.equal(await homeserver.media.create(live), undefined);
  const file = { body: streamOf(5), size: 5, mime: "text/plain" };
  assert.equal(await homeserver.media.post(file, live), mxc);
  assert.ok(seen.some(({ line }) => line.startsWith("POST /_matrix/media/v3/upload")));
});

test("a homeserver that knows no places says so once and is no failure", async () => {
  const { homeserver } = await scene(answer(404, { errcode: "M_UNRECOGNIZED", error: "no" }));
  assert.equal(await homeserver.media.create(live), undefined);
});
