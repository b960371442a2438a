import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import {
  ending,
  failure,
  json,
  live,
  message,
  portOf,
  scene,
  silent,
  token,
  type Script,
} from "../testing/scripted-server.ts";
import { connectHomeserver } from "./client.ts";
import { keyField, MatrixError, puppetField } from "./types.ts";

test("a send goes to the encoded path, as its user, with the token in the header only", async () => {
  const { homeserver, requests } = await scene(
    (_, response) => json(response, 200, { event_id: "$1" }),
    { prefix: "/behind/proxy/" },
  );
  const call = { class: "live", as: "@irc_a/b?c#d:hs.test" } as const;
  assert.equal(
    await homeserver.send({ ...message, room: "!a/../b:hs", txn: "x y", ts: 12 }, call),
    "$1",
  );
  assert.deepEqual(requests, [
    {
      method: "PUT",
      url: "/behind/proxy/_matrix/client/v3/rooms/!a%2F..%2Fb%3Ahs/send/m.room.message/x%20y?user_id=%40irc_a%2Fb%3Fc%23d%3Ahs.test&ts=12",
      token: `Bearer ${token}`,
      body: '{"body":"hello"}',
    },
  ]);
  await homeserver.send(message, { class: "live", as: "@bot:hs.test" });
  assert.ok(!requests[1]?.url.includes("user_id"), "the bot is who the token says");
});

test("half a character, which no homeserver can store, leaves as the sign for one", async () => {
  const { homeserver, requests } = await scene((_, response) =>
    json(response, 200, { event_id: "$1" }),
  );
  const body = "half \ud83d, two \udc00\ud83d, a whole 🦊, and the words \\ud83d and \\\\ud83d";
  const content = { body, "\udfff": ["\ud800"] };
  await homeserver.send({ ...message, content }, live);
  assert.deepEqual(JSON.parse(requests[0]?.body ?? ""), {
    body: "half \ufffd, two \ufffd\ufffd, a whole 🦊, and the words \\ud83d and \\\\ud83d",
    "\ufffd": ["\ufffd"],
  });
});

test("a component that would change the path is refused before it leaves", async () => {
  const { homeserver, requests } = await scene((_, response) => json(response, 200, {}));
  for (const room of ["", ".", ".."]) {
    await assert.rejects(homeserver.send({ ...message, room }, live), {
      name: "MatrixError",
      reached: "no",
    });
  }
  assert.equal(requests.length, 0);
});

test("a user the box may not act as never leaves it", async () => {
  const { homeserver, requests } = await scene((_, response) => json(response, 200, {}), {
    admit: (mxid) => mxid.startsWith("@irc_"),
  });
  const error = await failure(homeserver.send(message, { class: "live", as: "@alice:hs.test" }));
  assert.equal(error.reached, "no");
  assert.equal(requests.length, 0);
});

test("answers above 299 become errors that say whether it was done", async () => {
  const cases: readonly [number, unknown, Partial<MatrixError>][] = [
    [403, { errcode: "M_FORBIDDEN", error: "no" }, { errcode: "M_FORBIDDEN", reached: "no" }],
    [404, "<html>nginx</html>", { errcode: "HTTP", reached: "no" }],
    [500, { errcode: "M_UNKNOWN", error: "db" }, { errcode: "M_UNKNOWN", reached: "unknown" }],
    [502, "<html>bad gateway</html>", { errcode: "HTTP", reached: "unknown" }],
    [200, "<html>login to this wifi</html>", { errcode: "HTTP", reached: "unknown" }],
    [200, ["array"], { errcode: "HTTP", reached: "unknown" }],
    [200, { event_id: 7 }, { errcode: "HTTP", reached: "unknown" }],
    [302, "", { errcode: "HTTP", reached: "no" }],
  ];
  for (const [status, body, expected] of cases) {
    const { homeserver } = await scene((_, response) => {
      if (typeof body === "string") response.writeHead(status).end(body);
      else json(response, status, body);
    });
    const error = await failure(homeserver.send(message, live));
    assert.equal(error.status, status);
    assert.equal(error.errcode, expected.errcode, String(status));
    assert.equal(error.reached, expected.reached, String(status));
  }
});

test("what a homeserver says is shown tame, and never with our token in it", async () => {
  const { homeserver } = await scene((request, response) =>
    json(response, 403, {
      errcode: "M_FORBIDDEN",
      error: `a\r\nb\u0000 ${request.headers.authorization} ${"x".repeat(9000)}`,
    }),
  );
  const error = await failure(homeserver.send(message, live));
  assert.match(error.message, /says "a {2}b {2}Bearer … x+"/);
  assert.ok(error.message.length < 400);
});

