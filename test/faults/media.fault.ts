import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bytesOf, hashOf } from "../files/server.ts";
import { openMediaWorld } from "../files/media-world.ts";
import type { MediaWorld } from "../files/media-world.ts";
import { until } from "../sandbox/client.ts";

const mebibyte = 1024 * 1024;

describe("files on their way", () => {
  let world: MediaWorld;
  let serial = 0;
  before(async () => {
    world = await openMediaWorld(300);
    await fromNetwork(mebibyte);
    await fromMatrix(mebibyte);
  });
  after(() => world.close());

  const contentOf = (text: string) =>
    world.shown().filter(({ content }) => content["body"] === text);

  /** Finn shows a file; resolves to its hash at the homeserver. */
  const fromNetwork = async (size: number, kill?: string): Promise<void> => {
    serial += 1;
    const text = `file ${serial}`;
    if (kill !== undefined) world.arm(`${kill}=kill`);
    world.network.say({ text, file: { path: `/file/${serial}/${size}`, name: "big.png" } });
    if (kill !== undefined) await revive();
    await until("the file is shown", () => contentOf(text).length > 0, 60_000);
    world.network.say({ text: `after ${text}` });
    await until("what follows is shown", () => contentOf(`after ${text}`).length > 0);
    const [event, ...more] = contentOf(text);
    assert.equal(more.length, 0, "shown once");
    const mxc = String(event?.content["url"]);
    const file = await fetch(
      `${world.homeserver.url}/_matrix/client/v1/media/download/${mxc.slice(6)}`,
      { headers: { authorization: `Bearer ${world.token}` } },
    );
    const bytes = new Uint8Array(await file.arrayBuffer());
    assert.equal(bytes.length, size);
    assert.equal(hashOf([bytes]), hashOf(bytesOf(serial, size)));
  };

  /** Ana shows a file; resolves once the network has it, whole and once. */
  const fromMatrix = async (size: number, kill?: string): Promise<void> => {
    serial += 1;
    const text = `file ${serial}`;
    const url = await world.upload(Buffer.concat([...bytesOf(serial, size)]), "image/png");
    if (kill !== undefined) world.arm(`${kill}=kill`);
    const content = { msgtype: "m.image", body: text, filename: "big.png", url };
    await world.ana.send(world.room, {
      ...content,
      info: { mimetype: "image/png", size },
    });
    if (kill !== undefined) await revive();
    const arrived = () => [...world.network.arrived.values()].filter((one) => one.text === text);
    await until("the network has it", () => arrived().length > 0, 60_000);
    await world.ana.send(world.room, `after ${text}`);
    await until("and what follows", () =>
      [...world.network.arrived.values()].some((one) => one.text === `after ${text}`),
    );
    const [got, ...more] = arrived();
    assert.equal(more.length, 0, "sent once");
    assert.deepEqual([got?.name, got?.size], ["big.png", size]);
    assert.equal(got?.hash, hashOf(bytesOf(serial, size)));
    assert.deepEqual(world.network.violations, []);
  };

  const revive = async (): Promise<void> => {
    assert.equal(await world.box.ended(), "SIGKILL");
    world.arm("");
    await world.start();
  };

  const most = 50 * mebibyte;

  test("200 MB from the network need no memory to speak of", { timeout: 120_000 }, async (t) => {
    world.peak();
    const rest = world.peak();
    await fromNetwork(200 * mebibyte);
    const more = world.peak() - rest;
    t.diagnostic(`${Math.round(more / mebibyte)} MiB more than before`);
    assert.ok(more < most, `${more / mebibyte} MiB`);
  });

  test("200 MB from Matrix need no memory to speak of", { timeout: 120_000 }, async (t) => {
    world.peak();
    const rest = world.peak();
    await fromMatrix(200 * mebibyte);
    const more = world.peak() - rest;
    t.diagnostic(`${Math.round(more / mebibyte)} MiB more than before`);
    assert.ok(more < most, `${more / mebibyte} MiB`);
  });

  for (const place of [
    "media.before-create",
    "media.after-create",
    "media.before-put",
    "media.after-put",
    "in.before-call",
    "in.after-call",
  ])
    test(`killed at ${place}: shown once, uploaded once`, { timeout: 60_000 }, async () => {
      const before = world.uploads();
      await fromNetwork(mebibyte, place);
      assert.equal(world.uploads() - before, 1);
    });

  for (const place of ["out.before-claim", "out.before-call", "out.after-call"])
    test(`killed at ${place}: the network has it once`, { timeout: 60_000 }, async () => {
      await fromMatrix(mebibyte, place);
    });
});
