import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openMediaWorld } from "../files/media-world.ts";
import type { MediaWorld } from "../files/media-world.ts";
import { filesIn } from "./files-on-their-way.ts";
import type { FilesOnTheirWay } from "./files-on-their-way.ts";
import { killedWithFiles } from "./killed-with-files.ts";

const mebibyte = 1024 * 1024;
const most = 50 * mebibyte;

describe("large files on their way", () => {
  let world: MediaWorld;
  let files: FilesOnTheirWay;
  before(async () => {
    world = await openMediaWorld(300);
    files = filesIn(world);
    await files.fromNetwork(mebibyte);
    await files.fromMatrix(mebibyte);
  });
  after(() => world.close());

  test("200 MB from the network need no memory to speak of", { timeout: 120_000 }, async (t) => {
    world.peak();
    const rest = world.peak();
    await files.fromNetwork(200 * mebibyte);
    const more = world.peak() - rest;
    t.diagnostic(`${Math.round(more / mebibyte)} MiB more than before`);
    assert.ok(more < most, `${more / mebibyte} MiB`);
  });

  test("200 MB from Matrix need no memory to speak of", { timeout: 120_000 }, async (t) => {
    world.peak();
    const rest = world.peak();
    await files.fromMatrix(200 * mebibyte);
    const more = world.peak() - rest;
    t.diagnostic(`${Math.round(more / mebibyte)} MiB more than before`);
    assert.ok(more < most, `${more / mebibyte} MiB`);
  });
});

killedWithFiles();
