import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { Agent, request } from "undici";
import { failure, json, portOf } from "../testing/scripted-server.ts";
import { findHomeserver, strangersFinder } from "./discover.ts";
import { isOutside, strangersAddress } from "./outside.ts";

const never = new AbortController().signal;
const known = "/.well-known/matrix/client";

/** Every host is this server; what is asked of it stands in `asked`. */
const world = async (
  t: TestContext,
  answer: (url: string, response: ServerResponse, request: IncomingMessage) => void,
  deadline = 5000,
) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = `https://${request.headers.host}${request.url}`;
    asked.push(url);
    answer(url, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server.address());
  const dispatcher = new Agent({
    connect: (_, done) => {
      const socket = connect(port, "127.0.0.1", () => done(null, socket));
    },
  });
  t.after(async () => {
    await dispatcher.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const find = (name: string, signal = never) =>
    findHomeserver({ address: strangersAddress, dispatcher, deadline }, name, signal);
  return { asked, find };
};

const versions = { versions: ["v1.12"] };
const base = (url: string): object => ({ "m.homeserver": { base_url: url } });

test("a homeserver is found by what its name says, and by its name where that says nothing", async (t) => {
  const { asked, find } = await world(t, (url, response) => {
    if (url === `https://other.test${known}`) json(response, 200, base("https://m.other.test/x/"));
    else if (url.endsWith("/versions")) json(response, 200, versions);
    else json(response, 404, {});
  });
  assert.equal(await find("other.test:8448"), "https://m.other.test/x");
  assert.equal(await find("plain.test"), "https://plain.test");
  assert.deepEqual(asked, [
    `https://other.test${known}`,
    "https://m.other.test/x/_matrix/client/versions",
    `https://plain.test${known}`,
    "https://plain.test/_matrix/client/versions",
  ]);
});

test("it may say it elsewhere, a few times", async (t) => {
  const { find } = await world(t, (url, response) => {
    if (url === `https://other.test${known}`)
      response.writeHead(301, { location: `https://www.other.test${known}` }).end();
    else if (url.endsWith(known) && !url.includes("round"))
      json(response, 200, base("https://m.other.test"));
    else if (url.includes("round")) response.writeHead(302, { location: url }).end();
    else json(response, 200, versions);
  });
  assert.equal(await find("other.test"), "https://m.other.test");
  assert.match((await failure(find("round.test"))).message, /on and on/);
});

test("nothing that it names leads inside", async (t) => {
  let says = "";
  const { asked, find } = await world(t, (url, response) => {
    if (url.includes("moved.test")) response.writeHead(302, { location: says }).end();
    else if (url.endsWith(known)) json(response, 200, base(says));
    else json(response, 200, versions);
  });
  for (const address of [
    "http://m.other.test",
    "https://127.0.0.1",
    "https://[::1]",
    "https://[::ffff:10.0.0.1]",
    "https://169.254.169.254/latest",
    "https://10.1.2.3:8008",
    "https://2130706433",
    "https://user:pass@m.other.test",
    "https://m.other.test/?a=b",
    "file:///etc/passwd",
    "none",
  ]) {
    says = address;
    for (const name of ["other.test", "moved.test"])
      assert.equal((await failure(find(name))).reached, "no", address);
  }
  assert.deepEqual(
    asked.filter((url) => !/^https:\/\/(?:other|moved)\.test\//.test(url)),
    [],
  );
  for (const name of [
    "127.0.0.1/x",
    "a b",
    "",
    "@ana:other.test",
    "[::1]",
    "-x",
    "user@other.test",
  ])
    await failure(find(name));
});

test("a name that means a place inside is not connected to, whatever it meant before", async (t) => {
  let connections = 0;
  const server = createServer().on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { dispatcher } = strangersFinder();
  t.after(async () => {
    await dispatcher.close();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `https://localhost:${portOf(server.address())}/`;
  await assert.rejects(request(url, { dispatcher }), { code: "ENOTFOUND" });
  assert.equal(connections, 0);
});

test("what is no homeserver, says too much or nothing at all is none", async (t) => {
  const { find } = await world(
    t,
    (url, response) => {
      if (url.includes("silent")) return;
      if (url.includes("vast")) response.end(`{"a":"${"x".repeat(100_000)}"}`);
      else if (url.includes("text")) response.end("hello");
      else if (url.includes("empty")) json(response, 200, {});
      else if (url.endsWith(known)) json(response, 404, {});
      else json(response, 200, { hello: "world" });
    },
    300,
  );
  for (const name of ["silent", "vast", "text", "empty", "other"])
    await failure(find(`${name}.test`));
  await failure(find("silent.test", AbortSignal.abort()));
});

test("what stands for a place inside is known in every way to write it", () => {
  for (const address of ["8.8.8.8", "2606:4700::1111", "93.184.216.34"])
    assert.ok(isOutside(address), address);
  for (const address of [
    "127.0.0.1",
    "0.0.0.0",
    "192.168.1.1",
    "172.20.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
    "not an address",
  ])
    assert.ok(!isOutside(address), address);
});
