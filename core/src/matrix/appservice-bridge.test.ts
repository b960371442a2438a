import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Log } from "../adapter/index.ts";
import { type Library, type LibraryOptions, startAppservice } from "./appservice-bridge.ts";
import { requestThrough } from "./bot-sdk-http.ts";
import { type ConnectedHomeserver, connectHomeserver } from "./client.ts";
import { isObject } from "./parse.ts";
import type { MatrixEvent } from "./types.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const seen: { url: string; token: string | undefined }[] = [];
const pushed = new Set<(events: readonly MatrixEvent[]) => void>();
let server: Server;
let homeserver: ConnectedHomeserver;
let library: Library;
let address: string;
let askedAtStart: number;

const started = (more: Pick<LibraryOptions, "active"> = {}): Promise<Library> =>
  startAppservice({
    registration: {
      id: "box",
      url: "http://127.0.0.1:1",
      as_token: "our-token",
      hs_token: "their-token",
      sender_localpart: "bridgebox",
      rate_limited: false,
      namespaces: {
        users: [{ regex: "@irc_.*:hs\\.test", exclusive: true }],
        aliases: [],
        rooms: [],
      },
    },
    homeserver,
    address,
    ingress: {
      onStored: (listener) => {
        pushed.add(listener);
        return () => void pushed.delete(listener);
      },
    },
    log: silent,
    linkRules: { exempt: [], conflict: ["^@rival_"] },
    ...more,
  });

before(async () => {
  server = createServer((request, response) => {
    seen.push({ url: request.url ?? "", token: request.headers.authorization });
    response.setHeader("content-type", "application/json");
    if (request.url?.includes("limited")) {
      response
        .writeHead(429)
        .end('{"errcode":"M_LIMIT_EXCEEDED","error":"slow","retry_after_ms":3600000}');
      return;
    }
    const members = request.url?.includes("rival") ? { "@rival_bot:hs.test": {} } : {};
    response.end(JSON.stringify({ joined: { "@alice:hs.test": {}, ...members } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}`;
  homeserver = connectHomeserver({
    address,
    domain: "hs.test",
    bot: "@bridgebox:hs.test",
    asToken: "our-token",
    asId: "box",
    log: silent,
  });
  library = await started();
  askedAtStart = seen.length;
});

after(async () => {
  await library.close();
  assert.equal(pushed.size, 0, "it listens no more");
  await homeserver.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("the library's requests take our path, with our token in the header", async () => {
  seen.length = 0;
  assert.equal(await library.mayLink("!plain:hs.test"), true);
  assert.equal(await library.mayLink("!rival:hs.test"), false);
  assert.deepEqual(
    seen.map(({ url, token }) => [url.split("?")[0], token]),
    ["plain", "rival"].map((room) => [
      `/_matrix/client/v3/rooms/!${room}%3Ahs.test/joined_members`,
      "Bearer our-token",
    ]),
  );
});

test("it starts without asking the homeserver anything, and knows the box's users", () => {
  assert.equal(askedAtStart, 0);
  assert.equal(library.ownsUser("@irc_alice:hs.test"), true);
  assert.equal(library.ownsUser("@bridgebox:hs.test"), true);
  assert.equal(library.ownsUser("@alice:hs.test"), false);
});

test("committed events reach it: who speaks is counted", async () => {
  const says = (sender: string, at: number): MatrixEvent => ({
    event_id: `$${sender}${at}`,
    type: "m.room.message",
    room_id: "!r:hs.test",
    sender,
    content: { body: "hi" },
    origin_server_ts: at,
  });
  for (const push of pushed) push([says("@alice:hs.test", 1), says("@irc_bob:hs.test", 2)]);
  await turn();
  assert.deepEqual(library.seenUsers(), ["@alice:hs.test"]);
});

test("who spoke before a restart still counts, but who was away for a month", async (t) => {
  const remembering = async (active: LibraryOptions["active"]): Promise<Library> => {
    const one = await started({ active });
    t.after(() => one.close());
    return one;
  };
  const day = 24 * 3600;
  const today = Math.floor(Date.now() / 1000 / day) * day;
  const alice = { days: [today, today - day], active: true };
  const gone = { days: [today - 32 * day], active: true };
  const kept = { "@alice:hs.test": alice, "@gone:hs.test": gone, "@odd:hs.test": 7 };
  const again = await remembering(kept);
  assert.equal(again.activeUsers(), 1);
  assert.deepEqual(again.activeState(), { "@alice:hs.test": alice });
  const long = { ...alice, days: Array.from({ length: 31 }, (_, ago) => today - ago * day) };
  const old = await remembering({ "@alice:hs.test": long });
  const told = { ...alice, days: long.days.slice(0, 3) };
  assert.deepEqual(old.activeState(), { "@alice:hs.test": told }, "what is counted by");
  const odd = await remembering(["odd"]);
  assert.equal(odd.activeUsers(), 0);
  const strangers = Array.from({ length: 100_001 }, (_, at): [string, typeof alice] => [
    `@s${at}:far.test`,
    { days: [at === 3 ? today - day : today], active: false },
  ]);
  const crowded = await remembering(Object.fromEntries(strangers));
  const state: unknown = crowded.activeState();
  assert.ok(isObject(state));
  assert.equal(Object.keys(state).length, 100_000);
  assert.equal(state["@s3:far.test"], undefined, "who was not there for longest");
});

test("only our homeserver, only JSON, only methods of the API", async () => {
  seen.length = 0;
  const send = requestThrough(homeserver, address);
  const attempt = (params: unknown): Promise<string> =>
    new Promise((resolve) =>
      send(params, (error, response) => resolve(error?.message ?? String(response?.statusCode))),
    );
  const uri = `${address}/_matrix/client/versions`;
  assert.match(await attempt({ uri: "http://evil.test/_matrix/x", method: "GET" }), /not for our/);
  assert.match(await attempt({ uri: `${address}.evil.test/_matrix/x`, method: "GET" }), /not for/);
  assert.match(await attempt({ uri, method: "TRACE" }), /method/);
  assert.match(await attempt({ uri, method: "PUT", body: "<html>" }), /no JSON/);
  assert.match(await attempt(undefined), /no parameters/);
  assert.equal(seen.length, 0);
  const qs = { user_id: "@irc_a:hs.test", via: ["a", "b"], limit: 3, none: null };
  assert.equal(await attempt({ uri, method: "GET", qs }), "200");
  const query = "?user_id=%40irc_a%3Ahs.test&via=a&via=b&limit=3";
  assert.equal(seen[0]?.url, `/_matrix/client/versions${query}`);
});

test("a refusal reaches the library as an answer, and the roster waits for it too", async () => {
  await assert.rejects(library.mayLink("!limited:hs.test"), { errcode: "M_LIMIT_EXCEEDED" });
  const asked = seen.length;
  const stop = new AbortController();
  const call = { class: "roster", signal: stop.signal } as const;
  const waiting = assert.rejects(homeserver.joinedMembers("!plain:hs.test", call), {
    reached: "no",
  });
  await turn();
  stop.abort();
  await waiting;
  assert.equal(seen.length, asked, "nothing left before its time");
});
