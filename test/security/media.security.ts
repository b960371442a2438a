import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openMediaWorld } from "../files/media-world.ts";
import type { MediaWorld } from "../files/media-world.ts";
import { until } from "../sandbox/client.ts";

const svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";

describe("files that anybody may be sent to", () => {
  let world: MediaWorld;
  let url = "";
  before(async () => {
    world = await openMediaWorld(10);
    const face = await world.upload(svg, "image/svg+xml");
    await world.ana.request("PUT", `/profile/${encodeURIComponent(world.ana.userId)}/avatar_url`, {
      avatar_url: face,
    });
    await world.ana.send(world.room, "who am I?");
    url = await until(
      "the network is told of a picture",
      () => [...world.network.arrived.values()].find((it) => it.text === "who am I?")?.avatar,
    );
  });
  after(() => world.close());

  /** How often the homeserver has been asked for a file. */
  const asked = (): number =>
    world.homeserver.requests.filter(({ path }) => path.includes("/media/download/")).length;

  test("the link works for whoever has it, and a browser only saves what it leads to", async () => {
    const answer = await fetch(url);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), svg);
    const { headers } = answer;
    assert.equal(headers.get("content-type"), "application/octet-stream");
    assert.match(headers.get("content-disposition") ?? "", /^attachment;/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy") ?? "", /^sandbox; default-src 'none'/);
    assert.equal(headers.get("set-cookie"), null);
  });

  test("nothing but that very link leads anywhere, and the homeserver is not asked", async () => {
    const at = new URL(url);
    const [, , sign = "", time = "", server = "", id = "", name = ""] = at.pathname.split("/");
    const other = await world.upload("a secret", "text/plain");
    const otherId = other.split("/").at(-1) ?? "";
    const before = asked();
    const flipped = (sign.startsWith("A") ? "B" : "A") + sign.slice(1);
    for (const path of [
      `/media/${flipped}/${time}/${server}/${id}/${name}`,
      `/media/${sign}/zzzzzzzz/${server}/${id}/${name}`,
      `/media/${sign}/${time}/${server}/${otherId}/${name}`,
      `/media/${sign}/${time}/evil.test/${id}/${name}`,
      `/media/${sign}/${time}/${server}/${id}/evil.html`,
      `/media/${sign}/${time}/${server}/%2e%2e/${name}`,
      `/media/${sign}/${time}/${server}/${otherId}%2f..%2f${id}/${name}`,
      `/media/${sign}/${time}/${server}/${id}/..%2f..%2f${name}`,
      `/media/${sign}/${time}/${server}/${id}/${name}?user_id=@bridgebox:sandbox.test`,
      `/media/${sign}/${time}/${server}/${id}/${name}/`,
      `/media/${time}/${server}/${id}/${name}`,
      `/media/${server}/${id}`,
      "/media/https://evil.test/x",
      "/media/",
    ]) {
      const { status } = await fetch(at.origin + path);
      assert(status >= 400 && status < 500, `${path}: ${status}`);
    }
    assert.equal((await fetch(url, { method: "POST" })).status, 405);
    assert.equal(asked(), before);
  });

  test("what is public tells nothing and lets nobody in", async () => {
    const { origin } = new URL(url);
    for (const [path, status] of [
      ["/network/files/nothing", 404],
      ["/network/files/constructor", 404],
      ["/network/nobody/events", 404],
      ["/network/files/login", 400],
      ["/network/files/login?state=x&code=y", 400],
    ] as const) {
      const answer = await fetch(origin + path);
      assert.equal(answer.status, status, path);
      assert.equal(answer.headers.get("x-frame-options"), "DENY");
    }
  });

  test("a file name from Matrix is no path, no header and nothing invisible", async () => {
    const mxc = await world.upload("bytes", "image/png");
    await world.ana.send(world.room, {
      msgtype: "m.image",
      body: "words",
      filename: '..\\../\u202Egnp.\r\nX-Evil: 1\u0000"',
      url: mxc,
      info: { mimetype: "image/png\r\nX: y", size: 5 },
    });
    const got = await until("the network has it", () =>
      [...world.network.arrived.values()].find((it) => it.text === "words"),
    );
    assert.equal(got.name, '_.._gnp. X-Evil: 1"');
  });
});