test("nobody there: certainly not sent, and the gate shuts", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server.address());
  await new Promise((resolve) => server.close(resolve));
  const homeserver = connectHomeserver({
    address: `http://127.0.0.1:${port}`,
    domain: "hs.test",
    bot: "@bot:hs.test",
    asToken: token,
    asId: "box",
    log: silent,
  });
  ending.push(() => homeserver.close());
  const error = await failure(homeserver.send(message, live));
  assert.deepEqual([error.errcode, error.status, error.reached], ["NETWORK", 0, "no"]);
  assert.match(error.message, /cannot be reached \(ECONNREFUSED\)/);
  assert.notEqual(homeserver.gate.closure, undefined);
});

test("a connection that dies after the request was read leaves us in doubt", async () => {
  for (const script of [
    (request: IncomingMessage) => request.socket.resetAndDestroy(),
    (request: IncomingMessage) => request.socket.end(),
    (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { "content-length": "400" });
      response.write('{"event_id"', () => response.socket?.destroy());
    },
  ] satisfies Script[]) {
    const { homeserver, requests } = await scene(script);
    const error = await failure(homeserver.send(message, live));
    assert.deepEqual([error.errcode, error.reached], ["NETWORK", "unknown"]);
    assert.equal(requests.length, 1, "and it is not sent again behind our back");
    assert.notEqual(homeserver.gate.closure, undefined);
  }
});

test("a hanging, a dripping and a called-off answer end in time and in doubt", async () => {
  const hang: Script = () => undefined;
  const drip: Script = (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(" "), 5);
    response.on("close", () => clearInterval(timer));
  };
  for (const script of [hang, drip]) {
    const { homeserver } = await scene(script, { deadline: 60 });
    const error = await failure(homeserver.send(message, live));
    assert.deepEqual([error.errcode, error.reached], ["NETWORK", "unknown"]);
    assert.match(error.message, /within 0\.06 s/);
  }
  const stop = new AbortController();
  const { homeserver } = await scene(() => stop.abort());
  const error = await failure(homeserver.send(message, { class: "live", signal: stop.signal }));
  assert.equal(error.reached, "unknown");
  assert.equal(homeserver.gate.closure, undefined, "our own change of mind says nothing of it");
});

test("an answer without end is given up at its size, declared or not", async () => {
  let written = 0;
  const endless: Script = (_, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 32))) written += 65_536;
      written += 65_536;
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  };
  const declared: Script = (_, response) => {
    response.on("error", () => undefined);
    response.writeHead(200, { "content-length": 10_000_000 }).end(Buffer.alloc(10_000_000, 32));
  };
  for (const script of [endless, declared]) {
    const { homeserver } = await scene(script);
    const error = await failure(homeserver.send(message, live));
    assert.match(error.message, /too long/);
    assert.equal(error.reached, "unknown");
  }
  assert.ok(written < 64 * 1024 * 1024);
});

test("findByKey walks back to the key, and stops where everything is too old", async () => {
  const event = (id: string, key: string, ts: number, sender = "@g:hs"): unknown => ({
    event_id: id,
    type: "m.room.message",
    room_id: "!r:hs",
    sender,
    origin_server_ts: ts,
    content: { [keyField]: key, ...(sender === "@g:hs" ? {} : { [puppetField]: "bridgebox" }) },
  });
  const now = 10_000_000;
  const pages: Record<string, unknown> = {
    first: { chunk: [event("$1", "k1", now), event("$x", "k3", now, "@evil:hs"), 7], end: "b" },
    b: { chunk: [], end: "c" },
    c: {
      chunk: [
        event("$old", "k0", 1),
        event("$3", "k3", now - 1),
        event("$p", "k3", now - 2, "@p:hs"),
      ],
      end: "d",
    },
    d: { chunk: [event("$4", "k4", now - 400_000)], end: "e" },
    e: { chunk: [event("$5", "k5", now)] },
  };
  const { homeserver, requests } = await scene((request, response) => {
    const from = new URL(request.url ?? "", "http://x").searchParams.get("from") ?? "first";
    json(response, 200, pages[from]);
  });
  const find = (key: string): Promise<string | undefined> =>
    homeserver.findByKey({ room: "!r:hs", sender: "@g:hs", key, since: now }, live);
  assert.equal(await find("k3"), "$3");
  assert.equal(await find("k5"), undefined);
  assert.ok(!requests.some(({ url }) => url.includes("from=e")));
  const filter = new URL(requests[0]?.url ?? "", "http://x").searchParams.get("filter");
  assert.equal(filter, '{"senders":["@g:hs"]}');
  const anybody = { room: "!r:hs", sender: undefined, key: "k3", since: now };
  assert.equal(await homeserver.findByKey(anybody, live), "$p", "the first that a person said");
  assert.ok(!(requests.at(-1)?.url ?? "").includes("filter"));
});

test("findAnnotation pages through the reactions to its own, and knows when there is none", async () => {
  const annotation = (id: string, sender: string, key: string) => ({
    event_id: id,
    type: "m.reaction",
    room_id: "!r:hs",
    sender,
    origin_server_ts: 1,
    content: { "m.relates_to": { rel_type: "m.annotation", event_id: "$e", key } },
  });
  const { homeserver, requests } = await scene((request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? "", "http://hs.test");
    if (pathname.includes("gone")) {
      json(response, 404, { errcode: "M_NOT_FOUND", error: "no" });
      return;
    }
    const chunk =
      searchParams.get("from") === "two"
        ? [annotation("$mine", "@me:hs", "👍")]
        : [annotation("$other", "@you:hs", "👍"), annotation("$else", "@me:hs", "👎"), "junk"];
    json(response, 200, { chunk, ...(searchParams.has("from") ? {} : { next_batch: "two" }) });
  });
  const what = { room: "!r:hs", event: "$e", sender: "@me:hs", key: "👍" };
  assert.equal(await homeserver.findAnnotation(what, live), "$mine");
  assert.equal(
    requests[0]?.url,
    "/_matrix/client/v1/rooms/!r%3Ahs/relations/%24e/m.annotation/m.reaction?limit=100",
  );
  assert.equal(await homeserver.findAnnotation({ ...what, key: "🎉" }, live), undefined);
  assert.equal(await homeserver.findAnnotation({ ...what, event: "$gone" }, live), undefined);
});

test("what is not there is undefined, and what was done already is a success", async () => {
  const { homeserver } = await scene((request, response) => {
    if (request.url?.includes("/register")) {
      return json(response, 400, { errcode: "M_USER_IN_USE", error: "taken" });
    }
    json(response, 404, { errcode: "M_NOT_FOUND", error: "none" });
  });
  await homeserver.register("irc_a", live);
  assert.equal(await homeserver.resolveAlias("#a:hs", live), undefined);
  assert.equal(await homeserver.getState({ room: "!r:hs", type: "t", key: "" }, live), undefined);
  assert.equal(await homeserver.getEvent("!r:hs", "$1", live), undefined);
  assert.equal(await homeserver.getDisplayName("@a:hs", live), undefined);
  assert.equal(await homeserver.isRedacted("!r:hs", "$1", live), false);
  assert.equal((await failure(homeserver.join("#a:hs", live))).errcode, "M_NOT_FOUND");
});

test("after close nothing leaves and what runs is called off", async () => {
  const { homeserver, requests } = await scene(() => undefined);
  const running = failure(homeserver.send(message, live));
  while (requests.length === 0) await turn();
  await homeserver.close();
  assert.equal((await running).reached, "unknown");
  assert.equal((await failure(homeserver.send(message, live))).reached, "no");
  assert.equal(requests.length, 1);
});

test("a room of another homeserver is joined through the servers that are named, in the new and the old word", async () => {
  const { homeserver, requests } = await scene((_, response) =>
    json(response, 200, { room_id: "!r" }),
  );
  await homeserver.join("!r", live, ["a.test", "b.test:8448"]);
  await homeserver.join("!r", live);
  assert.deepEqual(
    requests.map(({ url }) => url),
    [
      "/_matrix/client/v3/join/!r?via=a.test&via=b.test%3A8448&server_name=a.test&server_name=b.test%3A8448",
      "/_matrix/client/v3/join/!r",
    ],
  );
});

test("state is told with its sender, and without where the homeserver knows no whole events", async () => {
  const content = { replacement_room: "!n" };
  const at = { room: "!r", type: "m.room.tombstone", key: "" };
  const answers = [{ type: at.type, sender: "@a:b.test", content }, content];
  const { homeserver, requests } = await scene((_, response) =>
    json(response, 200, answers[requests.length - 1] ?? {}),
  );
  assert.deepEqual(await homeserver.getStateEvent(at, live), { sender: "@a:b.test", content });
  assert.deepEqual(await homeserver.getStateEvent(at, live), { sender: "", content });
});

test("levels that pass themselves off as an event of somebody else are levels alone", async () => {
  const at = { room: "!r:b.test", type: "m.room.power_levels", key: "" };
  const users = { "@mod:b.test": 50, "@friend:b.test": 50 };
  const told = { sender: "@boss:b.test", content: { users: { "@mod:b.test": 50 } } };
  for (const more of [{ users }, { users_default: 50 }]) {
    const forged = { ...told, ...more, type: at.type, state_key: "", event_id: "$forged" };
    const { homeserver } = await scene((_, response) => json(response, 200, forged));
    assert.deepEqual(await homeserver.getStateEvent(at, live), { sender: "", content: forged });
  }
});
